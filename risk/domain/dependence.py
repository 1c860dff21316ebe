"""How markets move together: exponentially weighted and dynamic conditional correlation, clusters. Floats. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from risk.domain.volatility import DECAY

Pair = tuple[str, str]


def pair(one: str, other: str) -> Pair:
    """Two symbols in alphabetical order."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, slots=True)
class Dependence:
    """Correlations of a venue's pairs; a pair of pairs that is not in it is not known."""

    rho: Mapping[Pair, float] = field(default_factory=dict)

    def of(self, one: str, other: str) -> float | None:
        """−1 to 1; None where it was never computed."""
        return 1.0 if one == other else self.rho.get(pair(one, other))

    def moves_with(self, symbol: str, others: Iterable[str], *, least: float) -> tuple[str, ...]:
        """Those of the others that move with a symbol, or against it; what is not known counts as moving with it."""
        return tuple(sorted(other for other in set(others) - {symbol} if self._close(symbol, other, least)))

    def _close(self, symbol: str, other: str, least: float) -> bool:
        known = self.of(symbol, other)
        return known is None or abs(known) > least

    def mean(self, symbols: Sequence[str]) -> float | None:
        """Mean correlation among symbols; None with fewer than two, or where one is not known."""
        found = [self.of(one, other) for place, one in enumerate(symbols) for other in symbols[:place]]
        known = [rho for rho in found if rho is not None]
        return sum(known) / len(known) if known and len(known) == len(found) else None


def ewma_correlation(one: Sequence[float], other: Sequence[float], *, decay: float = DECAY) -> float | None:
    """Of two equally long series of returns, oldest first; None where one never moved, or there are none."""
    squares_one = squares_other = product = 0.0
    for left, right in zip(one, other, strict=True):
        squares_one = decay * squares_one + left * left
        squares_other = decay * squares_other + right * right
        product = decay * product + left * right
    return bounded(product, squares_one, squares_other)


def bounded(covariance: float, variance_one: float, variance_other: float) -> float | None:
    """A covariance as a correlation, −1 to 1."""
    if variance_one <= 0 or variance_other <= 0:
        return None
    both = sqrt(variance_one) * sqrt(variance_other)  # the variances' product would be 0 where both are tiny
    return min(max(covariance / both, -1.0), 1.0)


@dataclass(frozen=True, slots=True)
class Dcc:
    """Engle's dynamic conditional correlation (2002): Qₜ₊₁ = (1 − a − b)·Q̄ + a·z·zᵀ + b·Qₜ, z the standardised returns."""

    a: float
    b: float


def dcc_step(model: Dcc, quasi: float, target: float, shock_one: float, shock_other: float) -> float:
    """One entry of Q, one candle later."""
    return (1 - model.a - model.b) * target + model.a * shock_one * shock_other + model.b * quasi
