"""Exponentially weighted volatility, a candle at a time or many at once. Floats: statistics, not money. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

DECAY = 0.94
# RiskMetrics' λ for daily returns (J.P. Morgan 1996): half of the weight lies on the last 11 of them.
PERIODS_PER_YEAR = 365
# Crypto markets do not close.


@dataclass(frozen=True, slots=True)
class Ewma:
    """What is remembered of past returns: their weighted squares, the sum of the weights, and how many there were."""

    squares: float = 0.0
    weight: float = 0.0
    count: int = 0

    @property
    def variance(self) -> float:
        """Of one period. The mean return is taken as 0; before the first return it is 0."""
        return self.squares / self.weight if self.weight else 0.0


def advance(state: Ewma, period_return: float, *, decay: float = DECAY) -> Ewma:
    """The state after one more return. Dividing by the weights so far leaves no trace of a start value."""
    squares = decay * state.squares + period_return * period_return
    return Ewma(squares, decay * state.weight + 1.0, state.count + 1)


def ewma(returns: Iterable[float], *, decay: float = DECAY) -> Ewma:
    """The state after all returns, oldest first."""
    state = Ewma()
    for period_return in returns:
        state = advance(state, period_return, decay=decay)
    return state


def annual(state: Ewma, *, min_count: int, periods_per_year: float = PERIODS_PER_YEAR) -> float | None:
    """Volatility of a year, ratio (0.6 = 60 %); None with fewer returns than min_count."""
    return None if state.count < min_count else sqrt(state.variance * periods_per_year)
