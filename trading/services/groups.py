"""Groups: after anything happened to one, look at it whole, decide what follows, and write what it is now."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, Value
from django.db.models.functions import Greatest

from project import failpoints
from project.journal.record import plain, record
from project.reads import Read
from signals.intent import Level, LevelKind
from signals.models import Signal
from trading import locks, selectors
from trading.domain import settings
from trading.domain.exit_plan import ExitDecision, ExitView, desired
from trading.domain.group_status import status, withdraws_entries
from trading.domain.money import ZERO, total
from trading.domain.offset_saga import StepState
from trading.domain.order_state import OrderState
from trading.domain.reduce import due
from trading.domain.settings import ExitSettings
from trading.domain.take_profit import (
    Cancel,
    Remainder,
    closed_as,
    open_remainder,
    remainder,
    taken,
)
from trading.domain.vocabulary import GroupStatus, OrderType, Purpose, TimeInForce
from trading.models import OffsetStep, Order, PositionGroup, Slot
from trading.selectors import GroupPicture
from trading.services import exit_orders, ladder, levels, orders, pnl, queue, results, stops
from trading.services.defects import DEFECTS
from trading.services.orders import NewOrder

log = logging.getLogger(__name__)

REDUCED_WHOLE = "REDUCED_WHOLE"
TARGETS_TAKEN = "TARGETS_TAKEN"
STOPPED_AT_VENUE = "STOPPED_AT_VENUE"
OFFSET_PAID = "OFFSET_PAID"
KILLED, KILL_SWITCH, KILL_KEY = "KILL", "kill switch", "/kill:"
# The reason, who adopts its sales, and the part of an intent key by which they are known.


SAID = Read(
    lambda group_id: (
        Signal.objects.filter(pyramids__group_id=group_id, pyramids__index=0)
        .order_by("id")
        .values_list("intent", flat=True)[:1]
    )
)


def review(group_id: int, *, now: datetime) -> None:
    """Make a group right: exits where legs filled, orders withdrawn where it closes, figures, status, slot.

    The account is locked by the caller. Safe to repeat: with nothing new it writes nothing.
    """
    group = locks.group(group_id)
    if group.closed_at is not None:
        return _late(group, now)
    seen = selectors.picture(group)
    unsent = {order.pk for order in seen.orders if order.state == OrderState.NEW}
    moved = group.closing_at is None and _tend(group, seen, now)
    if group.closing_at is None and any(o.pk in unsent and o.state == OrderState.DROPPED for o in seen.orders):
        _tend(group, selectors.picture(group), now)  # dropped before it left: what fits is planned at once
    if group.closing_at is not None:
        exit_orders.withdraw(seen)
        exit_orders.sell_rest(group, selectors.picture(group), now)
        moved = True
    return _write(group, selectors.picture(group) if moved else seen, now)


def _late(group: PositionGroup, now: datetime) -> None:
    """A fill that came after the end still counts, and what it bought is sold: nobody else would."""
    seen = selectors.picture(group)
    write_figures(group, seen)
    if group.converted_qty <= 0:  # what the venue took when it closed the market is not there any more
        exit_orders.sell_rest(group, seen, now, off_qty=total(selectors.WRITTEN_OFF(group_id=group.pk)))


def end_converted(group: PositionGroup, *, qty: Decimal, reason: str, now: datetime) -> None:
    """Over by the venue's word: it closed the market and took what was held. The account is locked by the caller."""
    group.converted_qty, group.close_reason, group.closing_at = qty, reason, group.closing_at or now
    group.save(update_fields=["converted_qty", "close_reason", "closing_at"])
    exit_orders.withdraw(selectors.picture(group))
    _change_status(group, GroupStatus.CLOSED)
    _end(group, selectors.picture(group), now)


