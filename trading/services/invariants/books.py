"""Invariants of our own books: slots, outcomes, promises, exits."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from project.accounts.models import Balance, ExchangeAccount
from project.journal.models import JournalEntry
from signals.models import Alert
from trading import selectors
from trading.domain.money import ZERO, total
from trading.domain.order_state import TERMINAL
from trading.domain.take_profit import Remainder, remainder
from trading.domain.vocabulary import MarketKind, Purpose
from trading.models import BareHolding, Order, PositionGroup, Slot
from trading.services import naked
from trading.services.desk import Desk
from trading.services.invariants.base import Finding, joined

DECIDED_WITHIN = timedelta(seconds=30)


def slots_within_pool(now: datetime) -> Finding:
    """I4: no slot was taken at a moment when open slots ≥ the pool size then in force."""
    slots = list(Slot.objects.order_by("id"))
    return Finding(len(slots), tuple(words for slot in slots for words in _slot_wrong(slot, slots)))


def _slot_wrong(slot: Slot, slots: list[Slot]) -> list[str]:
    """Earlier slots of the account that were open when this one was taken must leave room for it."""
    before = [s for s in slots if s.account_id == slot.account_id and s.pk < slot.pk]
    still_open = [s for s in before if s.released_at is None or s.released_at > slot.taken_at]
    full = len(still_open) >= slot.pool_size
    return [f"slot row {slot.pk} was taken with {len(still_open)} of {slot.pool_size} open"] if full else []


def alerts_have_one_outcome(now: datetime) -> Finding:
    """I5: each stored alert has exactly one outcome, given once, in the order of arrival per account."""
    alerts = dict(Alert.objects.values_list("id", "outcome"))
    entries = JournalEntry.objects.filter(kind="alert.settled").order_by("xid", "id")
    order = [
        (account, int(subject.partition(":")[2])) for account, subject in entries.values_list("account_id", "subject")
    ]
    given = Counter(alert_id for _, alert_id in order)
    late = Alert.objects.filter(outcome="", received_at__lt=now - DECIDED_WITHIN).values_list("id", flat=True)
    wrong = [f"alert {i} has no outcome" for i in late]
    wrong += [f"alert {i} was settled {given[i]} times" for i, o in alerts.items() if o and given[i] != 1]
    return Finding(len(alerts), (*wrong, *_out_of_order(order)))


def _out_of_order(settled: list[tuple[int | None, int]]) -> list[str]:
    last: dict[int | None, int] = defaultdict(int)
    wrong = []
    for account_id, alert_id in settled:
        if alert_id < last[account_id]:
            wrong.append(f"alert {alert_id} was decided after alert {last[account_id]} of the same account")
        last[account_id] = max(last[account_id], alert_id)
    return wrong


def exits_within_holdings(now: datetime) -> Finding:
    """I8: exits that can fill together never exceed holdings, never reverse."""
    return joined([*(_promises(a) for a in ExchangeAccount.objects.all()), _no_reversal()])


def _promises(account: ExchangeAccount) -> Finding:
    """Per base currency on spot: what resting exits may sell against what the account holds."""
    live = Order.objects.filter(account=account).exclude(state__in=sorted(TERMINAL)).exclude(purpose=Purpose.ENTRY)
    promised: dict[str, Decimal] = defaultdict(Decimal)
    for order in live.filter(instrument__kind=MarketKind.SPOT).select_related("instrument"):
        promised[order.instrument.base] += order.qty - order.filled_qty
    held = dict(Balance.objects.filter(account=account).values_list("currency", "total"))
    wrong = [base for base, qty in promised.items() if qty > held.get(base, ZERO)]
    words = (
        f"{account.name}: exits promise {promised[b].normalize():f} {b}, held {held.get(b, ZERO):f}" for b in wrong
    )
    return Finding(len(promised), tuple(words))


def _no_reversal() -> Finding:
    groups = list(PositionGroup.objects.values_list("id", "qty"))
    return Finding(len(groups), tuple(f"group {pk} sold more than it held" for pk, qty in groups if qty < 0))


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
    """I13: every filled quantity has an exit resting, watched, or waived by name."""
    waived = {row.group_id: row.waived_qty for row in BareHolding.objects.filter(ended_at=None)}
    groups = list(PositionGroup.objects.filter(naked.HOLDING).exclude(qty=0).select_related("instrument"))
    wrong = (_naked(group, waived.get(group.pk, ZERO)) for group in groups)
    return Finding(len(groups), tuple(words for words in wrong if words))


def _naked(group: PositionGroup, waived_qty: Decimal) -> str:
    """What of a group could be sold, and neither rests, is on its way, nor was waived by a person; empty when nothing."""
    seen = selectors.picture(group)
    covering = [o for o in seen.orders if o.state not in TERMINAL and o.purpose != Purpose.ENTRY]
    open_qty = seen.position.qty - total(order.qty - order.filled_qty for order in covering) - waived_qty
    if remainder(open_qty, price=seen.price, rules=seen.rules) is not Remainder.SELLABLE:
        return ""
    return f"group {group.pk}: {open_qty.normalize():f} {seen.rules.base} without an exit"
