"""Lost alerts that wait for a person, for the overview: the oldest few, each with its choices."""

from dashboard.snapshot import LostRow
from project.accounts.models import ExchangeAccount
from project.reads import Read
from signals.models import LostAlert
from trading.services.lost import CHOICES, choices_for

SHOWN = 5


LOST = Read(
    lambda account_id: (
        LostAlert.objects.filter(source__account_id=account_id, state=LostAlert.State.OPEN)
        .select_related("source__account")
        .order_by("id")[:SHOWN]
    )
)


def rows(account: ExchangeAccount) -> tuple[LostRow, ...]:
    """The account's open alarms; the page "Lost alerts" has them all."""
    return tuple(map(_row, LOST(account_id=account.pk)))


def _row(row: LostAlert) -> LostRow:
    choices = tuple((name, CHOICES[name].button) for name in choices_for(row))
    return LostRow(row.pk, row.symbol or row.source.name, row.words, choices)
