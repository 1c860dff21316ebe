"""The trading mode: one row, read often, changed with a reason."""

from django.db import transaction

from project.accounts.models import TradingMode
from project.journal.record import record

Mode = TradingMode.Mode


def current() -> TradingMode:
    """The mode row; made NORMAL when the database is new."""
    row = TradingMode.objects.filter(id=1).first()
    if row is None:  # several processes meet a new database at once: one of them inserts, all read
        TradingMode.objects.bulk_create([TradingMode(id=1)], ignore_conflicts=True)
        row = TradingMode.objects.get(id=1)
    return row


def change(mode: str, *, operator: str, reason: str) -> None:
    """Set the mode and journal who and why. The socket check sees it within 2 s."""
    with transaction.atomic():
        current()
        row = TradingMode.objects.select_for_update(no_key=True).get(id=1)
        before, row.mode, row.operator, row.reason = row.mode, Mode(mode), operator, reason
        row.save()
        record(
            "mode.changed", subject="mode", payload={"from": before, "to": mode, "operator": operator, "reason": reason}
        )
