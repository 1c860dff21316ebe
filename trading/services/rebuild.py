"""Is the live state what the journal says it is? Rebuilds from the journal and compares."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from project.accounts import mode
from project.journal.models import JournalEntry
from trading.domain.replay import (
    ASKED,
    FIGURES,
    LATER,
    NUMBERS,
    GroupTold,
    OrderTold,
    Rebuilt,
    Told,
    asked,
    figures,
    rebuild,
)
from trading.models import Fill, Order, PositionGroup, QueuedSignal, Slot


def differences() -> tuple[int, tuple[str, ...]]:
    """How many rows were compared, and every difference between journal and rows, in words.

    Both are read in one snapshot, so a running engine does not disturb the comparison.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        told, live = rebuild(_events()), _live()
    compared = len(live.orders) + len(live.groups) + len(live.slots) + len(live.waiting) + 1
    return compared, tuple(_differences(told, live))


def _events() -> Iterator[Told]:
    rows = JournalEntry.objects.order_by("xid", "id").values_list("kind", "subject", "account_id", "payload")
    return (Told(*row) for row in rows.iterator())


def _live() -> Rebuilt:
    trades: dict[int, dict[str, tuple[Decimal | None, ...]]] = defaultdict(dict)
    for fill in Fill.objects.values("order_id", "venue_trade_id", "qty", "price", "cost", "fee", "fee_price"):
        trades[fill["order_id"]][fill["venue_trade_id"]] = figures(fill)
    queued = QueuedSignal.objects.filter(ended_at=None)
    return Rebuilt(
        orders={o.pk: _order(o, trades[o.pk]) for o in Order.objects.iterator()},
        groups={
            g.pk: GroupTold(
                closed=g.closed_at is not None, status=g.status, **{name: getattr(g, name) for name in FIGURES}
            )
            for g in PositionGroup.objects.iterator()
        },
        slots={(s.account_id, s.number): s.group_id for s in Slot.objects.filter(released_at=None)},
        waiting=dict(queued.values_list("id", "replacement_count")),
        mode=mode.current().mode,
    )


def _order(order: Order, trades: Mapping[str, tuple[Decimal | None, ...]]) -> OrderTold:
    facts = {name: getattr(order, name) for name in (*ASKED[3:], *NUMBERS)}
    facts |= {"account": order.account_id, "group": order.group_id, "leg": order.leg_id}
    return OrderTold(order.state, order.filled_qty, order.reported_qty, order.venue_order_id, trades, asked(facts))


def _differences(told: Rebuilt, live: Rebuilt) -> Iterator[str]:
    for name in ("orders", "groups"):
        ours, theirs = getattr(live, name), getattr(told, name)
        for key in sorted({*ours, *theirs}):
            yield from _unlike(f"{name[:-1]} {key}", ours.get(key), theirs.get(key))
    for place in sorted({*told.slots, *live.slots}, key=str):
        yield from _apart(f"slot {place[1]} of account {place[0]}", live.slots.get(place), told.slots.get(place))
    for queued in sorted({*told.waiting, *live.waiting}):
        yield from _apart(f"waiting signal {queued}", live.waiting.get(queued), told.waiting.get(queued))
    if told.mode != live.mode:
        yield f"the mode is {live.mode}, the journal says {told.mode}"


def _unlike(subject: str, row: Any, told: Any) -> Iterator[str]:
    """Every field in which an order or a group differs, in words."""
    if row is None or told is None:
        yield f"{subject} is only in the {'journal' if row is None else 'table'}"
        return
    for name in (field.name for field in fields(row)):
        here, there = getattr(row, name), getattr(told, name)
        yield from _apart(f"{subject}, {name}", _as_far_as_told(here, there) if name == "asked" else here, there)


def _as_far_as_told(row: Mapping[str, object], told: Mapping[str, object]) -> Mapping[str, object]:
    """What was asked, without what the journal did not tell of yet when it was written."""
    return {name: value for name, value in row.items() if name in told or name not in LATER}


def _apart(subject: str, row: object, told: object) -> Iterator[str]:
    if row != told:
        yield f"{subject}: the row says {_said(row)}, the journal {_said(told)}"


def _said(value: object) -> str:
    """A value as a person reads it."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_said(item)}" for key, item in sorted(value.items())) or "nothing"
    if isinstance(value, tuple):
        return " ".join(_said(item) for item in value)
    return "nothing" if value is None else str(value)
