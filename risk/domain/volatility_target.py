"""How much of its size a position gets so that the account swings about as much as wanted. Pure."""

from decimal import Decimal

from risk.domain.precision import exact

TARGET_ANNUAL = Decimal("0.15")
# Volatility wanted, a year, ratio.
SPEED = Decimal("0.1")
# How much of the way to the wanted scale is gone in one step: a single wild candle moves little.


@exact
def wanted_scale(
    vol_annual: Decimal, *, target_annual: Decimal = TARGET_ANNUAL, highest: Decimal = Decimal(1)
) -> Decimal:
    """Target ÷ volatility, at most highest; a market that does not move at all gets the highest."""
    return highest if vol_annual * highest <= target_annual else target_annual / vol_annual


@exact
def next_scale(
    scale: Decimal,
    *,
    vol_annual: Decimal,
    target_annual: Decimal = TARGET_ANNUAL,
    speed: Decimal = SPEED,
    highest: Decimal = Decimal(1),
) -> Decimal:
    """The scale one step nearer to the wanted one; always between both."""
    wanted = wanted_scale(vol_annual, target_annual=target_annual, highest=highest)
    return scale + speed * (wanted - scale)
