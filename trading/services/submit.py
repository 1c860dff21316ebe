"""Sending orders: claimed and committed (T2), called outside any transaction, settled (T3)."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from django.db import transaction
from django.db.models import F, Q, QuerySet

from project import failpoints
from project.accounts import mode
from project.accounts.models import MarginMode, PositionMode
from project.journal.record import record_all
from project.reads import Read
from trading import locks
from trading.domain.order_state import OrderState, TimingProfile
from trading.domain.retry import ENTRY_KEPT
from trading.domain.vocabulary import MarketKind, OrderType, Purpose, Side, TimeInForce
from trading.errors import TOO_LATE, NotSent, Rejected, VenueError
from trading.gateways.base import Gateway, OrderReport, OrderRequest, Terms
from trading.models import Order
from trading.services import groups, one_by_one, orders, reports
from trading.services.budget import held_back
from trading.services.defects import DEFECTS
from trading.services.instance import holds
from trading.services.listing import HALTED
from trading.services.maintenance import in_maintenance
from trading.services.one_by_one import apart, of_group
from trading.services.sheet import Sheet
from trading.services.socket_guard import latch_path

log = logging.getLogger(__name__)

CLAIMED_AT_ONCE = 5
# A grid's legs; each must leave within its validity, so a slow venue must not make the last one wait too long.


@dataclass(frozen=True, slots=True)
class Claim:
    """An order this process owns now, by its fence."""

    order_id: int
    account_id: int
    fence: int
    request: OrderRequest
    terms: Terms | None  # asserted before the order: leverage, margin and position mode


def _new(*, opening: bool) -> QuerySet[Order]:
    """Orders that nobody has sent and that may be: entries, or the others."""
    which = Q(purpose=Purpose.ENTRY)
    rows = Order.objects.filter(which if opening else ~which, state=OrderState.NEW).exclude(HALTED)
    return rows.select_related("account", "group", "instrument")


def _oldest(*, opening: bool) -> Read[Order]:
    """An account's oldest of them, locked."""
    return Read(lambda account_id: locks.orders(_new(opening=opening).filter(account_id=account_id))[:CLAIMED_AT_ONCE])


OLDEST = {opening: _oldest(opening=opening) for opening in (True, False)}

# T2 ----------------------------------------------------------------------------------------------


def claim(account_id: int, *, opening: bool, now: datetime, timing: TimingProfile) -> list[Claim]:
    """Take up to five NEW orders as ours, SUBMITTING, and commit.

    Entries only in mode NORMAL and while the account is armed; nothing in EMERGENCY, with the kill latch set or while
    the venue is in maintenance.

    Entries that could not leave for a minute are dropped: their alert is old by now.
    """
    with failpoints.span("order.t2"), transaction.atomic():
        account = locks.account(account_id)
        current = mode.current().mode
        stopped = current == mode.Mode.EMERGENCY or latch_path().exists() or in_maintenance(account)
        closed = current != mode.Mode.NORMAL or not account.may_open
        if stopped or (opening and (closed or not holds(account_id, now=now))):
            return []
        found = OLDEST[opening](account_id=account_id)
        if not found or held_back(account, opening=opening, now=now):  # a probe is not spent on nothing
            return []
        fresh = [order for order in found if not _drop_if_old(order, now)]
        if len(fresh) < len(found):  # looked at anew, the group of a dropped one may have closed and withdrawn others
            fresh = list(locks.orders(_new(opening=opening).filter(pk__in=[order.pk for order in fresh])))
        return _take(fresh, now=now, timing=timing)


def _drop_if_old(order: Order, now: datetime) -> bool:
    if order.purpose != Purpose.ENTRY or now - order.created_at <= ENTRY_KEPT:
        return False
    orders.move(order, OrderState.DROPPED, code="STALE")
    one_by_one.review(order.group_id, now=now)
    return True


def _take(rows: Sequence[Order], *, now: datetime, timing: TimingProfile) -> list[Claim]:
    valid_until = now + timing.validity
    changes = {"valid_until": valid_until, "submitted_at": now}
    ids = [order.pk for order in rows]
    Order.objects.filter(pk__in=ids, state=OrderState.NEW).update(
        state=OrderState.SUBMITTING, fence=F("fence") + 1, updated_at=now, **changes
    )
    record_all(
        orders.moved(o.pk, o.account_id, o.group_id, OrderState.NEW, OrderState.SUBMITTING, changes) for o in rows
    )
    return [Claim(o.pk, o.account_id, o.fence + 1, _request(o, valid_until), _terms(o)) for o in rows]


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
        trigger_price=order.trigger_price,
        position_side=order.group.side if order.account.position_mode == PositionMode.HEDGE else "",
    )


def _terms(order: Order) -> Terms | None:
    """How the account wants to hold this market; None where nothing is opened, or on spot."""
    if order.purpose != Purpose.ENTRY or not MarketKind(order.instrument.kind).derivative:
        return None
    account = order.account
    return Terms(
        symbol=order.instrument.symbol,
        leverage=order.group.leverage,
        isolated=account.margin_mode == MarginMode.ISOLATED,
        hedge=account.position_mode == PositionMode.HEDGE,
        group=order.group_id,
    )


