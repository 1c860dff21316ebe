"""What is too small to be sold: where it goes. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading.domain.money import exact, floor_to, total
from trading.domain.take_profit import LegHolding


class DustRule(StrEnum):
    """What becomes of the dust that a group left: sold together with the next position of its pair, or let be."""

    MERGE = "MERGE"
    LEAVE = "LEAVE"


@dataclass(frozen=True, slots=True)
class Crumb:
    """What an ended group left; qty base or contracts, price is what it cost on average, quote."""

    group_id: int
    qty: Decimal
    price: Decimal


PLACES = 18
# What rows keep of an amount.


@exact
def carried_price(average: Decimal, *, qty: Decimal) -> Decimal:
    """What it cost on average, at as many places as its whole cost can be kept with; quote."""
    exponent = qty.normalize().as_tuple().exponent
    places = PLACES + min(exponent, 0) if isinstance(exponent, int) else PLACES
    return average.quantize(Decimal(1).scaleb(-max(places, 0)))


def home(legs: Sequence[LegHolding]) -> LegHolding | None:
    """The leg that takes dust in: the first that is held and of which nothing was sold yet; its target grows."""
    held = [leg for leg in legs if leg.filled_qty > 0 and leg.closed_qty == 0]
    return min(held, key=lambda leg: (leg.pyramid_index, leg.index), default=None)


@exact
def sells(crumbs: Iterable[Crumb], *, held_qty: Decimal, lot_step: Decimal) -> bool:
    """True when a group that holds so much can sell a lot more with these: for less no target is worth moving."""
    together = held_qty + total(crumb.qty for crumb in crumbs)
    return floor_to(together, lot_step) > floor_to(held_qty, lot_step)


@exact
def affordable(crumbs: Iterable[Crumb], *, held_qty: Decimal, there_qty: Decimal | None) -> list[Crumb]:
    """The crumbs that are certainly still there, oldest first.

    held_qty is what open groups hold, there_qty what the venue says it holds of the currency; None: it nets positions
    itself, and what is not there shows as a difference of positions.
    """
    kept: list[Crumb] = []
    for crumb in crumbs:
        whole = held_qty + total(one.qty for one in kept) + crumb.qty
        if there_qty is None or whole <= there_qty:
            kept.append(crumb)
    return kept
