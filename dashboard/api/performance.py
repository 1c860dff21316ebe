"""Performance: closed groups by window, the curve of profit and equity, and the ratios of its days."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge, Listed
from dashboard.api.fields import Id, Money, OneAccount, RowSerializer
from project.accounts.models import ExchangeAccount
from risk.domain import performance
from risk.domain.performance import Tally
from trading.domain.vocabulary import GroupStatus
from trading.models import PnlPoint, PositionGroup

WINDOWS = {"day": 1, "week": 7, "month": 30, "all": None}
FIGURES = (
    *("count", "won", "lost", "net", "gross_win", "gross_loss", "fees", "best", "worst", "win_rate_pct"),
    *("profit_factor", "expectancy", "average_win", "average_loss"),
)
ZERO = Decimal(0)
DAYS = 366


class TallySerializer(serializers.Serializer):
    """Closed groups of a window counted together; results net of fees, quote. Null: nothing to divide by."""

    window = serializers.ChoiceField(choices=list(WINDOWS))
    count = serializers.IntegerField()
    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    net = Money()
    gross_win = Money()
    gross_loss = Money()
    fees = Money()
    best = Money(allow_null=True)
    worst = Money(allow_null=True)
    win_rate_pct = Money(allow_null=True)
    profit_factor = Money(allow_null=True)
    expectancy = Money(allow_null=True)
    average_win = Money(allow_null=True)
    average_loss = Money(allow_null=True)


class RatiosSerializer(serializers.Serializer):
    """Of the curve of days, deposits taken out; null for fewer than ten days."""

    days = serializers.IntegerField()
    sharpe = Money(allow_null=True)
    sortino = Money(allow_null=True)
    calmar = Money(allow_null=True)
    return_pct = Money(allow_null=True)
    max_drawdown_pct = Money()


class PerformanceSerializer(serializers.Serializer):
    quote = serializers.CharField()
    windows = TallySerializer(many=True)
    ratios = RatiosSerializer()


class Performance(Edge):
    """What trading has come to."""

    query_class = OneAccount

    @extend_schema(responses=PerformanceSerializer)
    def get(self, request: Request) -> Response:
        """The last 24 hours, 7 and 30 days, and all time."""
        account, now = self.account(self.queried(OneAccount)["account"]), timezone.now()
        tallies = [{"window": name, **_figures(_tally(account, days, now))} for name, days in WINDOWS.items()]
        curve = _curve(account, now)
        found = performance.ratios(curve)
        names = ("sharpe", "sortino", "calmar", "return_pct", "max_drawdown_pct")
        ratios = {"days": len(curve), **{name: getattr(found, name) for name in names}}
        shown = {"quote": account.quote, "windows": tallies, "ratios": ratios}
        return Response(PerformanceSerializer(shown).data)


def _figures(tally: Tally) -> dict[str, Any]:
    return {name: getattr(tally, name) for name in FIGURES}


def _tally(account: ExchangeAccount, days: int | None, now: datetime) -> Tally:
    """One query a window; a group that never filled counts nowhere."""
    rows = PositionGroup.objects.filter(account=account, closed_at__isnull=False).exclude(status=GroupStatus.FAILED)
    if days is not None:
        rows = rows.filter(closed_at__gt=now - timedelta(days=days))
    won, lost = Q(realised_pnl__gt=0), Q(realised_pnl__lt=0)
    found = rows.order_by().aggregate(
        count=Count("id"),
        won=Count("id", filter=won),
        lost=Count("id", filter=lost),
        gross_win=Sum("realised_pnl", filter=won),
        gross_loss=Sum("realised_pnl", filter=lost),
        fees=Sum("fees_quote"),
        best=Max("realised_pnl"),
        worst=Min("realised_pnl"),
    )
    sums = {name: found[name] or ZERO for name in ("gross_win", "gross_loss", "fees")}
    return Tally(**found | sums)


def _curve(account: ExchangeAccount, now: datetime) -> list[Decimal]:
    """Equity at the end of each day of a year as profit alone would have moved it, oldest first."""
    rows = PnlPoint.objects.filter(account=account, equity__gt=0, at__gt=now - timedelta(days=DAYS))
    last = rows.annotate(day=TruncDate("at"), earned=F("realised_pnl") + F("unrealised_pnl"))
    points = last.order_by("day", "-at", "-id").distinct("day").values_list("day", "equity", "earned")
    days = list(points)
    if not days:
        return []
    _, equity, profit = days[-1]
    return [equity - profit + earned for _, _, earned in days]


class PointSerializer(RowSerializer):
    """An account's profit at a moment; with `group`, the close of one."""

    class Meta:
        model = PnlPoint
        fields = ("id", "account", "group", "at", "equity", "realised_pnl", "unrealised_pnl", "open_groups")


class PnlQuery(serializers.Serializer):
    account = Id(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    closes = serializers.BooleanField(required=False, help_text="Only the points of closes, or only the others.")


class Pnl(Listed):
    """The curve of profit, the latest first."""

    queryset = PnlPoint.objects.all()
    serializer_class = PointSerializer
    query_class = PnlQuery
    lookups = {"since": "at__gte", "until": "at__lt"}  # noqa: RUF012 - a table of the class

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """The points of closes are those with a group."""
        return rows.filter(group__isnull=not value) if name == "closes" else super().narrow(rows, name, value)
