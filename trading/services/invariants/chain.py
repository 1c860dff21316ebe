"""The journal's invariant: an unbroken chain that tells of legal steps only."""

from collections.abc import Iterable
from datetime import datetime

from project.journal.models import JournalEntry, Seal
from project.journal.sealer import broken_seals
from trading.domain.order_state import OrderState, allowed
from trading.models import Order
from trading.services import rebuild
from trading.services.invariants.base import Finding


def chain_and_edges_hold(now: datetime) -> Finding:
    """I9: the sealed chain is unbroken; states moved along legal edges only, and ended where the row stands."""
    broken = [f"the seal from event {number} on does not match its rows" for number in broken_seals()]
    entries = JournalEntry.objects.filter(kind="order.state").order_by("xid", "id").values_list("subject", "payload")
    return Finding(Seal.objects.count() + len(entries), (*broken, *_illegal(entries)))


def _illegal(entries: Iterable[tuple[str, dict[str, str]]]) -> list[str]:
    """Follow every order from NEW along its journalled steps to the state of its row."""
    stands: dict[str, str] = {}
    wrong = []
    for subject, step in entries:
        came_from, before, to = stands.get(subject, OrderState.NEW), step["from"], step["to"]
        if before != came_from or not allowed(OrderState(before), OrderState(to)):
            wrong.append(f"{subject} went from {before} to {to} while it stood at {came_from}")
        stands[subject] = to
    rows = {f"order:{pk}": state for pk, state in Order.objects.values_list("id", "state")}
    wrong += [f"{s} is {rows.get(s)}, the journal says {state}" for s, state in stands.items() if rows.get(s) != state]
    return wrong


def journal_rebuilds_state(now: datetime) -> Finding:
    """I12: state rebuilt from the journal = live state."""
    compared, wrong = rebuild.differences()
    return Finding(compared, wrong)
