"""Invariants of our own books: outcomes, promises, funds, exits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Window
from django.db.models.functions import Lag

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from signals.models import Alert
from trading import selectors
from trading.domain.money import ZERO, total
from trading.domain.naked import Cover
from trading.domain.order_state import RESTING, TERMINAL, OrderState
from trading.domain.vocabulary import MarketKind, Purpose
from trading.models import BareHolding, Order, PositionGroup
from trading.services import naked
from trading.services.desk import Desk
from trading.services.invariants.base import Finding, joined

DECIDED_WITHIN = timedelta(seconds=30)
BY_BODY = "h:"
# How the dedupe key begins of a delivery that is told by its body: signals.inbox.dedupe_key.


def alerts_have_one_outcome(now: datetime) -> Finding:
    """I5: each stored alert has exactly one outcome, given once, in the order of arrival per account.

    A repeat is none of its own: where a body without an id was stored again within its source's window, one is blamed.
    """
    alerts = dict(Alert.objects.values_list("id", "outcome"))
    entries = JournalEntry.objects.filter(kind="alert.settled").order_by("xid", "id")
    order = [
        (account, int(subject.partition(":")[2])) for account, subject in entries.values_list("account_id", "subject")
    ]
    given = Counter(alert_id for _, alert_id in order)
    late = Alert.objects.filter(outcome="", received_at__lt=now - DECIDED_WITHIN).values_list("id", flat=True)
    wrong = [f"alert {i} has no outcome" for i in late]
    wrong += [f"alert {i} was settled {given[i]} times" for i, o in alerts.items() if o and given[i] != 1]
    return Finding(len(alerts), (*wrong, *_out_of_order(order), *_repeated()))


def _out_of_order(settled: list[tuple[int | None, int]]) -> list[str]:
    last: dict[int | None, int] = defaultdict(int)
    wrong = []
    for account_id, alert_id in settled:
        if alert_id < last[account_id]:
            wrong.append(f"alert {alert_id} was decided after alert {last[account_id]} of the same account")
        last[account_id] = max(last[account_id], alert_id)
    return wrong


def _repeated() -> Iterator[str]:
    """Deliveries whose body had come in within the window that their own key tells of."""
    before = Window(Lag("received_at"), partition_by=["source_id", "body_hash"], order_by=["received_at", "id"])
    rows = Alert.objects.filter(client_id="").exclude(format="").annotate(before=before)
    again = rows.filter(before__isnull=False, dedupe_key__startswith=BY_BODY).annotate(
        gap=F("received_at") - F("before")
    )
    for pk, key, at, gap in again.order_by("id").values_list("id", "dedupe_key", "received_at", "gap"):
        if gap < _window(key, at):
            yield f"alert {pk} is a repeat that was stored as one of its own"


def _window(key: str, at: datetime) -> timedelta:
    """The shortest window that puts a delivery of this moment into the bucket that its key ends with."""
    return timedelta(seconds=int(at.timestamp()) // (int(key.rpartition(":")[2]) + 1) + 1)


def exits_within_holdings(now: datetime) -> Finding:
    """I8: exits that can fill together never exceed holdings, never reverse.

    Looked at group by group, by our rows; that the venue holds what the groups hold is I6. A stop waits for its price
    and only reduces, so it may stand for everything beside the targets; it counts where it could take another group's
    part. An order that waits for a person is blamed on nobody, but nothing else may promise what it may have sold.
    """
    exits = Order.objects.filter(selectors.UNSETTLED).exclude(purpose=Purpose.ENTRY).select_related("instrument")
    by_group: dict[int, list[Order]] = defaultdict(list)
    for order in exits.order_by("id"):
        by_group[order.group_id].append(order)
    groups = PositionGroup.objects.filter(pk__in=by_group).select_related("instrument").order_by("id")
    wrong = [words for group in groups for words in _promises(group, by_group[group.pk])]
    sold = PositionGroup.objects.filter(qty__lt=0).order_by("id").values_list("id", flat=True)
    reversed_ = (f"group {pk} sold more than it held" for pk in sold)
    return Finding(PositionGroup.objects.count(), (*wrong, *reversed_))


def _promises(group: PositionGroup, exits: Sequence[Order]) -> Iterator[str]:
    """What of a group's exits could sell too much, or open the other side."""
    stops = [order for order in exits if order.purpose == Purpose.STOP]
    sales = [order for order in exits if order.purpose != Purpose.STOP]
    unclear = _leaves(order for order in sales if order.state == OrderState.NEEDS_HUMAN)
    if _leaves(order for order in sales if order.state != OrderState.NEEDS_HUMAN) > max(group.qty - unclear, ZERO):
        yield f"group {group.pk}: its exits promise more {group.instrument.base} than it holds"
    kept = [order for order in stops if not order.cancel_requested]
    at_rest = all(order.state in RESTING for order in stops)  # one that is not there yet is to take another's place
    if at_rest and _leaves(kept) > group.qty and _shared(group):
        yield f"group {group.pk}: its stops would take what another group holds of {group.instrument.symbol}"
    for order in exits:
        if MarketKind(order.instrument.kind).derivative and not order.reduce_only and order.state not in TERMINAL:
            yield f"order {order.pk} could open the other side: it does not only reduce"


def _leaves(orders: Iterable[Order]) -> Decimal:
    """What may still fill, base or contracts."""
    return total(order.qty - order.filled_qty for order in orders)


def _shared(group: PositionGroup) -> bool:
    """Whether another group holds the same side of the same market."""
    same = PositionGroup.objects.filter(account_id=group.account_id, instrument_id=group.instrument_id, side=group.side)
    return same.filter(closed_at=None, qty__gt=0).exclude(pk=group.pk).exists()


def reserved_within_balance(now: datetime) -> Finding:
    """I11: reserved funds ≤ balance."""
    return joined(_reserved(Desk(account, now)) for account in ExchangeAccount.objects.all())


def _reserved(desk: Desk) -> Finding:
    balance = desk.balances.get(desk.account.quote)
    if balance is None:
        return Finding(0)
    over = desk.reserved_quote > balance.total
    words = f"{desk.account.name}: {desk.reserved_quote.normalize():f} reserved of {balance.total.normalize():f} {desk.account.quote}"
    return Finding(1, (words,) if over else ())


def filled_has_exit(now: datetime) -> Finding:
    """I13: every filled quantity has an exit resting, watched, or waived by name.

    By the verdict of the sweep that mends it (naked.verdict): an exit that has not left within a sweep covers nothing,
    and a stop alone is none. Nothing is looked at in an emergency: the kill sells, and says what it could not.
    """
    if mode.current().mode == mode.Mode.EMERGENCY:
        return Finding(0)
    waived = {row.group_id: row.waived_qty for row in BareHolding.objects.filter(ended_at=None)}
    groups = list(PositionGroup.objects.filter(naked.HOLDING).exclude(qty=0).select_related("instrument"))
    wrong = (_naked(group, waived.get(group.pk, ZERO), now) for group in groups)
    return Finding(len(groups), tuple(words for words in wrong if words))


def _naked(group: PositionGroup, waived_qty: Decimal, now: datetime) -> str:
    """What of a group could be sold and nothing would sell; empty when nothing."""
    found = naked.verdict(group, selectors.picture(group), waived_qty=waived_qty, now=now)
    if not found.cover.wrong:
        return ""
    but = ", but for a stop" if found.cover is Cover.STOP_ONLY else ""
    return f"group {group.pk}: {found.qty.normalize():f} {group.instrument.base} without an exit{but}"