def start_closing(group: PositionGroup, *, reason: str, now: datetime, words: str = "") -> None:
    """From now on the group only shrinks. The caller reviews it."""
    group.closing_at, group.close_reason = now, reason
    group.reduce_qty, group.reduce_limit = ZERO, None
    with failpoints.span("group.closing"):
        group.save(update_fields=["closing_at", "close_reason", "reduce_qty", "reduce_limit"])
    payload = {"reason": reason, "words": words}
    record("group.closing", subject=f"group:{group.pk}", payload=payload, account_id=group.account_id)


# while it is open --------------------------------------------------------------------------------


def _tend(group: PositionGroup, seen: GroupPicture, now: datetime) -> bool:
    """Watch, fire, tend targets, reduce; what fires or is done starts the closing. Whether any order was touched."""
    chosen = settings.restore(group.settings)
    decision = _decision(group, seen, chosen.exits, now)
    _remember(group, decision)
    if decision.fired is not None:
        start_closing(group, reason=decision.fired.reason, now=now, words=decision.fired.words)
    elif _withdraws(seen, keep_ladder=chosen.grid.keep_ladder):
        start_closing(group, reason=_done_by(seen), now=now)
    else:
        touched = [
            _act(group, seen, decision, now),
            _reduce(group, seen, now),
            stops.tend(group, seen, decision, now=now),
            ladder.tend(group, seen, settings=chosen.grid, now=now),
        ]
        return any(touched)
    return True


def _decision(group: PositionGroup, seen: GroupPicture, exits: ExitSettings, now: datetime) -> ExitDecision:
    """What exits the group should have, by the settings it was opened with."""
    view = ExitView(
        side=seen.side,
        holdings=seen.holdings,
        position=seen.position,
        opened_at=group.opened_at,
        peak=group.peak,
        targets_taken=taken(seen.holdings, rules=seen.rules),
        last_fill=seen.last_fill,
        aggregate=seen.aggregate,
        alert_stop=_alert_stop(group),
        reserved_qty=group.reduce_qty + seen.reducing_qty,
        rungs=seen.rungs,
        last_fill_at=seen.last_fill_at,
    )
    stale_after = timedelta(seconds=settings.restore(group.settings).risk.stale_price_secs)
    return desired(
        view,
        settings=exits,
        rules=seen.rules,
        prices=seen.prices,
        now=now,
        levels=levels.kept(group),
        stale_after=stale_after,
    )


def decision_by(group: PositionGroup, seen: GroupPicture, exits: ExitSettings, *, now: datetime) -> ExitDecision:
    """What exits the group would have by other settings than its own; nothing is written."""
    return _decision(group, seen, exits, now)


def _alert_stop(group: PositionGroup) -> Level | None:
    """The stop that the alert of the group's first pyramid asked for."""
    said = SAID.first(group_id=group.pk)
    stop = (said or {}).get("stop_loss")
    return Level(LevelKind(stop["kind"]), Decimal(stop["value"])) if stop else None


def _remember(group: PositionGroup, decision: ExitDecision) -> None:
    """Keep the peak and what is watched: the page shows it, and the price look-out compares with it."""
    watch = [plain({"kind": w.kind, "trigger_price": w.trigger_price, "note": w.note}) for w in decision.watch]
    if (group.peak, group.watch) != (decision.new_peak, watch):
        group.peak, group.watch = decision.new_peak, watch
        group.save(update_fields=["peak", "watch"])


def _withdraws(seen: GroupPicture, *, keep_ladder: bool) -> bool:
    """Every filled leg is closed: the unfilled ones go too."""
    left, exited = _left(seen, closing=False), seen.position.exit_qty > 0
    return (
        withdraws_entries(legs=seen.legs, left=left, keep_ladder=keep_ladder, exited=exited) and not seen.sales_working
    )


def _done_by(seen: GroupPicture) -> str:
    """What took the position: its targets, a stop that rested at the venue, or whatever reduced it to nothing."""
    took = [order for order in seen.orders if order.purpose != Purpose.ENTRY and order.filled_qty > 0]
    if any(order.purpose == Purpose.STOP for order in took):
        return STOPPED_AT_VENUE
    return _reduced_by(took[-1]) if took and took[-1].purpose == Purpose.REDUCE else TARGETS_TAKEN


