"""Risk: limits, drawdown, heat and value at risk of an account as the gate sees it now; the gate's decisions."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import risk as picture
from dashboard.api.base import Edge, Shown
from dashboard.api.fields import Id, Money, OneAccount, RowSerializer
from project.accounts import mode
from project.accounts.models import ExchangeAccount
from risk.domain import value_at_risk
from risk.domain.heat import Holding, heat
from risk.domain.portfolio import Holdings
from risk.models import RiskDecision
from trading.domain import settings as registry
from trading.services.desk import Desk

GROUP = "risk"
STATES = [(name, name) for name in ("ok", "near", "over", "unknown", "idle")]


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
    if held.stakes is None or held.variance is None:
        return []
    found = value_at_risk.losses(held.variance, nu=value_at_risk.heaviest(held.stakes), equity=equity)
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


# the page's picture ------------------------------------------------------------------------------


class DeniedSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    sentence = serializers.CharField()


class LimitSerializer(serializers.Serializer):
    """A check of the gate as it stands now, with a plan of nothing more; percent of the limit that is used."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    subject = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)
    limit = serializers.CharField(allow_blank=True)
    percent = serializers.IntegerField(allow_null=True)
    words = serializers.CharField(allow_blank=True)
    denied = DeniedSerializer(allow_null=True, help_text="The last time that it said no.")


class LayerSerializer(serializers.Serializer):
    name = serializers.CharField()
    rows = LimitSerializer(many=True)


class LossSerializer(serializers.Serializer):
    """What a horizon may cost at a level, percent of equity and quote."""

    horizon = serializers.CharField()
    level = serializers.IntegerField()
    var_pct = Money()
    cvar_pct = Money()
    var_quote = Money()
    cvar_quote = Money()


class ShareSerializer(serializers.Serializer):
    """What hangs on one thing, quote and percent of equity; `used` percent of its limit, null without one."""

    name = serializers.CharField()
    quote = Money()
    pct = Money(allow_null=True)
    limit_pct = Money(allow_null=True)
    used = serializers.IntegerField(allow_null=True)


class BreakerSerializer(serializers.Serializer):
    component = serializers.CharField()
    state = serializers.CharField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # the name is ours, DRF has it too
    opened_at = serializers.DateTimeField(allow_null=True)


class WeatherSerializer(serializers.Serializer):
    """A market's regime, its volatility of a year (percent) and against its own record (ratio)."""

    name = serializers.CharField()
    regime = serializers.CharField(allow_blank=True)
    vol_pct = Money(allow_null=True)
    ratio = serializers.FloatField(allow_null=True)


class AgeSerializer(serializers.Serializer):
    """A statistic and when it was made; late: the gate denies what needs it."""

    name = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    words = serializers.CharField(allow_blank=True)
    late = serializers.BooleanField()


class CorrelationsSerializer(serializers.Serializer):
    """A pair's correlations with all of them, in their order; null where one is not known."""

    name = serializers.CharField()
    cells = serializers.ListField(child=Money(allow_null=True))


class PictureSerializer(serializers.Serializer):
    """The page Risk: every check, what all that is held may cost, and how old each figure is."""

    at = serializers.DateTimeField()
    profile = serializers.CharField()
    layers = LayerSerializer(many=True)
    losses = LossSerializer(many=True)
    shares = serializers.DictField(child=ShareSerializer(many=True), help_text="By pair, strategy, sector and venue.")
    correlations = CorrelationsSerializer(many=True)
    markets = WeatherSerializer(many=True)
    breakers = BreakerSerializer(many=True)
    ages = AgeSerializer(many=True)
    contradictions = serializers.ListField(child=serializers.CharField())


class RiskPicture(Edge):
    """Every check of the gate, as the page Risk shows it."""

    query_class = OneAccount

    @extend_schema(responses=PictureSerializer)
    def get(self, request: Request) -> Response:
        """As the gate would ask about a plan of nothing more."""
        account = self.account(self.queried(OneAccount)["account"])
        alone = ExchangeAccount.objects.count() == 1
        page = picture.gather(account, mode=mode.current().mode, alone=alone, hide=False, now=timezone.now())
        names = ("at", "profile", "layers", "losses", "markets", "breakers", "ages", "contradictions")
        shown = {name: getattr(page, name) for name in names} | {"shares": dict(page.shares)}
        rows = [{"name": row.name, "cells": [rho for rho, _ in row.cells]} for row in page.matrix]
        return Response(PictureSerializer(shown | {"correlations": rows}).data)
