"""Is the live state what the journal says it is? Rebuilds from the journal and compares."""

from collections import defaultdict
from collections.abc import Iterator

from django.db import connection, transaction

from project.accounts import mode
from project.journal.models import JournalEntry
from trading.domain.replay import GroupTold, OrderTold, Rebuilt, Told, rebuild
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
    trades: dict[int, set[str]] = defaultdict(set)
    for order_id, trade in Fill.objects.values_list("order_id", "venue_trade_id"):
        trades[order_id].add(trade)
    return Rebuilt(
        orders={o.pk: _order(o, frozenset(trades[o.pk])) for o in Order.objects.iterator()},
        groups={
            g.pk: GroupTold(g.status, g.qty, g.realised_pnl, g.closed_at is not None)
            for g in PositionGroup.objects.iterator()
        },
        slots=set(Slot.objects.filter(released_at=None).values_list("account_id", "number")),
        waiting=set(QueuedSignal.objects.filter(ended_at=None).values_list("id", flat=True)),
        mode=mode.current().mode,
    )


def _order(order: Order, trades: frozenset[str]) -> OrderTold:
    return OrderTold(order.state, order.filled_qty, order.reported_qty, order.venue_order_id, trades)


def _differences(told: Rebuilt, live: Rebuilt) -> Iterator[str]:
    for name in ("orders", "groups"):
        ours, theirs = getattr(live, name), getattr(told, name)
        wrong = (key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key))
        yield from (f"{name[:-1]} {k}: the row says {ours.get(k)}, the journal {theirs.get(k)}" for k in wrong)
    for account, number in sorted(told.slots ^ live.slots, key=str):
        yield f"slot {number} of account {account} is taken in only one of row and journal"
    for queued in sorted(told.waiting ^ live.waiting):
        yield f"queued signal {queued} waits in only one of row and journal"
    if told.mode != live.mode:
        yield f"the mode is {live.mode}, the journal says {told.mode}"
