"""Value at risk and the mean loss beyond it, of one position and of a portfolio. Ratios and quote as floats. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from risk.domain import student

LEAST_NU = 4.0
# Fits of hours go down to 2.2: there the 95 % quantile of variance 1 shrinks again while the tail grows. None counts
# as heavier than this.
LEVELS = (95.0, 99.0)
# Percent; the page shows both.


@dataclass(frozen=True, slots=True)
class Tail:
    """Loss that is not exceeded at a confidence, and the mean loss where it is; both in the unit of sigma."""

    var: float
    cvar: float


@dataclass(frozen=True, slots=True)
class Stake:
    """A position's signed size (quote; below 0 is short), its volatility over the horizon, and how heavy its tails are."""

    symbol: str
    signed: float
    sigma: float
    nu: float


Rho = Callable[[str, str], float | None]


def tail(sigma: float, *, nu: float, confidence: float) -> Tail:
    """Of a shock with this standard deviation; confidence in percent. The mean is 0, so only the spread counts."""
    p, degrees = confidence / 100, round(nu, 2)
    return Tail(sigma * student.quantile(p, degrees), sigma * student.tail_mean(p, degrees))


def portfolio_variance(stakes: Sequence[Stake], *, rho: Rho) -> float:
    """Variance of everything held together, quote²: Σ sᵢ·sⱼ·σᵢ·σⱼ·ρᵢⱼ."""
    swings = [stake.signed * stake.sigma for stake in stakes]
    total = sum(swing * swing for swing in swings)
    for place, one in enumerate(stakes):
        for other in range(place):
            total += 2 * together(one.symbol, swings[place], stakes[other].symbol, swings[other], rho=rho)
    return max(total, 0.0)


def covariance_with(symbol: str, sigma: float, stakes: Sequence[Stake], *, rho: Rho, sign: int) -> float:
    """Covariance of one quote of `symbol`, held on the side of `sign`, with everything held: quote."""
    swing = sign * sigma
    return sum(together(symbol, swing, held.symbol, held.signed * held.sigma, rho=rho) for held in stakes)


def together(symbol: str, swing: float, other: str, other_swing: float, *, rho: Rho) -> float:
    """What two positions add to the variance beside their own; where their correlation is not known, the worst."""
    if symbol == other:
        return swing * other_swing
    known, product = rho(symbol, other), swing * other_swing
    return abs(product) if known is None else known * product


def with_plan(variance: float, *, covariance: float, own: float, notional: float) -> float:
    """Variance of the portfolio with `notional` quote more of a symbol; own: its variance per quote."""
    return max(variance + 2 * notional * covariance + notional * notional * own, 0.0)


def heaviest(stakes: Sequence[Stake]) -> float:
    """Degrees of freedom for the whole: those of the heaviest tail in it; without stakes those of a bell curve."""
    return min((stake.nu for stake in stakes if stake.signed), default=100.0)


def losses(variance: float, *, nu: float, equity: float) -> Mapping[float, Tail]:
    """VaR and CVaR as fractions of equity, by confidence in percent."""
    share = sqrt(variance) / equity
    return {level: tail(share, nu=nu, confidence=level) for level in LEVELS}
