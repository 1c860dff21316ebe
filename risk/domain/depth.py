"""How much a book holds near its price: what a hurried sale or purchase finds. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from risk.domain.precision import exact

Level = tuple[Decimal, Decimal]
# Price, quote; quantity, base or contracts.
NEAR_PCT = Decimal(1)


@exact
def near(
    bids: Sequence[Level], asks: Sequence[Level], *, contract_size: Decimal = Decimal(1), pct: Decimal = NEAR_PCT
) -> Decimal:
    """Quote value of the thinner side within pct of its best price; 0 where a side is empty.

    A book that was read only so far holds at least this: what is not seen makes the answer smaller, never larger.
    """
    if not bids or not asks:
        return Decimal(0)
    lowest, highest = bids[0][0] * (1 - pct / 100), asks[0][0] * (1 + pct / 100)
    bought = sum((price * qty for price, qty in bids if price >= lowest), Decimal(0))
    sold = sum((price * qty for price, qty in asks if price <= highest), Decimal(0))
    return min(bought, sold) * contract_size