def _reduced_by(last: Order) -> str:
    """Who asked for the reduction that left nothing: only an offset sells with a limit (see _reduction)."""
    if KILL_KEY in last.intent_key:
        return KILLED
    return OFFSET_PAID if last.type == OrderType.LIMIT else REDUCED_WHOLE


def _left(seen: GroupPicture, *, closing: bool) -> Remainder:
    """What is left of the position: at the live price when it is being sold, else as its targets would carry it."""
    qty, price, rules = seen.position.qty, seen.price, seen.rules
    return (
        remainder(qty, price=price, rules=rules)
        if closing
        else open_remainder(seen.holdings, qty=qty, price=price, rules=rules)
    )


def _act(group: PositionGroup, seen: GroupPicture, decision: ExitDecision, now: datetime) -> bool:
    """Take back what no longer fits, rest what is missing; whether there was anything to do."""
    by_id = {order.pk: order for order in seen.orders}
    placed: list[NewOrder] = []
    for action in decision.actions:
        if isinstance(action, Cancel):
            orders.withdraw(by_id[action.order_id], code=action.reason)
        elif exit_orders.may_rest(seen, action, now):
            placed.append(exit_orders.target(seen, action))
    orders.create(group, placed, now=now)
    return bool(decision.actions)


def _reduce(group: PositionGroup, seen: GroupPicture, now: datetime) -> bool:
    """Send of a decided reduction what the targets have made room for; what filled meanwhile leaves less to sell."""
    if group.reduce_qty <= 0 or not exit_orders.may_place(seen, Purpose.REDUCE, now):
        return False
    step = due(
        group.reduce_qty,
        held_qty=seen.position.qty - seen.reducing_qty,
        promised_qty=seen.promised_qty - seen.reducing_qty,
        rules=seen.rules,
        price=seen.price,
        most=seen.rules.most_at_market if group.reduce_limit is None else seen.rules.max_qty,
    )
    if step.send_qty > 0:
        number = sum(o.purpose == Purpose.REDUCE for o in seen.orders)
        orders.create(group, [_reduction(group, seen, step.send_qty, number)], now=now)
    if step.reserved_qty != group.reduce_qty:
        _forgotten(group, group.reduce_qty - step.send_qty - step.reserved_qty)
        group.reduce_qty = step.reserved_qty
        group.reduce_limit = group.reduce_limit if step.reserved_qty > 0 else None
        group.save(update_fields=["reduce_qty", "reduce_limit"])
    return True


def _reduction(group: PositionGroup, seen: GroupPicture, qty: Decimal, number: int) -> NewOrder:
    """At market; with a limit at once for that or better, and what nobody takes goes back to the targets."""
    new = exit_orders.market(seen, Purpose.REDUCE, qty, number)
    if group.reduce_limit is None:
        return new
    return replace(new, type=OrderType.LIMIT, price=group.reduce_limit, time_in_force=TimeInForce.IOC)


def _forgotten(group: PositionGroup, qty: Decimal) -> None:
    """What targets took of a reduction is missing in an offset's part first: what a signal asked for is sold if anything is."""
    if qty > 0:
        parts = OffsetStep.objects.filter(group=group, state=StepState.WORKING, reserved_qty__gt=0)
        parts.update(reserved_qty=Greatest(F("reserved_qty") - qty, Value(ZERO), output_field=DecimalField()))


def limit_beside(group: PositionGroup, price: Decimal | None) -> Decimal | None:
    """The limit of a reduction together with what waits in its group: none where that goes at market, a signal's."""
    at_market = group.reduce_qty > 0 and group.reduce_limit is None
    return None if at_market else price


def not_reduced(order: Order) -> None:
    """A reduction that ended is decided anew where it is still wanted; the caller reviews the group."""
    if still_wanted(order):
        reduce_again(order)


