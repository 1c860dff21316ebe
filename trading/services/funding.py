"""Funding: what futures positions paid or received, recorded once and counted in their groups' PnL."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.accounts.models import BalanceMovement, ExchangeAccount
from project.journal.record import record
from signals.models import Instrument
from trading import locks
from trading.domain.funding import Holder, Share, shares, sides
from trading.domain.vocabulary import PositionSide
from trading.gateways.base import FundingReport, Gateway
from trading.models import Fill, FundingPayment
from trading.services import one_by_one

Clock = Callable[[], datetime]

OVERLAP = timedelta(hours=1)
# Asked for again, so that a payment which the venue booked late is not missed; each is recorded once.
LATE = timedelta(days=1)
# So long after its time a payment may still turn up where none followed it.
PART = "#"
# Between the venue's id of a payment and the group that a part of it went to.


def collect(account: ExchangeAccount, *, gateway: Gateway, clock: Clock) -> int:
    """Record new funding payments, each at its own time, and review now what they went to; how many. Raises NotReached."""
    since = _read_until(account) - OVERLAP
    reports = gateway.funding_since(since=since)
    noted = FundingPayment.objects.filter(account=account, at__gte=since).values_list("venue_id", flat=True)
    known = {venue_id.partition(PART)[0] for venue_id in noted}
    fresh = [report for report in reports if report.venue_id not in known and report.at >= account.created_at]
    return _write(account, fresh, now=clock()) if fresh else 0


def _read_until(account: ExchangeAccount) -> datetime:
    """Everything before was read: to the last payment, and to the last finished reconcile, which read it too.

    Without the second an account that never had a payment would be asked about its whole past each time.
    """
    last = FundingPayment.objects.filter(account=account).order_by("-at").first()
    reconciled = account.reconciled_at - LATE if account.reconciled_at else account.created_at
    return max(account.created_at, reconciled, last.at if last else account.created_at)


def _write(account: ExchangeAccount, reports: Sequence[FundingReport], *, now: datetime) -> int:
    """Payments of one moment on one market are told apart together: a hedge account has one for each side."""
    moments: dict[tuple[str, datetime], list[FundingReport]] = defaultdict(list)
    for report in reports:
        moments[(report.symbol, report.at)].append(report)
    with failpoints.span("funding.book"), transaction.atomic():
        locks.account(account.pk)
        touched = [group_id for (symbol, at), told in moments.items() for group_id in _book(account, symbol, at, told)]
        for group_id in sorted(set(touched)):
            one_by_one.review(group_id, now=now)
    return len(reports)


def _book(account: ExchangeAccount, symbol: str, at: datetime, told: Sequence[FundingReport]) -> list[int]:
    """Write one moment's payments on the groups that held the market then; which."""
    instrument = Instrument.objects.filter(venue=account.venue, environment=account.environment, symbol=symbol).first()
    if instrument is None:
        return _move(account, told)
    held = _holders(account, instrument, at)
    of_sides = sides([report.amount for report in told], held)
    parts = [
        (report, part)
        for report, side in zip(told, of_sides, strict=True)
        for part in shares(report.amount, [holder for holder in held if holder.side is side])
        or [Share(0, report.amount)]
    ]
    for report, part in parts:
        _record(account, instrument, report, part)
    return [part.group_id for _, part in parts if part.group_id]


def _move(account: ExchangeAccount, told: Sequence[FundingReport]) -> list[int]:
    """Payments on a market that we never listed: somebody else's position, so a plain movement of the balance, once."""
    for report in told:
        cause = f"funding {report.venue_id} on {report.symbol}, which is not among the venue's listed markets"
        currency = report.symbol.partition(":")[2] or account.quote
        facts = {"currency": currency, "amount": report.amount, "kind": BalanceMovement.Kind.FOREIGN, "cause": cause}
        _, made = BalanceMovement.objects.get_or_create(
            account=account, cause=cause, defaults={**facts, "at": report.at}
        )
        if made:
            record("balance.moved", subject=f"account:{account.pk}", payload=facts, account_id=account.pk)
    return []


def _record(account: ExchangeAccount, instrument: Instrument, report: FundingReport, part: Share) -> None:
    """One group's part of a payment; the venue's id stays in front, so that it is known again."""
    whole = part.amount == report.amount
    facts = {
        "venue_id": report.venue_id if whole else f"{report.venue_id}{PART}{part.group_id}",
        "amount": part.amount,
        "at": report.at,
    }
    FundingPayment.objects.create(account=account, instrument=instrument, group_id=part.group_id or None, **facts)
    payload = {**facts, "symbol": report.symbol, "group": part.group_id or None}
    record("funding", subject=f"account:{account.pk}", payload=payload, account_id=account.pk)


def _holders(account: ExchangeAccount, instrument: Instrument, at: datetime) -> list[Holder]:
    """Groups that held the market then, by their fills up to that moment, oldest first."""
    fills = Fill.objects.filter(account=account, instrument=instrument, at__lte=at, order__group__converted_qty=0)
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for group_id, position, side, qty in fills.values_list("order__group_id", "order__group__side", "side", "qty"):
        sums[(group_id, position)] += qty if side == PositionSide(position).entry_side else -qty
    return [Holder(group_id, PositionSide(side), qty) for (group_id, side), qty in sorted(sums.items()) if qty > 0]
