"""The trading mode: one row, read often, changed with a reason."""

from django.db import transaction

from project.accounts.models import TradingMode
from project.journal.record import record

Mode = TradingMode.Mode


def current() -> TradingMode:
    """The mode row; made NORMAL when the database is new."""
    row, _ = TradingMode.objects.get_or_create(id=1)
    return row


def change(mode: str, *, operator: str, reason: str) -> None:
    """Set the mode and journal who and why. The socket check sees it within 2 s."""
    with transaction.atomic():
        row = TradingMode.objects.select_for_update(no_key=True).get_or_create(id=1)[0]
        before, row.mode, row.operator, row.reason = row.mode, Mode(mode), operator, reason
        row.save()
        record(
            "mode.changed", subject="mode", payload={"from": before, "to": mode, "operator": operator, "reason": reason}
        )
