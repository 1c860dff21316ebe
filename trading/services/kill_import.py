"""After an emergency: the kill process's own journal is taken over into ours, and its sales are booked to their groups."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from project import failpoints
from project.accounts import latch, mode
from project.accounts.models import ExchangeAccount, KillReport
from project.journal.models import JournalEntry
from project.journal.record import Event, record_all
from trading.gateways.base import Gateway, OrderReport
from trading.kill import journal, places
from trading.models import PositionGroup
from trading.services import adopt, connect, flatten, kill_rest, kill_sales, lookups

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Line = Mapping[str, Any]

OPERATOR = "kill switch"


def take_over(home: Path) -> int:
    """Journal every line that is new since the last look; how many. Safe to repeat: a row counts what was taken."""
    files = sorted((home / places.JOURNALS).glob("*.jsonl"))
    return sum(_take_over(file.stem, journal.lines(home, file.stem)) for file in files)


def _take_over(name: str, lines: Sequence[Line]) -> int:
    if KillReport.objects.filter(latch=name, lines__gte=len(lines)).exists():
        return 0
    with failpoints.span("kill.import"), transaction.atomic():
        KillReport.objects.get_or_create(latch=name)
        report = KillReport.objects.select_for_update(no_key=True).get(latch=name)
        new = lines[report.lines :]
        record_all(_event(name, line) for line in new)
        report.lines = max(len(lines), report.lines)
        flat = next((line for line in reversed(lines) if line.get("kind") == journal.FLAT), None)
        if flat is not None:
            report.flat, report.took_secs = True, Decimal(str(flat.get("ms", 0))) / 1000
        report.save()
        return len(new)


def _event(name: str, line: Line) -> Event:
    account = line.get("account")
    kind = f"kill.{str(line.get('kind', '')).replace(' ', '_')}"[:40]
    return Event(kind, kill_sales.subject(name), dict(line), account if isinstance(account, int) else None)


def book_sales(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> int:
    """Book what kills sold to the groups that held it; how many sales. Raises NotReached.

    An order of ours in doubt may have sold from the same groups, so it is looked for first; one that shows nowhere
    holds nothing up.
    Of the emergency that stands, whose groups end once all is flat; and of those that were left before their sales
    were booked: their journal may have come later, from a disk that was full.
    """
    standing = latch.read(mode.home())
    names = {*kill_sales.unbooked(account.pk), *((standing.id,) if standing else ())}
    booked = sum(_book(account, name, gateway, clock) for name in sorted(names))
    if standing and KillReport.objects.filter(latch=standing.id, flat=True).exists():
        flatten.end_after_kill(account.pk, now=clock())
    return booked


def _book(account: ExchangeAccount, latch_id: str, gateway: Gateway, clock: Clock) -> int:
    """The sales of one emergency, and only what its own journal names.

    What a person sold may be the person's own, and would take the groups' place.
    """
    if not PositionGroup.objects.filter(account=account, closed_at=None).exists():
        return 0
    if lookups.being_sought(account.pk, timing=connect.timing()):
        return 0
    booked = adopt.adopt(
        account, operator=OPERATOR, gateway=gateway, clock=clock, whose=_of_the_kill(account, latch_id)
    )
    for trade in booked:
        log.warning("account %s: %s sold by the kill switch is booked to %s", account.pk, trade.qty, trade.group)
    kill_rest.explain(account, latch_id, gateway=gateway, now=clock())
    return len(booked)


def _of_the_kill(account: ExchangeAccount, latch_id: str) -> Callable[[OrderReport], bool]:
    """Whether an order is one that the kill's journal, as far as it was taken over, names by either number."""
    lines = JournalEntry.objects.filter(subject=kill_sales.subject(latch_id), account_id=account.pk)
    told = lines.values_list("payload__venue_order_id", "payload__client_order_id")
    named = {number for pair in told for number in pair if number}
    return lambda order: order.venue_order_id in named or order.client_order_id in named
