"""The journal's invariant: an unbroken chain that tells of legal steps only."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from project.journal.models import JournalEntry, Seal
from project.journal.sealer import broken_seals
from trading.domain.order_state import OrderState, allowed
from trading.models import Order
from trading.services import rebuild
from trading.services.invariants.base import Finding

SEALED_WITHIN = timedelta(minutes=2)
# A pump seals 50 times a second; a transaction that somebody left open holds it up for 30 s, until PostgreSQL ends it.
HEADS = "journal-heads"
# Where the pump writes every thousandth head, in the data folder.
HEAD = re.compile(r"(\d+) ([0-9a-f]{64})")


def chain_and_edges_hold(now: datetime) -> Finding:
    """I9: the sealed chain is unbroken; states moved along legal edges only, and ended where the row stands.

    The chain goes on to every head that was written to the data folder, and old events are sealed. What was cut off
    behind the last of those heads is not seen here: I12 sees what it told of.
    """
    broken = [f"the seal from event {number} on does not match its rows" for number in broken_seals()]
    entries = JournalEntry.objects.filter(kind="order.state").order_by("xid", "id").values_list("subject", "payload")
    seals = Seal.objects.count()
    wrong = (*broken, *_unsealed(now), *_cut_off(settings.WINDLASS.home / HEADS), *_illegal(entries))
    return Finding(seals + len(entries) if seals else 0, wrong)


def _unsealed(now: datetime) -> Iterator[str]:
    """The first event behind the last seal, among those that should be sealed by now."""
    last = Seal.objects.order_by("-first_number").values_list("last_xid", "last_entry_id").first() or (-1, -1)
    waiting = JournalEntry.objects.extra(where=["(xid, id) > (%s, %s)"], params=list(last))
    oldest = waiting.filter(at__lt=now - SEALED_WITHIN).order_by("xid", "id").values_list("id", flat=True).first()
    if oldest is not None:
        yield f"journal row {oldest} is not sealed"


def _cut_off(heads: Path) -> Iterator[str]:
    """Heads outside of the database that the chain does not come to; a line that a full disk cut short tells nothing."""
    if not heads.exists():
        return
    rows = Seal.objects.order_by("first_number").values_list("first_number", "count", "head")
    chain = {first + count - 1: bytes(head).hex() for first, count, head in rows}
    last = max(chain, default=0)
    for number, head in (found.groups() for line in _lines(heads) if (found := HEAD.fullmatch(line))):
        if int(number) > last:
            yield f"the chain ends at event {last}, {HEADS} goes on to event {number}"
        elif chain.get(int(number)) != head:
            yield f"{HEADS} has another head at event {number} than the chain"


def _lines(heads: Path) -> list[str]:
    return heads.read_text(encoding="ascii", errors="replace").splitlines()


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
