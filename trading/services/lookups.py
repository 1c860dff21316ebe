"""Look-ups: what became of orders whose outcome is unknown. They are asked for, never sent again.

In production a lost order is proven absent 22 s after its valid_until where its sender died (taken over after 12 s, then
three looks 5 s apart, the pump ringing when each is due), 20 s after where the sender waited in vain; 27 s are the bound.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from project import failpoints
from signals.market import venues
from trading import locks
from trading.domain.order_state import (
    UNDECIDED,
    AbsenceEvidence,
    LookupVerdict,
    OrderState,
    TimingProfile,
    after_lookup,
    next_poll_at,
)
from trading.gateways.base import Gateway, OrderReport
from trading.models import Order
from trading.services import cancel, kill_sales, orders, reconcile, reports
from trading.services.listing import NOT_LISTED
from trading.services.one_by_one import ask_each

log = logging.getLogger(__name__)

CALL_TIMEOUT = timedelta(seconds=12)
# The gateway's own HTTP timeout is 10 s: an owner that has not settled by then is gone.
MARGIN = timedelta(seconds=5)
# So much older than our row, beyond the clocks' difference, a venue's order may look and still be ours.
FIRED_POLLS = 60
# So often, some minutes, a stop that has triggered is asked for the order that it became; then a person is.


def overdue(account_id: int, *, now: datetime) -> Q:
    """Orders in the call for longer than any call lasts: their owner died or hangs."""
    return Q(account_id=account_id, state=OrderState.SUBMITTING, valid_until__lt=now - CALL_TIMEOUT)


def doubt(account_id: int, *, now: datetime) -> int:
    """Take over orders whose sender is gone: UNKNOWN, due for a look-up; how many. The fence shuts the old owner out."""
    with failpoints.span("lookup.doubt"), transaction.atomic():
        locks.account(account_id)
        rows = list(locks.orders(Order.objects.filter(overdue(account_id, now=now))))
        for order in rows:
            orders.move(order, OrderState.UNKNOWN, fence=order.fence + 1, next_poll_at=now, code="SENDER_GONE")
        return len(rows)


def look_up(account_id: int, *, gateway: Gateway, clock: Callable[[], datetime], timing: TimingProfile) -> int:
    """Ask for every UNKNOWN order that is due; how many were asked for. Raises NotReached."""
    doubt(account_id, now=clock())
    due = _claim(account_id, now=clock(), timing=timing)
    return ask_each(due, lambda order: _resolve(order, gateway=gateway, clock=clock, timing=timing), clock=clock)


def _claim(account_id: int, *, now: datetime, timing: TimingProfile) -> list[Order]:
    """Due orders; claiming one moves its due time and commits, so two look-ups never count as two polls."""
    with failpoints.span("lookup.claim"), transaction.atomic():
        locks.account(account_id)
        rows = Order.objects.filter(account_id=account_id, state=OrderState.UNKNOWN, next_poll_at__lte=now)
        rows = rows.exclude(NOT_LISTED)
        due = list(locks.orders(rows.select_related("instrument", "account")))
        for order in due:
            orders.move(order, OrderState.UNKNOWN, next_poll_at=next_poll_at(now, timing=timing))
        return due


def undecided(account_id: int) -> bool:
    """Whether an order of ours may be at the venue under a number that we do not know."""
    return Order.objects.filter(account_id=account_id, state__in=sorted(UNDECIDED)).exists()


def _resolve(order: Order, *, gateway: Gateway, clock: Callable[[], datetime], timing: TimingProfile) -> int:
    """Look for one order by our id, then everywhere else it could show; write what that proves. One was asked for.

    The venue's clock is read first: an order that was accepted while a slow look went on was not looked for.
    """
    failpoints.point("lookup.next")
    asked_at = gateway.server_time()
    with failpoints.span("lookup.ask"):
        found = gateway.find_order(
            symbol=order.instrument.symbol,
            client_order_id=order.client_order_id,
            conditional=order.trigger_price is not None,
        )
    if found is None:
        found = _trace(order, gateway)
    with failpoints.span("lookup.evidence"):
        evidence = None if found else _evidence(order, asked_at, gateway=gateway, clock=clock, timing=timing)
    with failpoints.span("lookup.write"), transaction.atomic():
        locks.account(order.account_id)
        locked = locks.orders(Order.objects.filter(pk=order.pk)).get()
        if locked.state != OrderState.UNKNOWN:
            return 1
        if found is not None and (wrong := not_ours(order, found)):
            _take_to_a_person(locked, wrong)
        elif found is not None and found.fired:
            _await_number(locked)
        elif found is not None:
            reports.absorb(locked, found, now=clock())
        elif evidence is not None:
            _conclude(locked, evidence, now=clock(), timing=timing)
    return 1


def not_ours(order: Order, found: OrderReport) -> str:
    """Why it cannot be this order though it carries its number, in words; empty where it can.

    A restored backup counts on from where it was made, so an order that it does not know may have the next number.
    """
    early = order.created_at - MARGIN - timedelta(milliseconds=abs(order.account.clock_offset_ms or 0))
    if found.at is not None and found.at < early:
        return f"it was placed at {found.at:%Y-%m-%d %H:%M:%S} UTC, before ours was made"
    if found.side is not None and found.side != order.side:
        return f"it is a {found.side}, ours a {order.side}"
    if found.qty is not None and found.qty != order.qty:
        return f"it is for {found.qty.normalize():f}, ours for {order.qty.normalize():f}"
    if found.filled_qty > order.qty:
        return f"it has filled {found.filled_qty.normalize():f}, ours is for {order.qty.normalize():f}"
    return ""


def _take_to_a_person(order: Order, wrong: str) -> None:
    detail = (
        f"The venue has another order under number {order.client_order_id}: {wrong}. Look there whether ours exists."
    )
    log.error("order %s: %s", order.pk, detail)
    orders.move(order, OrderState.NEEDS_HUMAN, next_poll_at=None, code="OTHER_ORDER", detail=detail)


def _await_number(order: Order) -> None:
    """It stands at the venue and can be cancelled no more: sought until the order that it became has a number."""
    order.polls += 1
    orders.move(order, OrderState.UNKNOWN, polls=order.polls)
    if order.polls >= FIRED_POLLS:
        detail = "It has triggered, and the venue names no order that it became. Look there for its execution."
        orders.move(order, OrderState.NEEDS_HUMAN, next_poll_at=None, code=cancel.NO_NUMBER, detail=detail)


def _trace(order: Order, gateway: Gateway) -> OrderReport | None:
    """The order among the open ones, or behind an execution of an order that we do not know."""
    symbol = order.instrument.symbol
    for report in gateway.open_orders(symbol):
        if report.client_order_id == order.client_order_id:
            return report
    since = (order.submitted_at or order.created_at) - timedelta(seconds=5)
    strange = {fill.venue_order_id for fill in gateway.fills_since(symbol=symbol, since=since)}
    same = Order.objects.filter(account_id=order.account_id, instrument_id=order.instrument_id)
    ours = set(same.values_list("venue_order_id", flat=True))  # a venue may count each market by itself
    for venue_order_id in sorted(strange - ours):
        theirs = gateway.find_order(symbol=symbol, client_order_id="", venue_order_id=venue_order_id)
        if theirs is not None and theirs.client_order_id == order.client_order_id:
            return theirs
    return None


def _evidence(
    order: Order, asked_at: datetime, *, gateway: Gateway, clock: Callable[[], datetime], timing: TimingProfile
) -> AbsenceEvidence | None:
    """What is known of an order that was not found, this look-up counted; None while fills of ours are on their way.

    asked_at: the venue's clock before the look-up.
    """
    venue = venues.capability(order.account.venue)
    window = venue.receive_window(timing.receive_window) if venue else timing.receive_window
    change = reconcile.unexplained_for_sure(order.account_id, gateway=gateway, clock=clock)
    if change is None:
        return None
    return AbsenceEvidence(
        venue_now=asked_at,
        valid_until=(order.valid_until or order.created_at) + _ahead(order, window),
        receive_window=window,
        polls_without_trace=order.polls + 1,
        in_open_orders=False,
        in_trades=False,
        unexplained_change=bool(change),
        others_undecided=bool(change) and _explained_soon(order, now=clock(), timing=timing),
        request_expiry=bool(venue and venue.request_expiry),
    )


def _ahead(order: Order, window: timedelta) -> timedelta:
    """How much later than valid_until a signature may be dated: none by our clock, which the venue takes within its window.

    Further behind, our time is refused and the gateway signs by the venue's: so much ahead of ours the signature dies.
    """
    ahead = timedelta(milliseconds=order.account.clock_offset_ms or 0)
    return ahead if ahead > window else timedelta()


def _explained_soon(order: Order, *, now: datetime, timing: TimingProfile) -> bool:
    """Whether something else may turn out to be what moved the balances: a kill's sales, or another order."""
    return kill_sales.under_way(order.account_id, now=now) or _others_undecided(order, timing)


