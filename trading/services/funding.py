"""Funding: what futures positions paid or received, recorded once and counted in their groups' PnL."""

from datetime import datetime, timedelta

from django.db import transaction

from project.accounts.models import ExchangeAccount
from project.journal.record import record
from signals.models import Instrument
from trading import locks
from trading.gateways.base import FundingReport, Gateway
from trading.models import FundingPayment, PositionGroup
from trading.services import groups

OVERLAP = timedelta(hours=1)
# Asked for again, so that a payment which the venue booked late is not missed; each is recorded once.


def collect(account: ExchangeAccount, *, gateway: Gateway) -> int:
    """Record new funding payments; how many. Raises NotReached."""
    last = FundingPayment.objects.filter(account=account).order_by("-at").first()
    since = (last.at if last else account.created_at) - OVERLAP
    reports = gateway.funding_since(since=since)
    known = set(FundingPayment.objects.filter(account=account, at__gte=since).values_list("venue_id", flat=True))
    fresh = [report for report in reports if report.venue_id not in known and report.at >= account.created_at]
    return _write(account, fresh) if fresh else 0


def _write(account: ExchangeAccount, reports: list[FundingReport]) -> int:
    with transaction.atomic():
        locks.account(account.pk)
        touched = [group_id for report in reports if (group_id := _record(account, report))]
        for group_id in sorted(set(touched)):
            groups.review(group_id, now=reports[-1].at)
    return len(reports)


def _record(account: ExchangeAccount, report: FundingReport) -> int | None:
    """One payment, on the group that held the market then: the youngest, where several did."""
    instrument = Instrument.objects.get(venue=account.venue, environment=account.environment, symbol=report.symbol)
    group = _holder(account, instrument, report.at)
    facts = {"venue_id": report.venue_id, "amount": report.amount, "at": report.at}
    FundingPayment.objects.create(account=account, instrument=instrument, group=group, **facts)
    payload = {**facts, "symbol": report.symbol, "group": group.pk if group else None}
    record("funding", subject=f"account:{account.pk}", payload=payload, account_id=account.pk)
    return group.pk if group else None


def _holder(account: ExchangeAccount, instrument: Instrument, at: datetime) -> PositionGroup | None:
    rows = PositionGroup.objects.filter(account=account, instrument=instrument, opened_at__lte=at)
    still_open = rows.filter(closed_at=None) | rows.filter(closed_at__gte=at)
    return still_open.order_by("-opened_at").first()
