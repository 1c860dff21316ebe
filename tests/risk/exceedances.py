"""Did losses exceed the value at risk as often as promised, and without bunching? Floats. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import erfc, exp, log, sqrt

ACCEPTED = 0.05
# A forecast is doubted when so bad a record would be rarer than this.


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a forecast did: exceedances of all, the share promised, and how likely so odd a record is where it is right."""

    count: int
    hits: int
    promised: float
    kupiec_p: float
    christoffersen_p: float

    @property
    def rate(self) -> float:
        """The share of exceedances."""
        return self.hits / self.count if self.count else 0.0

    @property
    def believable(self) -> bool:
        """Whether neither test doubts the forecast."""
        return min(self.kupiec_p, self.christoffersen_p) >= ACCEPTED


def coverage(hits: Sequence[bool], *, confidence: float) -> Coverage:
    """Both tests of a row of exceedances, oldest first; confidence in percent."""
    promised = 1 - confidence / 100
    return Coverage(len(hits), sum(hits), promised, kupiec(hits, promised), christoffersen(hits, promised))


def kupiec(hits: Sequence[bool], promised: float) -> float:
    """p-value of the share of exceedances: likelihood ratio, χ² with one degree (Kupiec 1995)."""
    return _chi2_one(_excess(hits, promised))


def christoffersen(hits: Sequence[bool], promised: float) -> float:
    """p-value of share and independence together: χ² with two degrees (Christoffersen 1998)."""
    return exp(-(_excess(hits, promised) + _bunching(hits)) / 2)


def _excess(hits: Sequence[bool], promised: float) -> float:
    misses, found = len(hits) - sum(hits), sum(hits)
    rate = found / len(hits) if hits else promised
    return max(2 * (_likelihood(misses, found, rate) - _likelihood(misses, found, promised)), 0.0)


def _bunching(hits: Sequence[bool]) -> float:
    """Twice how much better a chain explains the record than chance without memory."""
    steps = list(pairwise(hits))
    after = {before: [then for was, then in steps if was is before] for before in (False, True)}
    rate = sum(then for _, then in steps) / len(steps) if steps else 0.0
    free = sum(_likelihood(len(t) - sum(t), sum(t), sum(t) / len(t)) for t in after.values() if t)
    found = sum(then for _, then in steps)
    return max(2 * (free - _likelihood(len(steps) - found, found, rate)), 0.0)


def _likelihood(misses: int, hits: int, rate: float) -> float:
    """Log-likelihood of so many misses and hits; what never happened adds nothing."""
    return (misses * log(1 - rate) if misses else 0.0) + (hits * log(rate) if hits else 0.0)


def _chi2_one(statistic: float) -> float:
    """P(χ² with one degree > statistic)."""
    return erfc(sqrt(statistic / 2))
