"""Performance: closed groups by window, the curve of profit and equity, and the ratios of its days."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import returns
from dashboard.api.base import Edge, Listed
from dashboard.api.fields import Id, Money, OneAccount, RowSerializer
from risk.domain import performance
from risk.domain.performance import Tally
from trading.models import PnlPoint

FIGURES = (
    *("count", "won", "lost", "net", "gross_win", "gross_loss", "fees", "best", "worst", "win_rate_pct"),
    *("profit_factor", "expectancy", "average_win", "average_loss"),
)


class TallySerializer(serializers.Serializer):
    """Closed groups of a window counted together; results net of fees, quote. Null: nothing to divide by."""

    window = serializers.ChoiceField(choices=list(returns.PERIODS))
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
        periods, curve = returns.for_programs(account, now=now)
        tallies = [{"window": period.name, **_figures(period.tally)} for period in periods]
        found = performance.ratios(curve)
        names = ("sharpe", "sortino", "calmar", "return_pct", "max_drawdown_pct")
        ratios = {"days": len(curve), **{name: getattr(found, name) for name in names}}
        shown = {"quote": account.quote, "windows": tallies, "ratios": ratios}
        return Response(PerformanceSerializer(shown).data)


def _figures(tally: Tally) -> dict[str, Any]:
    return {name: getattr(tally, name) for name in FIGURES}


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
