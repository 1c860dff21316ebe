"""Risk: limits, drawdown, heat and value at risk of an account as the gate sees it now; the gate's decisions."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge, Shown
from dashboard.api.fields import Id, Money, OneAccount, RowSerializer
from risk.domain import value_at_risk
from risk.domain.heat import Holding, heat
from risk.domain.portfolio import Holdings, stakes_of
from risk.models import RiskDecision
from trading.domain import settings as registry
from trading.services.desk import Desk

GROUP = "risk"


class ExposureSerializer(serializers.Serializer):
    """What is held of a market, and what its entries may still buy, quote."""

    symbol = serializers.CharField()
    gross = Money()
    net = Money()


class TailSerializer(serializers.Serializer):
    """Loss of a day, fraction of equity: not exceeded at the confidence, and the mean where it is."""

    confidence_pct = serializers.FloatField()
    var = serializers.FloatField()
    cvar = serializers.FloatField()


class RiskSerializer(serializers.Serializer):
    """An account as the gate sees it. Null: not known, which denies entries."""

    at = serializers.DateTimeField()
    quote = serializers.CharField()
    equity = Money(allow_null=True)
    available_quote = Money(allow_null=True)
    reserved_quote = Money()
    exposure_quote = Money()
    drawdown_pct = Money()
    drawdown_tier = serializers.CharField()
    day_loss_pct = Money(allow_null=True)
    losing_streak = serializers.IntegerField()
    orders_last_minute = serializers.IntegerField()
    heat = Money(allow_null=True)
    heat_unknown = serializers.CharField(allow_blank=True, help_text="Why the heat is not known.")
    tails = TailSerializer(many=True)
    exposures = ExposureSerializer(many=True)
    limits = serializers.DictField(child=serializers.CharField(), help_text="The settings of the group `risk`.")


class RiskNow(Edge):
    """Limits and how far they are used."""

    query_class = OneAccount

    @extend_schema(responses=RiskSerializer)
    def get(self, request: Request) -> Response:
        """As of now, by the rows."""
        desk = Desk(self.account(self.queried(OneAccount)["account"]), timezone.now())
        return Response(RiskSerializer(_account(desk) | _portfolio(desk) | {"limits": _limits(desk)}).data)


def _account(desk: Desk) -> dict[str, Any]:
    record = desk.record
    names = ("drawdown_pct", "day_loss_pct", "losing_streak", "orders_last_minute", "exposure_quote")
    return {
        **{name: getattr(record, name) for name in names},
        "at": desk.now,
        "quote": desk.account.quote,
        "equity": desk.equity,
        "available_quote": desk.available_quote,
        "reserved_quote": desk.reserved_quote,
        "drawdown_tier": record.drawdown_tier.name if record.drawdown_tier is not None else "",
    }


def _portfolio(desk: Desk) -> dict[str, Any]:
    held = desk.holdings
    exposures = [one for one in held.exposures if one.gross]
    unknown: dict[str, Any] = {"heat": None, "heat_unknown": "The equity is not known yet.", "tails": []}
    if desk.equity is None or desk.equity <= 0:
        return unknown | {"exposures": exposures}
    found = heat([_holding(held, one.symbol, one.gross) for one in exposures], equity=desk.equity)
    is_known = not hasattr(found, "sentence")
    said = {"heat": found, "heat_unknown": ""} if is_known else {"heat": None, "heat_unknown": found.sentence()}  # type: ignore[union-attr]  # a Denial has one
    return said | {"tails": _tails(held, float(desk.equity)), "exposures": exposures}


def _holding(held: Holdings, symbol: str, gross: Any) -> Holding:
    market = held.markets.get(symbol)
    return Holding(symbol, gross, market.vol_annual if market else None, market.depth if market else None)


def _tails(held: Holdings, equity: float) -> list[Mapping[str, float]]:
    """Nothing where the swing of something that is held is not known."""
    stakes = stakes_of([one for one in held.exposures if one.gross], held.markets)
    if stakes is None:
        return []
    variance = value_at_risk.portfolio_variance(stakes, rho=held.dependence.of)
    found = value_at_risk.losses(variance, nu=value_at_risk.heaviest(stakes), equity=equity)
    return [{"confidence_pct": level, "var": tail.var, "cvar": tail.cvar} for level, tail in found.items()]


def _limits(desk: Desk) -> dict[str, str]:
    texts = registry.dump(desk.settings(""))
    return {name: text for name, text in texts.items() if registry.REGISTRY[name].group == GROUP}


class DecisionSerializer(RowSerializer):
    """One passage through the gate, with every check's numbers."""

    checks = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = RiskDecision
        fields = ("id", "account", "signal", "allowed", "code", "sentence", "checks", "at")


class DecisionsQuery(serializers.Serializer):
    account = Id(required=False)
    allowed = serializers.BooleanField(required=False)
    code = serializers.CharField(required=False, max_length=30)
    since = serializers.DateTimeField(required=False)


class Decisions(Shown):
    """What the gate decided, the latest first."""

    queryset = RiskDecision.objects.all()
    serializer_class = DecisionSerializer
    query_class = DecisionsQuery
    lookups = {"since": "at__gte"}  # noqa: RUF012 - a table of the class
