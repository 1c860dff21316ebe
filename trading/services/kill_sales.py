"""What kills sold of an account and no order of ours tells of yet: their journal names it, our books lack it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Min

from project.accounts import latch, mode
from project.accounts.models import KillReport
from project.journal.models import JournalEntry
from trading.models import Order, PositionGroup

SUBJECT = "kill:"
SALES = ("kill.closed", "kill.refused")  # refused: one whose answer was lost may have been a sale
BOOKED_WITHIN = timedelta(minutes=2)
# Of the report: many reconciles. What is not booked by then never will be, and must not hold up everything else.


def subject(name: str) -> str:
    """The subject of a kill's lines in our journal."""
    return f"{SUBJECT}{name}"[:60]


def unbooked(account_id: int, *, after: datetime | None = None) -> set[str]:
    """Emergencies since the oldest open group, or reported after so, that sold something no order of ours tells of."""
    oldest = PositionGroup.objects.filter(account_id=account_id, closed_at=None).aggregate(at=Min("opened_at"))["at"]
    if oldest is None:
        return set()
    reports = KillReport.objects.filter(at__gte=max(oldest, after or oldest)).values_list("latch", flat=True)
    subjects = [subject(name) for name in reports]
    if not subjects:
        return set()
    sold = JournalEntry.objects.filter(subject__in=subjects, account_id=account_id, kind__in=SALES)
    told = set(sold.values_list("subject", "payload__symbol", "payload__venue_order_id"))
    known = ours(account_id, (number for *_, number in told if number))
    return {name.removeprefix(SUBJECT) for name, *order in told if tuple(order) not in known}


def ours(account_id: int, numbers: Iterable[str]) -> set[tuple[str, str]]:
    """Which of these are orders of our books, with their symbols: many a venue counts each market's from 1."""
    rows = Order.objects.filter(account_id=account_id, venue_order_id__in=list(numbers))
    return set(rows.values_list("instrument__symbol", "venue_order_id"))


def under_way(account_id: int, *, now: datetime) -> bool:
    """Whether a kill may have moved balances that our books will explain in a moment: it sells, or was not booked yet."""
    standing = latch.read(mode.home())
    if standing is not None and not KillReport.objects.filter(latch=standing.id, flat=True).exists():
        return True
    return bool(unbooked(account_id, after=now - BOOKED_WITHIN))
