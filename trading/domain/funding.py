"""Whose funding a payment is: a venue says the market, not which of our groups held it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.domain.money import ZERO, exact, total
from trading.domain.vocabulary import PositionSide

PLACES = Decimal("1E-18")
# What rows keep of an amount.


@dataclass(frozen=True, slots=True)
class Holder:
    """A group that held the market when funding was settled; qty in contracts, > 0."""

    group_id: int
    side: PositionSide
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """A group's part of a payment; amount > 0 was received, quote."""

    group_id: int
    amount: Decimal


@exact
def sides(amounts: Sequence[Decimal], holders: Sequence[Holder]) -> list[PositionSide | None]:
    """The side that each of one moment's payments on one market belongs to; None where nobody held it.

    Payments of both sides have opposite signs, and all of them together have the sign of the larger side: so the
    larger side is told from the smaller by the sign of the sum. Where both are equal, by the usual direction: the
    LONG pays.
    """
    held = {side: total(h.qty for h in holders if h.side is side) for side in PositionSide}
    there = [side for side in PositionSide if held[side] > 0]
    if len(there) < 2:
        return [there[0] if there else None] * len(amounts)
    whole, larger = total(amounts), max(there, key=lambda side: held[side])
    if whole == 0 or held[PositionSide.LONG] == held[PositionSide.SHORT]:
        whole, larger = ZERO - 1, PositionSide.LONG
    return [larger if (amount < 0) == (whole < 0) else larger.opposite for amount in amounts]


@exact
def shares(amount: Decimal, holders: Sequence[Holder]) -> list[Share]:
    """One side's payment over its groups, by what they held; the parts sum exactly to the whole."""
    whole = total(holder.qty for holder in holders)
    parts = [Share(h.group_id, (amount * h.qty / whole).quantize(PLACES)) for h in holders[:-1]]
    rest = amount - total(part.amount for part in parts)
    return [*parts, Share(holders[-1].group_id, rest)] if holders else []
