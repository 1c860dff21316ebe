"""Orders as rows: written in a decision (T1), moved along legal edges, withdrawn, tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from project import failpoints
from project.accounts.models import Installation
from project.journal.record import Event
from trading import bells
from trading.domain.client_id import client_order_id
from trading.domain.order_state import TERMINAL, OrderState, allowed
from trading.domain.vocabulary import MarketKind, OrderType, Purpose, Side, TimeInForce
from trading.errors import IllegalTransition
from trading.models import Order, PositionGroup
from trading.services import instance
from trading.services.sheet import Sheet

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
    trigger_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    attempt: int = 0


# T1 ----------------------------------------------------------------------------------------------


def create(group: PositionGroup, wanted: Sequence[NewOrder], *, now: datetime, rings: bool = True) -> None:
    """Write orders NEW with their client order ids, journal them, and ring for them after the commit."""
    if not wanted:
        return
    sheet = Sheet()
    hold(sheet, group, wanted, installation=Installation.objects.get(id=1).name, now=now, rings=rings)
    with failpoints.span("exit.t1"):
        sheet.write()


def hold(
    sheet: Sheet,
    group: PositionGroup,
    wanted: Sequence[NewOrder],
    *,
    installation: str,
    now: datetime,
    rings: bool = True,
) -> list[Order]:
    """The same, on a sheet that is written later in the transaction; the rows."""
    rows = [sheet.add(_row(group, new, sheet.next_id(Order), installation, now)) for new in wanted]
    for row in rows:
        sheet.note(Event("order.new", f"order:{row.pk}", _facts(row), row.account_id))
    for opens in {row.purpose == Purpose.ENTRY for row in rows if rings}:
        ring_after_commit(BELL[opens], group.account_id)
    return rows


def _row(group: PositionGroup, new: NewOrder, order_id: int, installation: str, now: datetime) -> Order:
    """The id is known before the insert: the client order id is made of it."""
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
        trigger_price=new.trigger_price,
        reference_price=new.reference_price,
        qty=new.qty,
        reduce_only=derivative and not new.purpose.opens_position,
        client_order_id=client_order_id(installation, order_id, new.attempt, engine=instance.sender()),
        created_at=now,
        updated_at=now,
    )


def _facts(row: Order) -> dict[str, Any]:
    """What the journal keeps of a new order: enough to rebuild it."""
    wanted = ("purpose", "side", "type", "time_in_force", "price", "trigger_price", "qty")
    names = ("intent_key", "attempt", "client_order_id", *wanted)
    return {name: getattr(row, name) for name in names} | {"group": row.group_id, "leg": row.leg_id}


def ring_after_commit(task: str, account_id: int) -> None:
    """Ring once the rows are there to be seen."""
    transaction.on_commit(lambda: bells.ring(task, account_id))


# every change of state ---------------------------------------------------------------------------


def move(order: Order, to: OrderState, sheet: Sheet | None = None, /, **changes: Any) -> None:
    """Take a locked order to another state, with other fields; journalled. Raises IllegalTransition.

    The same state again only writes the fields. Nothing else writes `state`, but for the claims in submit.py. With a
    sheet it is written when the sheet is.
    """
    before = OrderState(order.state)
    if to is not before and not allowed(before, to):
        raise IllegalTransition(order=order.pk, state=before, to=to)
    order.state = to
    for name, value in changes.items():
        setattr(order, name, value)
    page = sheet or Sheet()
    page.change(order, "state", "updated_at", *changes)
    if to is not before:
        page.note(moved(order.pk, order.account_id, order.group_id, before, to, changes))
    elif changes:
        page.note(Event("order.fields", f"order:{order.pk}", {"group": order.group_id, **changes}, order.account_id))
    if sheet is None:
        page.write()


def moved(
    order_id: int, account_id: int, group_id: int, before: OrderState, to: OrderState, changes: Mapping[str, Any]
) -> Event:
    payload = {"from": before, "to": to, "group": group_id, **changes}
    return Event("order.state", f"order:{order_id}", payload, account_id)


def withdraw(order: Order, *, code: str) -> None:
    """Make an order go away: dropped when it never left, cancelled at the venue when it is there; ended, it is let be."""
    if order.state == OrderState.NEW:
        move(order, OrderState.DROPPED, code=code)
    elif not order.cancel_requested and order.state not in TERMINAL:
        move(order, OrderState(order.state), cancel_requested=True, code=code)
        ring_after_commit("submit_exits", order.account_id)


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
        trigger_price=order.trigger_price,
        time_in_force=TimeInForce(order.time_in_force),
        attempt=order.attempt + 1,
    )
    create(group, [retry], now=order.created_at, rings=False)  # what stopped it may last: the pump rings in 2 s
