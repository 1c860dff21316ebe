"""The orders that shrink a group, made of its picture; and how a group that closes is emptied. Called under the account's lock."""

from datetime import datetime
from decimal import Decimal

from trading import selectors
from trading.domain.exit_plan import PlaceAggregate, PlaceRung
from trading.domain.money import ZERO, floor_to
from trading.domain.order_state import TERMINAL, OrderState
from trading.domain.retry import may_try
from trading.domain.take_profit import CancelReason, Place, Remainder, remainder
from trading.domain.vocabulary import OrderType, Purpose
from trading.models import PositionGroup
from trading.selectors import GroupPicture
from trading.services import orders
from trading.services.orders import NewOrder


def leg_of(action: Place | PlaceAggregate | PlaceRung) -> int | None:
    """The leg whose target it is; None for one of the whole group."""
    return action.leg_id if isinstance(action, Place) else None


def may_place(seen: GroupPicture, purpose: Purpose, now: datetime) -> bool:
    """Not while the wait after a rejection is on."""
    count, last = selectors.failures(seen.orders, purpose=purpose)
    return may_try(failures=count, last_failure=last, now=now)


def may_rest(seen: GroupPicture, action: Place | PlaceAggregate | PlaceRung, now: datetime) -> bool:
    """The same for a target: what befell another leg's or rung's says nothing of this one."""
    rung = action.number if isinstance(action, PlaceRung) else None
    count, last = selectors.failures(seen.orders, purpose=Purpose.TARGET, leg_id=leg_of(action), rung=rung)
    return may_try(failures=count, last_failure=last, now=now)


def target(seen: GroupPicture, action: Place | PlaceAggregate | PlaceRung) -> NewOrder:
    """A limit order that takes profit."""
    leg_id = leg_of(action)
    number = sum(o.leg_id == leg_id and o.purpose == Purpose.TARGET for o in seen.orders)
    whose = f"leg:{leg_id or 'all'}"
    if isinstance(action, PlaceRung):
        whose, number = f"rung:{action.number}", number + action.part
    return NewOrder(
        key=f"group:{seen.id}/{whose}/target:{number}",
        purpose=Purpose.TARGET,
        side=seen.side.exit_side,
        type=OrderType.LIMIT,
        qty=action.qty,
        price=action.price,
        reference_price=action.price,
        leg_id=leg_id,
    )


def market(seen: GroupPicture, purpose: Purpose, qty: Decimal, number: int) -> NewOrder:
    """A market order that shrinks the position."""
    return NewOrder(
        key=f"group:{seen.id}/{purpose.lower()}:{number}",
        purpose=purpose,
        side=seen.side.exit_side,
        type=OrderType.MARKET,
        qty=qty,
        price=None,
        reference_price=seen.price,
    )


# while it closes ---------------------------------------------------------------------------------


def withdraw(seen: GroupPicture) -> None:
    """A closing group keeps no order but its own market exit; of that none that has not left and would sell more than is held.

    What it would have sold was taken meanwhile: by a kill, or by hand at the venue.
    """
    for order in seen.orders:
        if order.state not in TERMINAL and order.purpose != Purpose.EXIT:
            orders.withdraw(order, code="GROUP_CLOSING")
        elif order.state == OrderState.NEW and order.qty > seen.position.qty:
            orders.withdraw(order, code=CancelReason.RESIZED)


def sell_rest(group: PositionGroup, seen: GroupPicture, now: datetime, *, off_qty: Decimal = ZERO) -> None:
    """Once every fill that is near is here, close at market what is left, but for what was written off.

    As much as the venue takes at once: what is beyond goes when that has filled. An order that is sought holds up
    no more than it may have sold itself: an entry can only add, and what it adds is sold when it is found.
    """
    left = seen.position.qty - off_qty - seen.sought_qty
    if (
        seen.awaited
        or remainder(left, price=seen.price, rules=seen.rules) is not Remainder.SELLABLE
        or not may_place(seen, Purpose.EXIT, now)
    ):
        return
    number = sum(o.purpose == Purpose.EXIT for o in seen.orders)
    whole = floor_to(left, seen.rules.lot_step)
    qty = min(whole, seen.rules.most_at_market or whole)
    orders.create(group, [market(seen, Purpose.EXIT, qty, number)], now=now)
