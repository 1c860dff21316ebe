"""Portfolio heat: how hard everything that is held can swing, thin books counted harder. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from risk.domain.denial import Denial, missing
from risk.domain.precision import exact

ONE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """A position: |notional| quote, volatility of a year (ratio), book depth within 1 % quote; None = not known."""

    symbol: str
    notional: Decimal
    vol_annual: Decimal | None
    depth: Decimal | None


@exact
def heat(holdings: Iterable[Holding], *, equity: Decimal) -> Decimal | Denial:
    """Σ |notional| ÷ equity × volatility × √λ, ratio, λ = max(1, notional ÷ depth); what is not known denies.

    Without equity nothing may be held, so it is missing too. An empty book is no depth, and denies as well.
    """
    if equity <= ZERO:
        return missing("equity", subject="the portfolio")
    total = ZERO
    for held in holdings:
        if held.vol_annual is None or not held.depth or held.depth < ZERO:
            return missing("book depth" if held.vol_annual is not None else "volatility", subject=held.symbol)
        size = abs(held.notional)
        total += size / equity * held.vol_annual * max(ONE, size / held.depth).sqrt()
    return total


@exact
def largest_notional(*, room: Decimal, equity: Decimal, vol_annual: Decimal, depth: Decimal) -> Decimal | None:
    """The notional, quote, of one symbol that adds exactly `room` (ratio) to the heat; None when nothing bounds it.

    Up to the depth heat grows with the notional n; beyond it with n^1.5 ÷ √depth, so n = (flat² × depth)^⅓ there,
    where flat = room × equity ÷ volatility is what a bottomless book would take.
    """
    if vol_annual <= ZERO:
        return None
    flat = max(room, ZERO) * max(equity, ZERO) / vol_annual
    return flat if flat <= depth else (flat * flat * depth) ** (ONE / 3)
