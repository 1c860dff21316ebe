"""A person's word on an execution that the venue tells otherwise than our books: take its numbers, keep ours, or undo that."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from project.journal.record import record
from project.reads import Read
from trading import locks
from trading.domain.money import ZERO, total
from trading.domain.order_state import OrderState
from trading.domain.reconcile import Difference
from trading.models import Disagreement, Fill, Order
from trading.services import fee_prices, groups, orders

THEIRS, OURS = "THEIRS", "OURS"
CHOICES = (THEIRS, OURS)
AMOUNTS = ("price", "qty", "cost", "fee", "realised")
STRUCK: dict[str, Any] = {"qty": ZERO, "cost": ZERO, "fee": ZERO, "realised": ZERO}
# An execution that the venue has never heard of: its row stays, and moves nothing.


class AlreadySettled(Exception):
    """This difference is settled: the venue agrees by now, or somebody was faster."""


class NothingToUndo(Exception):
    """Only a person's word can be undone, and only the last one about an execution."""


UNSETTLED = Read(
    lambda account_id: (
        Disagreement.objects.filter(account_id=account_id, settled_at=None)
        .select_related("instrument", "order")
        .order_by("id")
    )
)


def unsettled(account_id: int) -> list[Disagreement]:
    """What waits for a person, oldest first."""
    return UNSETTLED(account_id=account_id)


def settle(row_id: int, *, choice: str, operator: str, reason: str, now: datetime) -> Disagreement:
    """Take the venue's numbers into our books, or keep ours against it; journalled. Raises AlreadySettled.

    A second order's execution is in no group: nothing of it can be taken, either word says that it is seen to.
    """
    with transaction.atomic():
        row = _locked(row_id)
        if row.settled_at is not None:
            raise AlreadySettled(AlreadySettled.__doc__)
        choice = OURS if row.kind == Difference.FILL_DOUBLED else choice
        if choice == THEIRS:
            _write(row, _amounts(row.theirs) if row.theirs else STRUCK, now)
        row.settled_at, row.settled_as, row.settled_by, row.reason = now, choice, operator, reason
        row.save()
        _journal(row, "fill.corrected" if choice == THEIRS else "fill.kept", operator=operator, reason=reason)
        return row


def undo(row_id: int, *, operator: str, now: datetime) -> Disagreement:
    """As it was before: our numbers are back, and the difference waits again. Raises NothingToUndo."""
    with transaction.atomic():
        row = _locked(row_id)
        same = {"account_id": row.account_id, "instrument_id": row.instrument_id, "venue_trade_id": row.venue_trade_id}
        later = Disagreement.objects.filter(**same, venue_order_id=row.venue_order_id, pk__gt=row.pk)
        if row.settled_as not in CHOICES or later.exists():
            raise NothingToUndo(NothingToUndo.__doc__)
        if row.settled_as == THEIRS:
            _write(row, _amounts(row.ours), now)
        row.settled_at, row.settled_as, row.settled_by, row.reason = None, "", "", ""
        row.save()
        _journal(row, "fill.correction_undone", operator=operator)
        return row


def _locked(row_id: int) -> Disagreement:
    """The difference, under its account's lock."""
    account_id = Disagreement.objects.values_list("account_id", flat=True).get(pk=row_id)
    locks.account(account_id)
    return Disagreement.objects.select_for_update(no_key=True, of=("self",)).get(pk=row_id)


def _amounts(said: dict[str, Any]) -> dict[str, Any]:
    """An execution's numbers out of the row that kept them."""
    return {name: Decimal(said[name]) for name in AMOUNTS} | {"fee_currency": said["fee_currency"]}


def _write(row: Disagreement, values: Mapping[str, Any], now: datetime) -> None:
    """Put numbers into the fill, add its order up again, and look at the group: it may need other exits now."""
    if fill := _fill(row):
        _put(fill, values)
    order = locks.orders(Order.objects.filter(disagreements=row)).get()
    sums = list(Fill.objects.filter(order=order).values_list("qty", "cost"))
    filled, cost = total(qty for qty, _ in sums), total(cost for _, cost in sums)
    orders.move(order, OrderState(order.state), filled_qty=filled, filled_cost=cost, reported_qty=filled)
    groups.review(order.group_id, now=now)


def _fill(row: Disagreement) -> Fill | None:
    """The execution as our books have it."""
    same = {"account_id": row.account_id, "instrument_id": row.instrument_id, "venue_trade_id": row.venue_trade_id}
    return Fill.objects.select_related("instrument").filter(**same, venue_order_id=row.venue_order_id).first()


def _put(fill: Fill, values: Mapping[str, Any]) -> None:
    """The price of a fee is one of its currency: where that changes, it waits for another."""
    if values.get("fee_currency", fill.fee_currency) != fill.fee_currency:
        fill.fee_price = None
    for name, value in values.items():
        setattr(fill, name, value)
    third = fee_prices.is_third(fill.fee, fill.fee_currency, fill.instrument)
    fill.unpriced = third and fill.fee_price is None
    fill.save(update_fields=[*values, "fee_price", "unpriced"])


def _journal(row: Disagreement, kind: str, **facts: Any) -> None:
    named = {"trade": row.venue_trade_id, "venue_order": row.venue_order_id, "ours": row.ours, "theirs": row.theirs}
    fill = _fill(row)
    worth = {"fee_price": fill.fee_price if fill else None}  # neither side tells it
    record(kind, subject=f"order:{row.order_id}", payload={**named, **worth, **facts}, account_id=row.account_id)
