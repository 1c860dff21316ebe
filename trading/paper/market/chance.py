"""Chance, as pure functions of a seeded generator: when orders arrive, how large, how late, and what they do to the price.

Every function draws exactly once, so that the same seed gives the same market whatever else happens.
"""

import math
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A log-normal distribution by its median (any unit) and the standard deviation of its logarithm."""

    median: float
    sigma: float

    def draw(self, random: Random) -> float:
        """One value; with a sigma of 0 always the median."""
        return self.median * math.exp(self.sigma * random.gauss(0.0, 1.0))

    @property
    def mean(self) -> float:
        """The expected value."""
        return self.median * math.exp(self.sigma**2 / 2)


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution over 0 to 1."""

    alpha: float
    beta: float

    def draw(self, random: Random) -> float:
        """One ratio."""
        return random.betavariate(self.alpha, self.beta)


def gap_secs(random: Random, *, rate_per_sec: float) -> float:
    """Seconds until the next arrival of a Poisson process."""
    return random.expovariate(rate_per_sec)


def impact(participation: float, *, volatility: float, strength: float) -> float:
    """How far a trade moves the logarithm of the price, by the square-root law.

    participation: its share of a day's volume; volatility: of the same day; strength: about 1 on real markets.
    Source: Toth et al. 2011, "Anomalous price impact and the critical nature of liquidity in financial markets".
    """
    return math.copysign(strength * volatility * math.sqrt(abs(participation)), participation)


def drift(random: Random, *, secs: float, volatility: float, day_secs: float = 86_400.0) -> float:
    """How the logarithm of the price diffuses in so many seconds, by a day's volatility."""
    return volatility * math.sqrt(secs / day_secs) * random.gauss(0.0, 1.0)
