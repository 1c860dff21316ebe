"""What kind of market it is, and how much tighter the limits stand in it. They never stand wider than set. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

ONE = Decimal(1)
CALM_BELOW, STRESSED_FROM = 0.75, 1.5
# Volatility now ÷ its long run.
CROWDED_FROM = 0.85
# Mean correlation from which nothing diversifies any more: a stressed market, whatever its volatility.
CORRELATED_FROM = 0.6
# Mean correlation from which the cluster's limit shrinks.
LEAST = Decimal("0.25")
# However wild the market, a quarter of each limit is left: the drawdown tiers are there to stop.


class Regime(StrEnum):
    """From the quietest to the wildest."""

    CALM = "calm"
    NORMAL = "normal"
    STRESSED = "stressed"


@dataclass(frozen=True, slots=True)
class DynamicLimits:
    """What is left of each limit, ratios from 0.25 to 1."""

    position: Decimal = ONE
    drawdown: Decimal = ONE
    correlation: Decimal = ONE
    leverage: Decimal = ONE


DRAWDOWN_LEFT: Mapping[Regime, Decimal] = MappingProxyType(
    {Regime.CALM: ONE, Regime.NORMAL: ONE, Regime.STRESSED: Decimal("0.75")}
)
# Entries stop earlier in a market that falls fast.


def regime(ratio: float | None, *, mean_rho: float | None = None) -> Regime | None:
    """The regime of a market whose volatility is `ratio` times its long run; None where that is not known."""
    if ratio is None:
        return None
    if ratio >= STRESSED_FROM or (mean_rho is not None and mean_rho >= CROWDED_FROM and ratio > 1):
        return Regime.STRESSED
    return Regime.CALM if ratio < CALM_BELOW else Regime.NORMAL


def dynamic(ratio: float | None, *, mean_rho: float | None = None) -> DynamicLimits:
    """Position and leverage ÷ volatility, drawdown × regime, cluster × correlation; what is not known changes nothing."""
    wild = _left(1 / ratio) if ratio is not None and ratio > 1 else ONE
    now = regime(ratio, mean_rho=mean_rho)
    return DynamicLimits(
        position=wild,
        drawdown=DRAWDOWN_LEFT[now] if now else ONE,
        correlation=ONE if mean_rho is None else _left(1 - max(mean_rho - CORRELATED_FROM, 0.0)),
        leverage=wild,
    )


def _left(share: float) -> Decimal:
    return min(max(round(Decimal(share), 4), LEAST), ONE)
