"""After fills: which limits stand broken by what is held now. They are journalled, once an hour each; nothing is closed."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry
from project.journal.record import record
from risk.domain.checks import Proposed, Snapshot
from risk.domain.denial import Denial
from risk.domain.mode import PlanKind
from risk.domain.post_trade import breaches
from signals.market import instruments
from signals.market.instruments import InstrumentFacts
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services.desk import Desk

KIND = "risk.breach"
TOLD_AGAIN = timedelta(hours=1)


def look(account_id: int, *, now: datetime) -> list[Denial]:
    """Hold everything the account has open against its limits; what is broken, each limit once."""
    desk = Desk(ExchangeAccount.objects.get(pk=account_id), now)
    listed = instruments.listed(desk.account.venue, desk.account.environment).by_symbol
    found: dict[tuple[str, str], Denial] = {}
    for group in desk.groups:
        instrument = listed.get(group.instrument.symbol)
        for denial in _of_group(desk, group, instrument) if instrument else ():
            found[(denial.code, denial.subject)] = denial
    _tell(desk, list(found.values()))
    return list(found.values())


def _of_group(desk: Desk, group: PositionGroup, instrument: InstrumentFacts) -> list[Denial]:
    """What a group's market breaks, by the gate's own checks and a plan of nothing."""
    nothing = Proposed(
        account_id=desk.account.pk,
        symbol=instrument.symbol,
        side=group.side,
        kind=PlanKind.ENTRY,
        notional=Decimal(0),
        smallest_qty=Decimal(0),
        smallest_notional=Decimal(0),
        needs_slot=False,
        base=instrument.base,
        quote=instrument.quote,
        account=desk.account.name,
    )
    return breaches(nothing, _around(desk, group, instrument), desk.settings(instrument.symbol).risk)


def _around(desk: Desk, group: PositionGroup, instrument: InstrumentFacts) -> Snapshot:
    return desk.snapshot(instrument, PositionSide(group.side), strategy=desk.strategies.get(group.pk, ""))


def _tell(desk: Desk, found: list[Denial]) -> None:
    """Into the journal, unless the same was told within the hour."""
    subject = f"account:{desk.account.pk}"
    rows = JournalEntry.objects.filter(kind=KIND, subject=subject, at__gt=desk.now - TOLD_AGAIN) if found else ()
    told = {(row.payload["code"], row.payload["subject"]) for row in rows}
    with transaction.atomic():
        for denial in found:
            if (str(denial.code), denial.subject) not in told:
                payload = {"code": denial.code, "subject": denial.subject, "value": denial.value, "limit": denial.limit}
                record(KIND, subject=subject, payload=payload, account_id=desk.account.pk)
