"""GARCH(1,1) with Student's t, filtered a candle at a time; EWMA is the same recursion. Floats: statistics. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from risk.domain.student import LEAST_NU

EWMA_NU = 4.0
# Tails of the fallback: as heavy as a fit starts with, because a short record has seen no storm yet.


class Method(StrEnum):
    """How a variance came to be; the page shows it."""

    GARCH = "GARCH"
    EWMA = "EWMA"


@dataclass(frozen=True, slots=True)
class Garch:
    """σ²ₜ₊₁ = ω + α·r² + β·σ²ₜ, per period of one candle, mean return 0; shocks are t with ν degrees, variance 1."""

    omega: float
    alpha: float
    beta: float
    nu: float

    @property
    def persistence(self) -> float:
        """How much of today's variance is left in tomorrow's."""
        return self.alpha + self.beta

    @property
    def long_run(self) -> float | None:
        """The variance it returns to; None for EWMA, which returns to none."""
        return self.omega / (1 - self.persistence) if self.omega > 0 else None

    @property
    def sound(self) -> bool:
        """Whether it can be used at all: positive, not exploding, with a finite variance."""
        shape = self.omega > 0 and self.alpha >= 0 and self.beta >= 0
        return shape and self.persistence < 1 and self.nu > LEAST_NU


def ewma_model(decay: float, *, nu: float = EWMA_NU) -> Garch:
    """RiskMetrics' recursion as the GARCH that it is: ω = 0, α + β = 1."""
    return Garch(0.0, 1 - decay, decay, nu)


def advance(model: Garch, variance: float, period_return: float) -> float:
    """The next candle's variance, after one more return (Bollerslev 1986)."""
    return model.omega + model.alpha * period_return * period_return + model.beta * variance


def filtered(model: Garch, variance: float, returns: Iterable[float]) -> float:
    """The next candle's variance after all returns, oldest first."""
    for period_return in returns:
        variance = advance(model, variance, period_return)
    return variance


def correction(model: Garch, returns: Iterable[float], *, start: float) -> float:
    """By how much squared returns exceeded their forecasts over a record, ≥ 1; start: the first forecast.

    A fit by t likelihood cares for the shape, and with heavy tails leaves the variance too small: on real hours by a
    fifth. What is forecast must at least have been true of the past.
    """
    total, count, variance = 0.0, 0, start
    for period_return in returns:
        total, count = total + period_return * period_return / variance, count + 1
        variance = advance(model, variance, period_return)
    return max(total / count, 1.0) if count else 1.0


def over(model: Garch, variance: float, periods: int) -> float:
    """Variance of the sum of the next `periods` returns, the first of which has `variance`."""
    long_run, kept = model.long_run, model.persistence
    if long_run is None:
        return variance * periods
    return periods * long_run + (variance - long_run) * (1 - kept**periods) / (1 - kept)


def annual(variance: float, *, periods_per_year: float) -> float:
    """Volatility of a year, ratio, as if every candle were like the next one."""
    return sqrt(variance * periods_per_year)