# the call and T3 ---------------------------------------------------------------------------------


def submit_all(
    account_id: int, *, opening: bool, gateway: Gateway, clock: Callable[[], datetime], timing: TimingProfile
) -> None:
    """Claim and send until nothing is NEW, or nothing can leave: then the pump's next bell is soon enough."""
    went = Went.OUT
    while claims := claim(account_id, opening=opening, now=clock(), timing=timing):
        before, went = went, submit(claims, gateway=gateway, clock=clock)
        if went is Went.NOWHERE or went is before is Went.LATE:
            return


class Went(IntEnum):
    """How far claimed orders came: to the venue, or one of them was stopped: too late, or for another reason."""

    OUT = 0
    LATE = 1
    NOWHERE = 2


def submit(claims: Iterable[Claim], *, gateway: Gateway, clock: Callable[[], datetime]) -> Went:
    """Send claimed orders one after the other, then settle them; how far they came.

    The clock is read after each call. Too late is no obstacle: the retry has a validity of its own; twice in a row it
    is, for then two clocks disagree. What was accepted is settled in one commit: a crash before it leaves the claimed
    ones undecided, and they are looked up.
    """
    accepted: list[tuple[Claim, OrderReport, datetime]] = []
    stopped: set[Went] = set()
    try:
        for owned in claims:
            try:
                if owned.terms is not None:
                    with failpoints.span("order.terms"):
                        gateway.assert_terms(owned.terms)
                with failpoints.span("order.place"):
                    accepted.append((owned, gateway.place(owned.request), clock()))
            except VenueError as error:
                log.warning("order %s: %s", owned.order_id, error)
                with apart(_named(owned)):
                    settle_failure(owned, error, now=clock())
                stopped |= _stopped_by(error)
            except DEFECTS:  # it may have left: nobody settles it, so that it is looked up
                log.exception("%s: a fault of our own while it was sent; the others go on", _named(owned))
    finally:  # whatever stopped us, what the venue has said is written down
        settle(accepted)
    return max(stopped, default=Went.OUT)


def _stopped_by(error: VenueError) -> set[Went]:
    """A refusal came from the venue, so it stopped nothing."""
    if not isinstance(error, NotSent):
        return set()
    return {Went.LATE if error.fields.get("error") == TOO_LATE else Went.NOWHERE}


def settle(accepted: Sequence[tuple[Claim, OrderReport, datetime]]) -> None:
    """T3 for answers: write what the venue said of the orders that are still ours, each as of its answer.

    Where one of them makes us fail, each by itself: that one is taken for unanswered, and looked up.
    """
    if not accepted:
        return
    try:
        _settle(accepted)
    except DEFECTS:
        log.exception("answers for account %s: a fault of our own; one by one", accepted[0][0].account_id)
        for one in accepted:
            with apart(_named(one[0])):
                _settle([one])


def _settle(accepted: Sequence[tuple[Claim, OrderReport, datetime]]) -> None:
    with failpoints.span("order.t3"), transaction.atomic():
        locks.account(accepted[0][0].account_id)
        held = locks.orders_by_id(owned.order_id for owned, _, _ in accepted)
        sheet = Sheet()
        for owned, report, at in accepted:
            if _is_ours(held[owned.order_id], owned):
                reports.absorb(held[owned.order_id], report, now=at, sheet=sheet)
        sheet.write()


def settle_failure(owned: Claim, error: VenueError, *, now: datetime) -> None:
    """T3 for a failure: rejected when proven, not placed when it never left, else unknown and looked up soon."""
    with failpoints.span("order.failed"), transaction.atomic():
        order = _mine(owned)
        if order is None:
            return None
        facts = {"code": str(error.fields.get("error", error.code))[:40], "detail": str(error)}
        if isinstance(error, Rejected):
            orders.move(order, OrderState.REJECTED, **facts)
            groups.not_reduced(order)
            return one_by_one.review(order.group_id, now=now)
        orders.move(order, OrderState.UNKNOWN, next_poll_at=now, **facts)
        if isinstance(error, NotSent):  # the owner itself stopped it: nothing of it was ever written
            with apart(of_group(order)), transaction.atomic():
                reports.not_placed(order, now=now)
    orders.ring_after_commit("look_up", owned.account_id)
    return None


def _mine(owned: Claim) -> Order | None:
    """The claimed order, locked, unless somebody else has taken it over meanwhile."""
    locks.account(owned.account_id)
    order = locks.orders(Order.objects.filter(pk=owned.order_id)).get()
    return order if _is_ours(order, owned) else None


def _named(owned: Claim) -> str:
    return of_group(Order.objects.get(pk=owned.order_id))


def _is_ours(order: Order, owned: Claim) -> bool:
    if order.fence != owned.fence:
        log.warning("order %s was taken over while it was being sent; its look-up tells the outcome", owned.order_id)
    return order.fence == owned.fence
