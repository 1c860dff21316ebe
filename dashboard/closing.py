"""What closing a group by hand would do now, in numbers: the consequence that the question names."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from dashboard import formats
from signals.models import Instrument
from trading import selectors
from trading.domain.money import ZERO, exact, floor_to
from trading.domain.order_state import RESTING, UNDECIDED, OrderState
from trading.domain.take_profit import Remainder, remainder
from trading.domain.vocabulary import PositionSide, Purpose
from trading.models import Order, PositionGroup
from trading.selectors import GroupPicture


@dataclass(frozen=True, slots=True)
class Consequence:
    """What closing means now. Orders are counted; quantities base or contracts; result is quote, after the taker fee.

    price is what the market pays now, quote; None while no price is known, and then there is no result either.
    """

    resting: int
    unsent: int
    undecided: int
    sold_qty: Decimal
    dust_qty: Decimal
    price: Decimal | None
    result: Decimal | None


def consequence(group: PositionGroup) -> Consequence:
    """Read the group as the engine does, without its lock: what really happens is decided when the button is pressed."""
    seen = selectors.picture(group)
    price = seen.prices.leaving(seen.side) if seen.prices else None
    held = max(seen.position.qty, ZERO)
    sellable = remainder(held, price=price or seen.price, rules=seen.rules) is Remainder.SELLABLE
    sold = floor_to(held, seen.rules.lot_step) if sellable else ZERO
    return Consequence(
        resting=_count(seen.orders, RESTING),
        unsent=_count(seen.orders, {OrderState.NEW}),
        undecided=_count(seen.orders, UNDECIDED),
        sold_qty=sold,
        dust_qty=held - sold,
        price=price,
        result=_result(seen, sold, price) if price is not None and sold else None,
    )


def _count(orders: Iterable[Order], states: Collection[OrderState]) -> int:
    """Orders in these states that the closing takes back; its own market exit stays."""
    return sum(order.state in states and order.purpose != Purpose.EXIT for order in orders)


@exact
def _result(seen: GroupPicture, qty: Decimal, price: Decimal) -> Decimal:
    """Sign × (proceeds − the sold part's cost) − taker fee on the proceeds, quote."""
    proceeds = seen.rules.notional(qty, price)
    cost = seen.position.cost * qty / seen.position.qty
    return seen.side.sign * (proceeds - cost) - proceeds * max(seen.rules.taker_fee, ZERO)


def sentences(found: Consequence, *, instrument: Instrument, side: PositionSide) -> tuple[str, ...]:
    """The consequence in words: first what happens, then what it has to wait for and what stays."""
    waits = f"{_orders(found.undecided)} undecided: what is held is sold once that is settled." * bool(found.undecided)
    dust = formats.qty(found.dust_qty.normalize(), instrument.lot_step)
    stays = f"{dust} {instrument.base} cannot be sold (below the venue's minimum) and is written off."
    return tuple(line for line in (_deed(found, instrument, side), waits, stays * bool(found.dust_qty)) if line)


def _deed(found: Consequence, instrument: Instrument, side: PositionSide) -> str:
    parts = [
        f"cancels {found.resting} resting order{'s' * (found.resting != 1)}" * bool(found.resting),
        f"drops {found.unsent} unsent order{'s' * (found.unsent != 1)}" * bool(found.unsent),
        _sale(found, instrument, side),
    ]
    said = ", ".join(part for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}."


def _sale(found: Consequence, instrument: Instrument, side: PositionSide) -> str:
    verb = "sells" if side is PositionSide.LONG else "buys back"
    if not found.sold_qty:
        return f"{verb} nothing"
    unit = instrument.base if instrument.contract_size == 1 else "contracts"
    deed = f"{verb} {formats.qty(found.sold_qty, instrument.lot_step)} {unit} at market"
    if found.result is None or found.price is None:
        return f"{deed}, at a price that is not known now"
    result = formats.amount(found.result, instrument.quote, signed=True)
    at = formats.price(found.price, instrument.tick_size)
    return f"{deed}, about {result} {instrument.quote} after fees at {at}"


def _orders(count: int) -> str:
    return f"{count} order{'s' * (count != 1)} {'is' if count == 1 else 'are'}"
