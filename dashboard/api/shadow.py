"""Shadow: what a source that is not live does on paper, beside what the old bot did."""

from datetime import timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge, Shown, mine
from dashboard.api.fields import DoneSerializer, Id, Money, RowSerializer, done, named
from dashboard.shadow_rows import LARGEST, ROWS_SHOWN, state
from signals.models import Source
from trading.domain.comparison import Match, Part, totals
from trading.models import ShadowDecision, ShadowGroup
from trading.services import shadow_compare


class ShadowGroupSerializer(RowSerializer):
    symbol = serializers.CharField(source="instrument.symbol")

    class Meta:
        model = ShadowGroup
        fields = (
            *("id", "source", "account", "symbol", "timeframe_secs", "side", "leverage", "qty", "cost", "entry_qty"),
            *("average_entry", "average_exit", "realised_pnl", "fees_quote", "opened_at", "closed_at", "close_reason"),
        )


class ShadowQuery(serializers.Serializer):
    source = Id(required=False)  # type: ignore[assignment]  # the name is ours, DRF has it too


class ShadowGroups(Shown):
    """Positions on paper."""

    queryset = ShadowGroup.objects.select_related("instrument")
    serializer_class = ShadowGroupSerializer
    query_class = ShadowQuery
    owner = "source__user"


class ShadowDecisionSerializer(RowSerializer):
    details = serializers.DictField()

    class Meta:
        model = ShadowDecision
        fields = ("id", "alert", "source", "group", "outcome", "reason", "details", "decided_at")


class ShadowDecisions(Shown):
    """What alerts of shadowed sources would have led to."""

    queryset = ShadowDecision.objects.all()
    serializer_class = ShadowDecisionSerializer
    query_class = ShadowQuery
    owner = "source__user"


class CompareQuery(serializers.Serializer):
    source = Id()  # type: ignore[assignment]  # the name is ours, DRF has it too
    days = serializers.IntegerField(min_value=1, max_value=3660, default=7)
    minutes = serializers.IntegerField(
        min_value=1, max_value=1440, default=15, help_text="How near two entries of one trade are."
    )


class PartSerializer(serializers.Serializer):
    """One bot's part of a trade."""

    qty = Money()
    entry_price = Money()
    exit_price = Money(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    pnl = Money(allow_null=True)
    pnl_pct = Money(allow_null=True)


class MatchSerializer(serializers.Serializer):
    symbol = serializers.CharField()
    side = serializers.CharField()
    state = serializers.ChoiceField(choices=["both", "missed", "extra"])
    entry_worse_bps = Money(allow_null=True)
    theirs = PartSerializer(allow_null=True)
    ours = PartSerializer(allow_null=True)


class ComparisonSerializer(serializers.Serializer):
    """Theirs beside ours, with the sums over all of it; the latest rows are shown."""

    matched = serializers.IntegerField()
    missed = serializers.IntegerField()
    extra = serializers.IntegerField()
    their_pnl = Money()
    our_pnl = Money()
    their_pnl_matched = Money()
    our_pnl_matched = Money()
    entry_worse_bps = Money(allow_null=True)
    matches = MatchSerializer(many=True)


SUMS = (
    *("matched", "missed", "extra", "their_pnl", "our_pnl", "their_pnl_matched", "our_pnl_matched"),
    "entry_worse_bps",
)


class ShadowComparison(Edge):
    """The old bot beside ours."""

    query_class = CompareQuery

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request) -> Response:
        """Trade by trade, newest first."""
        asked = self.queried(CompareQuery)
        since = timezone.now() - timedelta(days=asked["days"])
        source = own_source(self, asked["source"])
        matches = shadow_compare.comparison(source, since=since, window=timedelta(minutes=asked["minutes"]))
        found = totals(matches)
        sums = {name: getattr(found, name) for name in SUMS}
        return Response(ComparisonSerializer(sums | {"matches": [_match(m) for m in matches[:ROWS_SHOWN]]}).data)


def own_source(view: Edge, source_id: int) -> Source:
    """One of the user's own sources. Raises Http404."""
    rows = mine(Source.objects.select_related("account", "user"), view.user, "user")
    found: Source = get_object_or_404(rows, pk=source_id)
    return found


def _match(match: Match) -> dict[str, Any]:
    either = match.either
    named = {"symbol": either.symbol, "side": str(either.side), "state": state(match)}
    return named | {
        "entry_worse_bps": match.entry_worse_bps,
        "theirs": _part(match.theirs),
        "ours": _part(match.ours),
    }


def _part(part: Part | None) -> dict[str, Any] | None:
    return None if part is None else named(PartSerializer, part)


class ImportSerializer(serializers.Serializer):
    """An export of the old bot, as text."""

    csv = serializers.CharField(max_length=LARGEST, trim_whitespace=False)


class LineSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    code = serializers.CharField()
    field = serializers.CharField()  # type: ignore[assignment]  # the name is ours, DRF has it too
    expected = serializers.CharField()
    got = serializers.CharField(allow_blank=True)


class ImportedSerializer(serializers.Serializer):
    """How many trades are kept, and which lines could not be read."""

    trades = serializers.IntegerField()
    lines = serializers.IntegerField()
    wrong = LineSerializer(many=True)


class ShadowTrades(Edge):
    """The old bot's trades, by source."""

    @extend_schema(request=ImportSerializer, responses=ImportedSerializer, operation_id="shadow_import")
    def post(self, request: Request, source_id: int) -> Response:
        """Read an export; what cannot be read is said line by line."""
        source, text = own_source(self, source_id), self.asked(ImportSerializer)["csv"]
        found = shadow_compare.import_trades(source, text, operator=self.operator)
        wrong = [named(LineSerializer, error) for error in found.errors]
        return Response({"trades": len(found.trades), "lines": found.lines, "wrong": wrong})

    @extend_schema(request=None, responses={200: DoneSerializer}, operation_id="shadow_forget")
    def delete(self, request: Request, source_id: int) -> Response:
        """Delete what was imported for a source."""
        source = own_source(self, source_id)
        count = shadow_compare.forget(source, operator=self.operator)
        return Response(done(f"{count} imported trades of {source.name} were deleted."))
