"""Stops that rest at the venue, on futures: the tightest standing stop protects the position while we are down.

They are conditional and reduce-only, so they promise nothing until they trigger. The same prices stay watched here. One
that no longer fits is replaced, not taken away: the new one rests before the old one goes, so that the venue is never
without. Where another group holds the same side of the same market, two stops at once could close its part as well:
there the old one goes first, and the watch alone stands for the moment between.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from trading.domain.exit_plan import ExitDecision
from trading.domain.money import floor_to, pct_of
from trading.domain.order_state import RESTING
from trading.domain.retry import may_try
from trading.domain.take_profit import CancelReason
from trading.domain.vocabulary import OrderType, Purpose
from trading.models import Order, PositionGroup
from trading.selectors import GroupPicture, failures
from trading.services import orders
from trading.services.orders import NewOrder

MOVES_BY_PCT = Decimal("0.05")
# Of the trigger: a trailing stop follows at the venue in such steps, and to the tick in the watch.
AT_ONCE = 2
# The old stop and the one that takes its place.
NOTHING_HELD: Mapping[int, str] = MappingProxyType({})


def tend(group: PositionGroup, seen: GroupPicture, decision: ExitDecision, *, now: datetime) -> bool:
    """Rest one stop for everything that is held, replaced when quantity or price no longer fit; whether any was touched."""
    if not seen.rules.kind.derivative:
        return False
    live = [order for order in seen.unsettled if order.purpose == Purpose.STOP]
    held, trigger = floor_to(max(seen.position.qty, Decimal(0)), seen.rules.lot_step), tightest(seen, decision)
    qty = min(held, seen.rules.most_at_market or held)  # a stop for a part is worth more than one that is refused
    if qty <= 0 or trigger is None:
        return _withdraw(live)
    misfits = {order.pk: _misfit(order, qty=qty, trigger=trigger, tick=seen.rules.tick_size) for order in live}
    fitting = [order for order in live if not misfits[order.pk] and not order.cancel_requested]
    if fitting:
        return _settle(live, fitting, misfits)
    if live and (len(live) >= AT_ONCE or not _alone(group)):
        return _make_room(live, misfits, keeps=_alone(group))
    wanted = _may_place(seen, now)
    if wanted:
        orders.create(group, [_stop(seen, qty, trigger)], now=now)
    return wanted


def tightest(seen: GroupPicture, decision: ExitDecision) -> Decimal | None:
    """The standing stop that would fire first; None when none stands."""
    standing = [w.trigger_price for w in decision.watch if w.trigger_price is not None and w.kind.startswith("STOP_")]
    return max(standing, key=lambda price: seen.side.sign * price, default=None)


def _settle(live: Iterable[Order], fitting: list[Order], misfits: Mapping[int, str]) -> bool:
    """Once the fitting stop is at the venue, every other one goes."""
    confirmed = next((order for order in fitting if order.state in RESTING), None)
    if confirmed is None:
        return False
    return _withdraw((order for order in live if order.pk != confirmed.pk), misfits)


def _make_room(live: list[Order], misfits: Mapping[int, str], *, keeps: bool) -> bool:
    """Take back what no longer fits; where it may (keeps), the oldest that rests stays until its successor is there."""
    kept = next((order for order in live if keeps and order.state in RESTING and not order.cancel_requested), None)
    return _withdraw((order for order in live if order is not kept), misfits)


def _withdraw(leaving: Iterable[Order], misfits: Mapping[int, str] = NOTHING_HELD) -> bool:
    """Take stops back that nobody has taken back yet; whether there were any."""
    fresh = [order for order in leaving if not order.cancel_requested]
    for order in fresh:
        orders.withdraw(order, code=misfits.get(order.pk) or CancelReason.RESIZED)
    return bool(fresh)


def _alone(group: PositionGroup) -> bool:
    """Whether nobody else of ours holds this side of this market."""
    same = PositionGroup.objects.filter(account_id=group.account_id, instrument_id=group.instrument_id, side=group.side)
    return not same.filter(closed_at=None).exclude(pk=group.pk).exists()


def _misfit(resting: Order, *, qty: Decimal, trigger: Decimal, tick: Decimal) -> str:
    """Why a stop no longer fits; empty when it does."""
    if resting.qty - resting.filled_qty != qty:
        return CancelReason.RESIZED
    moved = abs((resting.trigger_price or Decimal(0)) - trigger)
    return CancelReason.REPRICED if moved > max(tick, pct_of(trigger, MOVES_BY_PCT)) else ""


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
