"""Cancelling orders, and asking how a single one stands."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from project import failpoints
from trading import locks
from trading.domain.money import total
from trading.domain.order_state import RESTING, OrderState, VenueStatus
from trading.errors import OrderNotOpen, Unknown, VenueError
from trading.gateways.base import FillReport, Gateway, OrderReport
from trading.models import Order
from trading.services import one_by_one, orders, reports

log = logging.getLogger(__name__)

HIDDEN = timedelta(minutes=1)
# Lists that are copied to other machines lag by seconds. What a venue does not show after that, it has forgotten.
FIRED = timedelta(seconds=10)
# So long a stop that has triggered may take to name the order it became; then nothing waits for it any more.
NO_NUMBER, FORGOTTEN = "NO_NUMBER", "FORGOTTEN"
# Why such a stop is sought, or a person is asked.


class MayHaveFilled(Exception):
    """A stop that its venue shows no more may have become an order under a number that nobody told us."""


def claim_cancels(account_id: int) -> list[Order]:
    """Take resting orders that are to go as CANCELLING, and commit."""
    with failpoints.span("cancel.claim"), transaction.atomic():
        locks.account(account_id)
        rows = Order.objects.filter(
            account_id=account_id, cancel_requested=True, state__in=(OrderState.OPEN, OrderState.PARTIALLY_FILLED)
        )
        found = list(locks.orders(rows.select_related("instrument")))
        for order in found:
            orders.move(order, OrderState.CANCELLING, fence=order.fence + 1)
        return found


def cancel(rows: Iterable[Order], *, gateway: Gateway, clock: Callable[[], datetime]) -> None:
    """Cancel at the venue and read how each order ended; what stays unclear is seen by the next fill look-up."""
    for order in rows:
        try:
            with failpoints.span("cancel.call"):
                gateway.cancel(
                    symbol=order.instrument.symbol,
                    venue_order_id=order.venue_order_id,
                    venue_algo_id=order.venue_algo_id,
                )
        except OrderNotOpen:
            log.info("order %s had ended before its cancel", order.pk)
        except Unknown as error:
            log.warning("cancel of order %s: %s", order.pk, error)
        look_at(order, gateway=gateway, clock=clock)


def seen(order: Order, *, gateway: Gateway) -> OrderReport | None:
    """What the venue says of an order that it took; None where it does not show it. Raises VenueError."""
    return gateway.find_order(
        symbol=order.instrument.symbol,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        conditional=order.trigger_price is not None,
    )


def forgotten(order: Order, *, gateway: Gateway, now: datetime) -> OrderReport | None:
    """An order that its venue took long ago and shows no more has ended: cancelled, with what its executions say.

    Binance finds what was cancelled or expired without a fill for three days from its placing, Bybit for one. None while
    it rests, or while its own news may still be on their way. Raises VenueError, and MayHaveFilled of a stop without a
    number of its own, where somebody unknown has traded on its side since: who can tell is a person.
    """
    if not _hidden(order, gateway=gateway, now=now):
        return None
    may_have_traded = order.venue_order_id or order.trigger_price is not None
    told = _told(order, gateway) if may_have_traded else ()
    if not order.venue_order_id and _strangers(order, told):
        raise MayHaveFilled
    filled = total(fill.qty for fill in told if order.venue_order_id and fill.venue_order_id == order.venue_order_id)
    log.warning("order %s is found at the venue no more: taken for cancelled, %s filled", order.pk, filled)
    return OrderReport(order.client_order_id, order.venue_order_id, VenueStatus.CANCELED, filled)


def _hidden(order: Order, *, gateway: Gateway, now: datetime) -> bool:
    """Whether it should show by now, and does not rest."""
    if not order.acknowledged_at or now - max(order.acknowledged_at, order.updated_at) < HIDDEN:
        return False
    return not any(_same(order, report) for report in gateway.open_orders(order.instrument.symbol))


def _told(order: Order, gateway: Gateway) -> Sequence[FillReport]:
    since = (order.submitted_at or order.created_at) - HIDDEN
    return gateway.fills_since(symbol=order.instrument.symbol, since=since)


def _strangers(order: Order, told: Sequence[FillReport]) -> bool:
    """Whether executions on its side are of orders that are not ours."""
    named = {fill.venue_order_id for fill in told if fill.side == order.side}
    same = Order.objects.filter(account_id=order.account_id, instrument_id=order.instrument_id)
    ours = same.filter(venue_order_id__in=named)
    return bool(named - set(ours.values_list("venue_order_id", flat=True)))


def _to_a_person(locked: Order) -> None:
    log.error("order %s is found at the venue no more, and may have filled: somebody has to look", locked.pk)
    orders.move(locked, OrderState.UNKNOWN, code=FORGOTTEN, detail="Look at the venue for an order that it became.")
    orders.move(locked, OrderState.NEEDS_HUMAN, next_poll_at=None)


def _same(order: Order, report: OrderReport) -> bool:
    if order.venue_order_id:
        return report.venue_order_id == order.venue_order_id
    is_algo = bool(order.venue_algo_id) and report.venue_algo_id == order.venue_algo_id
    return is_algo or report.client_order_id == order.client_order_id


def look_at(order: Order, *, gateway: Gateway, clock: Callable[[], datetime]) -> None:
    """Ask for one order by the venue's id and write the answer. A venue that cannot be asked is asked again later."""
    try:
        with failpoints.span("order.look"):
            report = seen(order, gateway=gateway) or forgotten(order, gateway=gateway, now=clock())
            lost = False
    except MayHaveFilled:
        report, lost = None, True
    except VenueError as error:
        log.warning("order %s: %s", order.pk, error)
        return
    with failpoints.span("order.seen"), transaction.atomic():
        locks.account(order.account_id)
        locked = locks.orders(Order.objects.filter(pk=order.pk)).get()
        if report is not None:
            _write(locked, report, now=clock())
        elif lost and locked.state in RESTING:
            _to_a_person(locked)


def _write(locked: Order, report: OrderReport, *, now: datetime) -> None:
    """One that fired is cancelled no more, so it does not go back to the book; after a while it is sought.

    Else its group would wait for it for ever: sought, it holds up no close, and both are reduce-only.
    """
    if not (report.fired and locked.reduce_only and locked.state in RESTING):
        refused = report.status is VenueStatus.OPEN and not report.fired
        return reports.absorb(locked, report, now=now, cancel_refused=refused)
    if locked.code != NO_NUMBER:
        orders.move(locked, OrderState(locked.state), code=NO_NUMBER)  # from now on it takes its time
    elif now - locked.updated_at >= FIRED:
        log.error("order %s has triggered, and its venue names no order that it became", locked.pk)
        orders.move(locked, OrderState.UNKNOWN, next_poll_at=now, polls=0)
        one_by_one.review(locked.group_id, now=now)
    return None
