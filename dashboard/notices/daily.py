"""Yesterday in one message, at the hour and in the time zone of each channel."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

from dashboard import formats
from dashboard.notices.domain.classes import CLASSES, Klass, Way, ways
from dashboard.notices.domain.hours import day_of_summary, span_of
from dashboard.notices.domain.tell import safe
from dashboard.notices.models import Channel, Notice
from dashboard.roles import Scope, scopes_of
from dashboard.telling import FINE
from project.accounts.models import ExchangeAccount
from signals.models import Alert
from trading.models import Fill, PositionGroup

QUIET_DAY = "Nothing was traded, and nothing went wrong that stands in the journal."


def note(channels: Iterable[Channel], *, now: datetime) -> None:
    """Write the summaries that are due, each once."""
    for channel in channels:
        day = day_of_summary(now=now, zone=channel.zone, hour=channel.daily_hour)
        if day is not None and (channel.summed_to is None or channel.summed_to < day):
            _note(channel, day, now)


def _note(channel: Channel, day: date, now: datetime) -> None:
    way, (begin, end) = ways(channel.ways)[Klass.DAILY], span_of(day, zone=channel.zone)
    if way is not Way.OFF and channel.since < end:
        lines = [line for account in accounts_of(channel) if (line := _line(account, begin, end))]
        Notice.objects.get_or_create(
            channel=channel,
            key=f"daily:{day.isoformat()}",
            defaults={
                "klass": Klass.DAILY,
                "at": now,
                "title": f"Windlass: {CLASSES[Klass.DAILY].title}, {day:%d %b}",
                "text": safe("\n".join(lines) or QUIET_DAY),
                "silent": way is Way.SILENT,
            },
        )
    Channel.objects.filter(pk=channel.pk).update(summed_to=day)


def accounts_of(channel: Channel) -> list[ExchangeAccount]:
    """The accounts a channel is told of."""
    rows = ExchangeAccount.objects.order_by("id")
    everyones = channel.everyones and Scope.ADMIN in scopes_of(channel.user)
    return list(rows if everyones else rows.filter(user_id=channel.user_id))


def _line(account: ExchangeAccount, begin: datetime, end: datetime) -> str:
    """One account's day; empty where nothing happened."""
    said = ", ".join(_facts(account, begin, end))
    return f"{account.environment.upper()} {account.name}: {said}" if said else ""


def _facts(account: ExchangeAccount, begin: datetime, end: datetime) -> Iterator[str]:
    closed = PositionGroup.objects.filter(account=account, closed_at__gte=begin, closed_at__lt=end).exclude(
        status="FAILED"
    )
    sums = closed.aggregate(n=Count("id"), won=Count("id", filter=Q(realised_pnl__gt=0)), total=Sum("realised_pnl"))
    if sums["n"]:
        result = formats.amount(sums["total"] or Decimal(0), account.quote, signed=True).replace(formats.THIN, "")
        yield f"{sums['n']} groups closed {result} {account.quote} ({sums['won']} won)"
    if fills := Fill.objects.filter(account=account, at__gte=begin, at__lt=end).count():
        yield f"{fills} fills"
    alerts = Alert.objects.filter(account=account, received_at__gte=begin, received_at__lt=end).exclude(outcome="")
    counts = alerts.aggregate(n=Count("id"), fine=Count("id", filter=Q(outcome__in=FINE)))
    if counts["n"]:
        yield f"{counts['n']} alerts, {counts['n'] - counts['fine']} refused"
    if still := PositionGroup.objects.filter(account=account, closed_at=None).count():
        yield f"{still} groups open now"
