"""Stops that rest at the venue, on futures: the tightest standing stop protects the position while we are down.

They are conditional and reduce-only, so they promise nothing until they trigger. The same prices stay watched here.
"""

from datetime import datetime
from decimal import Decimal

from trading.domain.exit_plan import ExitDecision
from trading.domain.money import floor_to
from trading.domain.retry import may_try
from trading.domain.take_profit import CancelReason
from trading.domain.vocabulary import OrderType, Purpose
from trading.models import Order, PositionGroup
from trading.selectors import GroupPicture, failures
from trading.services import orders
from trading.services.orders import NewOrder


def tend(group: PositionGroup, seen: GroupPicture, decision: ExitDecision, *, now: datetime) -> bool:
    """Rest one stop for everything that is held, take it back when quantity or price no longer fit; whether it did."""
    if not seen.rules.kind.derivative:
        return False
    resting = next((order for order in seen.unsettled if order.purpose == Purpose.STOP), None)
    qty, trigger = floor_to(max(seen.position.qty, Decimal(0)), seen.rules.lot_step), tightest(seen, decision)
    if resting is not None:
        if reason := _misfit(resting, qty=qty, trigger=trigger, tick=seen.rules.tick_size):
            orders.withdraw(resting, code=reason)
        return bool(reason)
    wanted = qty > 0 and trigger is not None and _may_place(seen, now)
    if wanted and trigger is not None:
        orders.create(group, [_stop(seen, qty, trigger)], now=now)
    return wanted


def tightest(seen: GroupPicture, decision: ExitDecision) -> Decimal | None:
    """The standing stop that would fire first; None when none stands."""
    standing = [w.trigger_price for w in decision.watch if w.trigger_price is not None and w.kind.startswith("STOP_")]
    return max(standing, key=lambda price: seen.side.sign * price, default=None)


def _misfit(resting: Order, *, qty: Decimal, trigger: Decimal | None, tick: Decimal) -> str:
    if trigger is None or resting.qty - resting.filled_qty != qty:
        return CancelReason.RESIZED
    moved = abs((resting.trigger_price or Decimal(0)) - trigger)
    return CancelReason.REPRICED if moved > tick else ""


def _may_place(seen: GroupPicture, now: datetime) -> bool:
    count, last = failures(seen.orders, purpose=Purpose.STOP)
    return may_try(failures=count, last_failure=last, now=now)


def _stop(seen: GroupPicture, qty: Decimal, trigger: Decimal) -> NewOrder:
    number = sum(o.purpose == Purpose.STOP for o in seen.orders)
    return NewOrder(
        key=f"group:{seen.id}/stop:{number}",
        purpose=Purpose.STOP,
        side=seen.side.exit_side,
        type=OrderType.STOP_MARKET,
        qty=qty,
        price=None,
        trigger_price=trigger,
        reference_price=trigger,
    )
