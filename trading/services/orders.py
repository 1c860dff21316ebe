"""Orders: made in a decision (T1), claimed (T2), sent outside any transaction, and settled (T3)."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from project.accounts import mode
from project.accounts.models import Installation
from project.journal.record import Event, record_all
from trading import bells, locks
from trading.domain.client_id import client_order_id
from trading.domain.order_state import OrderState, TimingProfile, VenueStatus, advance, allowed, latest_filled
from trading.domain.retry import ENTRY_KEPT
from trading.domain.vocabulary import MarketKind, OrderType, Purpose, Side, TimeInForce
from trading.errors import IllegalTransition, NotSent, OrderNotOpen, Rejected, Unknown, VenueError
from trading.gateways.base import Gateway, OrderReport, OrderRequest
from trading.models import Order, PositionGroup

log = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 5
# A grid's legs; each must leave within its validity, so a slow venue must not make the last one wait too long.

BELL = {True: "submit_entries", False: "submit_exits"}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be written. `key` names the intent: the same key and attempt can never be written twice."""

    key: str
    purpose: Purpose
    side: Side
    type: OrderType
    qty: Decimal
    price: Decimal | None
    reference_price: Decimal
    leg_id: int | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """An order this process owns now, by its fence."""

    order_id: int
    account_id: int
    fence: int
    request: OrderRequest


# T1 ----------------------------------------------------------------------------------------------


def create(group: PositionGroup, wanted: Sequence[NewOrder], *, now: datetime) -> None:
    """Write orders NEW with their client order ids, journal them, and ring for them after the commit."""
    if not wanted:
        return
    installation = Installation.objects.get(id=1).name
    rows = [
        _row(group, new, order_id, installation, now) for new, order_id in zip(wanted, _ids(len(wanted)), strict=True)
    ]
    Order.objects.bulk_create(rows)
    record_all(Event("order.new", f"order:{row.pk}", _facts(row), row.account_id) for row in rows)
    for opens in {row.purpose == Purpose.ENTRY for row in rows}:
        ring_after_commit(BELL[opens], group.account_id)