def still_wanted(order: Order) -> bool:
    """Whether it is a reduction at market that ended at the venue, which did not take it, or only in part.

    One with a limit took what there was: the rest goes back to the targets. One that was taken back is wanted no more.
    """
    ours = order.purpose == Purpose.REDUCE and KILL_KEY not in order.intent_key
    return ours and order.price is None and not order.cancel_requested and order.reported_qty < order.qty


def reduce_again(order: Order) -> None:
    """What a reduction has not sold is decided anew; the caller reviews the group."""
    group, left = locks.group(order.group_id), order.qty - order.reported_qty
    if group.closing_at is None:
        group.reduce_limit = limit_beside(group, order.price)
        group.reduce_qty += left
        group.save(update_fields=["reduce_qty", "reduce_limit"])
    payload = {"qty": left, "again": order.pk}
    record("group.reducing", subject=f"group:{order.group_id}", payload=payload, account_id=order.account_id)


# what it is now ----------------------------------------------------------------------------------


def _write(group: PositionGroup, seen: GroupPicture, now: datetime) -> None:
    """Figures and status; at the end the slot is released."""
    write_figures(group, seen)
    closing = group.closing_at is not None
    grid = settings.restore(group.settings).grid
    to = status(
        legs=seen.legs,
        keep_ladder=grid.keep_ladder,
        left=_left(seen, closing=closing),
        closing=closing,
        exits_working=seen.exits_working,
        exited=seen.position.exit_qty > 0,
    )
    if to != group.status:
        _change_status(group, to)
    if to.ended:
        _end(group, seen, now)


def write_figures(group: PositionGroup, seen: GroupPicture) -> None:
    """What its fills come to, and nothing that follows from it."""
    position = seen.position
    figures = {
        "qty": position.qty,
        "cost": position.cost,
        "average_entry": position.average_entry,
        "break_even": position.break_even,
        "realised_pnl": position.realised_pnl,
        "fees_quote": position.fees_quote,
    }
    changed = [name for name, value in figures.items() if getattr(group, name) != value]
    if changed:
        for name in changed:
            setattr(group, name, figures[name])
        group.save(update_fields=changed)
        results.forget(group)
        record("group.figures", subject=f"group:{group.pk}", payload=figures, account_id=group.account_id)


def _change_status(group: PositionGroup, to: GroupStatus) -> None:
    before, group.status = group.status, to
    group.save(update_fields=["status"])
    results.forget(group)
    payload = {"from": before, "to": to, "reason": group.close_reason}
    record("group.status", subject=f"group:{group.pk}", payload=payload, account_id=group.account_id)


def _end(group: PositionGroup, seen: GroupPicture, now: datetime) -> None:
    """Close the books of a group: what is left is written down by name, the slot goes back to the pool."""
    group.closed_at = now
    group.dust_qty = seen.position.qty if closed_as(seen.position.qty, price=seen.price, rules=seen.rules) else 0
    group.close_reason = group.close_reason or (
        "NEVER_FILLED" if group.status == GroupStatus.FAILED else _done_by(seen)
    )
    group.save(update_fields=["closed_at", "dust_qty", "close_reason"])
    freed = list(Slot.objects.filter(group=group, released_at=None).values_list("number", flat=True))
    with failpoints.span("slot.release"):
        Slot.objects.filter(group=group, released_at=None).update(released_at=now)
    payload = {
        "reason": group.close_reason,
        "realised_pnl": group.realised_pnl,
        "dust_qty": group.dust_qty,
        "slots": freed,
    }
    record("group.closed", subject=f"group:{group.pk}", payload=payload, account_id=group.account_id)
    _then(group, lambda: pnl.note_close(group, now=now))
    _then(group, lambda: queue.promote(group.account_id, now=now))


def _then(group: PositionGroup, follow: Callable[[], object]) -> None:
    """What follows an end and may fail for itself: a wrong setting or a waiting signal never undoes the close."""
    try:
        with failpoints.span("group.after"), transaction.atomic():
            follow()
    except DEFECTS:  # the sweeps try again
        log.exception("after the end of group %s", group.pk)