def _others_undecided(order: Order, timing: TimingProfile) -> bool:
    """Whether another order is in a call or not yet looked for often enough: what it filled shows in no book of ours.

    Orders that were all looked for in vain do not wait for each other: then a change is somebody else's.
    """
    return _sought(order.account_id, timing).exclude(pk=order.pk).exists()


def being_sought(account_id: int, *, timing: TimingProfile) -> bool:
    """Whether an order is in a call, or unknown and not yet looked for often enough to have been found if it is there."""
    return _sought(account_id, timing).exists()


def _sought(account_id: int, timing: TimingProfile) -> QuerySet[Order]:
    hidden = Q(state=OrderState.SUBMITTING) | Q(state=OrderState.UNKNOWN, polls__lt=timing.polls)
    return Order.objects.filter(hidden, account_id=account_id).exclude(NOT_LISTED)


def _conclude(order: Order, evidence: AbsenceEvidence, *, now: datetime, timing: TimingProfile) -> None:
    """Nothing was found: look on, call it not placed, or call for a person."""
    verdict = after_lookup(evidence, timing=timing)
    order.polls += 1
    orders.move(order, OrderState.UNKNOWN, polls=order.polls)
    if verdict is LookupVerdict.NOT_PLACED:
        reports.not_placed(order, now=now)
    elif verdict is LookupVerdict.NEEDS_HUMAN:
        log.error("order %s: its venue cannot prove that it was not placed; somebody has to look", order.pk)
        orders.move(order, OrderState.NEEDS_HUMAN, next_poll_at=None)
