"""Offsets: who loses and why not yet, who would pay, what the day may cost, and what runs came to."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import offsets
from dashboard.api.base import Edge, Shown
from dashboard.api.fields import AccountQuery, Money, OneAccount, RowSerializer
from dashboard.offsets import LoserRow, PartRow, PlanRow
from risk.domain.offset import OffsetPlan
from risk.domain.offset_book import Sale
from trading.models import OffsetRun, OffsetStep


class SaleSerializer(serializers.Serializer):
    """What one group gives or loses by the book, quote."""

    group = serializers.IntegerField(required=False)
    symbol = serializers.CharField()
    side = serializers.CharField(required=False)
    qty = Money()
    result = Money()
    whole = serializers.BooleanField(help_text="The group closes with it.")


class PlanSerializer(serializers.Serializer):
    """What an offset would come to, quote; the result lies no further than `bound` from `expected`."""

    loser = SaleSerializer()
    winners = SaleSerializer(many=True)
    loss = Money()
    cover = Money()
    credit = Money()
    uncovered = Money()
    expected = Money()
    bound = Money()


class ReasonSerializer(serializers.Serializer):
    code = serializers.CharField()
    words = serializers.CharField()
    ready_at = serializers.DateTimeField(allow_null=True)


class LoserSerializer(serializers.Serializer):
    """A losing group: how it stands, when its time comes, and the plan or what stands in its way."""

    group = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.CharField()
    timeframe_secs = serializers.IntegerField()
    pyramids = serializers.IntegerField()
    max_pyramids = serializers.IntegerField()
    loss = Money()
    loss_pct = Money()
    blocked = serializers.BooleanField()
    when = serializers.CharField()
    reasons = ReasonSerializer(many=True)
    plan = PlanSerializer(allow_null=True)
    hindrance = serializers.CharField(allow_blank=True)


class OffsetSerializer(serializers.Serializer):
    """An account as offsets see it, by the books of the last sweep."""

    at = serializers.DateTimeField()
    quote = serializers.CharField()
    winners = serializers.IntegerField()
    winners_profit = Money()
    budget = Money(allow_null=True)
    spent = Money(allow_null=True)
    budget_left = Money(allow_null=True)
    hindrance = serializers.CharField(allow_blank=True)
    losers = LoserSerializer(many=True)


class OffsetNow(Edge):
    """Who loses, who would pay."""

    query_class = OneAccount

    @extend_schema(responses=OffsetSerializer)
    def get(self, request: Request) -> Response:
        """The account's losers, each with its plan or the reasons why not yet."""
        account = self.account(self.queried(OneAccount)["account"])
        page = offsets.gather(account, now=timezone.now())
        names = ("at", "quote", "winners", "winners_profit", "budget", "spent", "budget_left", "hindrance")
        shown = {name: getattr(page, name) for name in names}
        return Response(OffsetSerializer(shown | {"losers": [_loser(row) for row in page.losers]}).data)


def plan_json(plan: OffsetPlan) -> dict[str, Any]:
    """A plan of the domain as the API writes it."""
    names = ("loss", "cover", "credit", "uncovered", "expected", "bound")
    sums = {name: getattr(plan, name) for name in names}
    return dict(PlanSerializer({"loser": _sale(plan.loser), "winners": [_sale(s) for s in plan.winners], **sums}).data)


def _sale(sale: Sale) -> dict[str, Any]:
    names = ("symbol", "qty", "result", "whole")
    return {"group": sale.group_id, **{name: getattr(sale, name) for name in names}}


def _loser(row: LoserRow) -> dict[str, Any]:
    names = ("side", "timeframe_secs", "pyramids", "max_pyramids", "loss", "loss_pct", "blocked", "when", "hindrance")
    reasons = [{"code": str(r.code), "words": r.sentence(), "ready_at": r.ready_at} for r in row.reasons]
    shown = {name: getattr(row, name) for name in names}
    plan = _plan(row.plan) if row.plan else None
    return {"group": row.id, "symbol": row.market.symbol, "reasons": reasons, "plan": plan, **shown}


def _plan(row: PlanRow) -> dict[str, Any]:
    names = ("loss", "cover", "credit", "uncovered", "expected", "bound")
    sums = {name: getattr(row, name) for name in names}
    return {"loser": _part(row.loser), "winners": [_part(part) for part in row.winners], **sums}


def _part(part: PartRow) -> dict[str, Any]:
    names = ("side", "qty", "result", "whole")
    return {"symbol": part.market.symbol, **{name: getattr(part, name) for name in names}}


# runs --------------------------------------------------------------------------------------------


class StepSerializer(RowSerializer):
    class Meta:
        model = OffsetStep
        fields = (
            *("id", "kind", "group", "state", "qty", "expected", "worst_price", "bound", "whole"),
            *("sold_qty", "realised", "code", "started_at", "ended_at"),
        )


class RunSerializer(RowSerializer):
    """An offset that ran: what was planned, and what came of it."""

    steps = StepSerializer(many=True)

    class Meta:
        model = OffsetRun
        fields = (
            *("id", "account", "group", "state", "operator", "loss", "cover", "credit", "uncovered", "bound"),
            *("winners_realised", "loser_realised", "cost", "code", "words", "started_at", "covered_at", "ended_at"),
            "steps",
        )


class OffsetRuns(Shown):
    """Offsets that ran, or run."""

    queryset = OffsetRun.objects.prefetch_related("steps")
    serializer_class = RunSerializer
    query_class = AccountQuery