def _ids(count: int) -> list[int]:
    """Ids from the orders' own sequence: the client order id is made of it, so it must be known before the insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('trading_order', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def _row(group: PositionGroup, new: NewOrder, order_id: int, installation: str, now: datetime) -> Order:
    derivative = MarketKind(group.instrument.kind).derivative
    return Order(
        id=order_id,
        account_id=group.account_id,
        instrument_id=group.instrument_id,
        group=group,
        leg_id=new.leg_id,
        purpose=new.purpose,
        intent_key=new.key,
        attempt=new.attempt,
        side=new.side,
        type=new.type,
        time_in_force=new.time_in_force,
        price=new.price,
        reference_price=new.reference_price,
        qty=new.qty,
        reduce_only=derivative and not new.purpose.opens_position,
        client_order_id=client_order_id(installation, order_id, new.attempt),
        created_at=now,
        updated_at=now,
    )


def _facts(row: Order) -> dict[str, Any]:
    """What the journal keeps of a new order: enough to rebuild it."""
    names = ("intent_key", "attempt", "purpose", "side", "type", "time_in_force", "price", "qty", "client_order_id")
    return {name: getattr(row, name) for name in names} | {"group": row.group_id, "leg": row.leg_id}


def ring_after_commit(task: str, account_id: int) -> None:
    """Ring once the rows are there to be seen."""
    transaction.on_commit(lambda: bells.ring(task, account_id))


# every change of state ---------------------------------------------------------------------------


def move(order: Order, to: OrderState, **changes: Any) -> None:
    """Take a locked order to another state, with other fields; journalled. Raises IllegalTransition.

    The same state again only writes the fields. Nothing else in Windlass writes `state`, but for the claims below.
    """
    before = OrderState(order.state)
    if to is not before and not allowed(before, to):
        raise IllegalTransition(order=order.pk, state=before, to=to)
    order.state = to
    for name, value in changes.items():
        setattr(order, name, value)
    order.save(update_fields=["state", "updated_at", *changes])
    if to is not before:
        record_all([_moved(order.pk, order.account_id, order.group_id, before, to, changes)])


def _moved(
    order_id: int, account_id: int, group_id: int, before: OrderState, to: OrderState, changes: Mapping[str, Any]
) -> Event:
    payload = {"from": before, "to": to, "group": group_id, **changes}
    return Event("order.state", f"order:{order_id}", payload, account_id)


def withdraw(order: Order, *, code: str) -> None:
    """Make an order go away: dropped when it never left, cancelled at the venue when it is there."""
    if order.state == OrderState.NEW:
        move(order, OrderState.DROPPED, code=code)
    elif not order.cancel_requested:
        move(order, OrderState(order.state), cancel_requested=True, code=code)
        ring_after_commit("submit_exits", order.account_id)


# T2 ----------------------------------------------------------------------------------------------


def claim(account_id: int, *, opening: bool, now: datetime, timing: TimingProfile) -> list[Claim]:
    """Take up to five NEW orders as ours, SUBMITTING, and commit. Entries only in mode NORMAL, nothing in EMERGENCY.

    Entries that could not leave for a minute are dropped: their alert is old by now.
    """
    with transaction.atomic():
        locks.account(account_id)
        current = mode.current().mode
        if current == mode.Mode.EMERGENCY or (opening and current != mode.Mode.NORMAL):
            return []
        rows = Order.objects.filter(account_id=account_id, state=OrderState.NEW)
        rows = rows.filter(purpose=Purpose.ENTRY) if opening else rows.exclude(purpose=Purpose.ENTRY)
        found = list(locks.orders(rows.select_related("instrument"))[:CLAIMED_AT_ONCE])
        fresh = [order for order in found if not _drop_if_old(order, now)]
        return _take(fresh, now=now, timing=timing)


def _drop_if_old(order: Order, now: datetime) -> bool:
    from trading.services import groups

    if order.purpose != Purpose.ENTRY or now - order.created_at <= ENTRY_KEPT:
        return False
    move(order, OrderState.DROPPED, code="STALE")
    groups.review(order.group_id, now=now)
    return True


def _take(orders: Sequence[Order], *, now: datetime, timing: TimingProfile) -> list[Claim]:
    valid_until = now + timing.validity
    changes = {"valid_until": valid_until, "submitted_at": now}
    ids = [order.pk for order in orders]
    Order.objects.filter(pk__in=ids, state=OrderState.NEW).update(
        state=OrderState.SUBMITTING, fence=F("fence") + 1, updated_at=now, **changes
    )
    record_all(_moved(o.pk, o.account_id, o.group_id, OrderState.NEW, OrderState.SUBMITTING, changes) for o in orders)
    return [Claim(o.pk, o.account_id, o.fence + 1, _request(o, valid_until)) for o in orders]


def _request(order: Order, valid_until: datetime) -> OrderRequest:
    return OrderRequest(
        symbol=order.instrument.symbol,
        side=Side(order.side),
        type=OrderType(order.type),
        qty=order.qty,
        price=order.price,
        time_in_force=TimeInForce(order.time_in_force),
        reduce_only=order.reduce_only,
        client_order_id=order.client_order_id,
        valid_until=valid_until,
        opens_position=order.purpose == Purpose.ENTRY,
    )


# the call and T3 ---------------------------------------------------------------------------------


def submit(claims: Iterable[Claim], *, gateway: Gateway, now: Any) -> None:
    """Send claimed orders one after the other and settle each at once. `now` is the clock, read after each call."""
    for owned in claims:
        try:
            report = gateway.place(owned.request)
        except VenueError as error:
            log.warning("order %s: %s", owned.order_id, error)
            settle_failure(owned, error, now=now())
        else:
            settle(owned, report, now=now())


def settle(owned: Claim, report: OrderReport, *, now: datetime) -> None:
    """T3 for an answer: write what the venue said, if the order is still ours."""
    with transaction.atomic():
        order = _mine(owned)
        if order is not None:
            absorb(order, report, now=now)


def settle_failure(owned: Claim, error: VenueError, *, now: datetime) -> None:
    """T3 for a failure: rejected when proven, not placed when it never left, else unknown and looked up soon."""
    with transaction.atomic():
        order = _mine(owned)
        if order is None:
            return None
        facts = {"code": str(error.fields.get("error", error.code))[:40], "detail": str(error)}
        if isinstance(error, Rejected):
            move(order, OrderState.REJECTED, **facts)
            return _review(order, now)
        move(order, OrderState.UNKNOWN, next_poll_at=now, **facts)
        if isinstance(error, NotSent):  # the owner itself stopped it: nothing of it was ever written
            not_placed(order, now=now)
    ring_after_commit("look_up", owned.account_id)
    return None


def _mine(owned: Claim) -> Order | None:
    """The claimed order, locked, unless somebody else has taken it over meanwhile."""
    locks.account(owned.account_id)
    order = locks.orders(Order.objects.filter(pk=owned.order_id)).get()
    if order.fence == owned.fence:
        return order
    log.warning("order %s was taken over while it was being sent; its look-up tells the outcome", owned.order_id)
    return None


def absorb(order: Order, report: OrderReport, *, now: datetime, cancel_refused: bool = False) -> None:
    """Write a venue's report into a locked order: state, ids, reported quantity; rings for fills that are not here yet."""
    reported = latest_filled(order.reported_qty, report.filled_qty)
    to = advance(
        OrderState(order.state),
        venue_status=report.status,
        filled_qty=reported,
        qty=order.qty,
        cancel_refused=cancel_refused,
    )
    changes: dict[str, Any] = {}
    if report.venue_order_id and not order.venue_order_id:
        changes = {"venue_order_id": report.venue_order_id, "acknowledged_at": now}
    if reported != order.reported_qty:
        changes["reported_qty"] = reported
    if to is OrderState(order.state) and not changes:
        return
    move(order, to, **changes)
    if order.reported_qty > order.filled_qty:
        ring_after_commit("poll_fills", order.account_id)
    elif to in (OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED):
        _review(order, now)


