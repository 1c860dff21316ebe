"""I7, after an emergency: nothing was accepted once the signatures of before had died, and it ended flat."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from project.accounts.models import KillReport
from project.journal.models import JournalEntry
from signals.market import venues
from trading.domain.vocabulary import Purpose
from trading.models import Fill
from trading.services import connect
from trading.services.invariants.base import Finding

FLAT_WITHIN = timedelta(minutes=10)


def nothing_entered_after_a_kill(now: datetime) -> Finding:
    """I7: no entry accepted between the end of the receive window and the way out; flat, unless it is still being worked on.

    What was known to rest by then may fill until its cancel arrives.
    """
    emergencies = list(_emergencies())
    violations = [words for latch, pressed in emergencies for words in _violations(latch, pressed, now)]
    return Finding(len(emergencies), tuple(violations))


def _emergencies() -> Iterator[tuple[str, datetime]]:
    """The name of each, and when it was pressed by the kill process's own clock."""
    for latch in KillReport.objects.order_by("at").values_list("latch", flat=True):
        first = JournalEntry.objects.filter(subject=f"kill:{latch}", kind="kill.begun").order_by("id").first()
        if first is not None:
            yield latch, datetime.fromisoformat(first.payload["at"])


def _violations(latch: str, pressed: datetime, now: datetime) -> Iterator[str]:
    late = Fill.objects.filter(order__purpose=Purpose.ENTRY, at__gt=pressed, at__lt=_left_at(pressed, now))
    for fill in late.select_related("account", "order"):
        window = venues.VENUES[fill.account.venue].receive_window(connect.timing().receive_window)
        dead = pressed + window + connect.timing().margin
        known = fill.order.acknowledged_at
        if fill.at > dead and (known is None or known > dead):
            words = f"filled at {fill.at.isoformat()}, the window was over at {dead.isoformat()}"
            yield f"kill {latch}: order {fill.order_id} {words}"
    if now > pressed + FLAT_WITHIN and not KillReport.objects.get(latch=latch).flat:
        yield f"kill {latch}: not flat {FLAT_WITHIN} after the press"


def _left_at(pressed: datetime, now: datetime) -> datetime:
    """When somebody led out of it; now while it stands."""
    left = JournalEntry.objects.filter(subject="mode", kind="mode.changed", at__gt=pressed, payload__from="EMERGENCY")
    return left.order_by("id").values_list("at", flat=True).first() or now