def not_placed(order: Order, *, now: datetime) -> None:
    """An order proven absent: try again with a new id, or let the entry go; then look at its group."""
    from trading.domain.retry import AfterNotPlaced, after_not_placed

    move(order, OrderState.NOT_PLACED, next_poll_at=None)
    opens = order.purpose == Purpose.ENTRY
    next_step = after_not_placed(opens_position=opens, created_at=order.created_at, now=now)
    if next_step is AfterNotPlaced.AGAIN and opens and not order.cancel_requested:
        again(order)
    _review(order, now)


def again(order: Order) -> None:
    """The same intent, the next attempt: a new row with a new client order id."""
    group = PositionGroup.objects.select_related("instrument").get(pk=order.group_id)
    retry = NewOrder(
        key=order.intent_key,
        purpose=Purpose(order.purpose),
        side=Side(order.side),
        type=OrderType(order.type),
        qty=order.qty,
        price=order.price,
        reference_price=order.reference_price,
        leg_id=order.leg_id,
        time_in_force=TimeInForce(order.time_in_force),
        attempt=order.attempt + 1,
    )
    create(group, [retry], now=order.created_at)


def _review(order: Order, now: datetime) -> None:
    from trading.services import groups

    groups.review(order.group_id, now=now)


# cancels -----------------------------------------------------------------------------------------


def claim_cancels(account_id: int) -> list[Order]:
    """Take resting orders that are to go as CANCELLING, and commit."""
    with transaction.atomic():
        locks.account(account_id)
        rows = Order.objects.filter(
            account_id=account_id, cancel_requested=True, state__in=(OrderState.OPEN, OrderState.PARTIALLY_FILLED)
        )
        found = list(locks.orders(rows.select_related("instrument")))
        for order in found:
            move(order, OrderState.CANCELLING, fence=order.fence + 1)
        return found


def cancel(orders: Iterable[Order], *, gateway: Gateway, now: Any) -> None:
    """Cancel at the venue and read how each order ended; what stays unclear is seen by the next fill look-up."""
    for order in orders:
        try:
            gateway.cancel(symbol=order.instrument.symbol, venue_order_id=order.venue_order_id)
        except OrderNotOpen:
            log.info("order %s had ended before its cancel", order.pk)
        except Unknown as error:
            log.warning("cancel of order %s: %s", order.pk, error)
        look_at(order, gateway=gateway, now=now)


def look_at(order: Order, *, gateway: Gateway, now: Any) -> None:
    """Ask for one order by the venue's id and write the answer. A venue that cannot be asked is asked again later."""
    try:
        report = gateway.find_order(
            symbol=order.instrument.symbol,
            client_order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
        )
    except VenueError as error:
        log.warning("order %s: %s", order.pk, error)
        return
    with transaction.atomic():
        locks.account(order.account_id)
        locked = locks.orders(Order.objects.filter(pk=order.pk)).get()
        if report is not None:
            absorb(locked, report, now=now(), cancel_refused=report.status is VenueStatus.OPEN)
