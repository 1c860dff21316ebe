"""Why isn't it trading? Every check that an entry would meet, in order, and the first that stops it."""

from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import why
from dashboard.api.base import Edge
from dashboard.api.fields import Id, OneAccount
from dashboard.signals import LONGEST
from dashboard.why import Asked, Why
from dashboard.why_gate import Line
from trading.services import connect


class WhyQuery(OneAccount):
    """Of which pair; without one, what holds for every pair of the account."""

    symbol = serializers.CharField(required=False, max_length=LONGEST, default="")
    timeframe_secs = serializers.IntegerField(required=False, min_value=1, max_value=99_999_999)
    side = serializers.ChoiceField(required=False, choices=list(why.SIDES), default="LONG")
    source = Id(required=False)  # type: ignore[assignment]  # the name is ours, DRF has it too


class CheckSerializer(serializers.Serializer):
    """One check. `ok` null: not asked, because something before it failed."""

    stage = serializers.CharField(help_text="engine, source, market, gate, pool, plan or account.")
    name = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True)
    value = serializers.CharField(allow_blank=True)
    limit = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    advice = serializers.CharField(allow_blank=True)


class WhySerializer(serializers.Serializer):
    """The answer in a line, the first check that stops it (null: none does), and all of them in their order."""

    symbol = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    source_name = serializers.CharField(allow_blank=True, help_text="As whose alert it was asked.")
    stops = CheckSerializer(allow_null=True)
    checks = CheckSerializer(many=True)
    last_alert = serializers.IntegerField(allow_null=True, help_text="The last alert about the pair, by number.")


class WhyNot(Edge):
    """Why isn't it trading?"""

    query_class = WhyQuery

    @extend_schema(responses=WhySerializer)
    def get(self, request: Request) -> Response:
        """Ask everything as of now; the pair's price is asked for where nobody watched it."""
        query = self.queried(WhyQuery)
        account, symbol = self.account(query["account"]), query["symbol"].replace("\0", "")
        if symbol:
            why.fetch_price(account, symbol, gateway=partial(connect.gateway, account), clock=timezone.now)
        asked = Asked(symbol, query.get("timeframe_secs"), query["side"], query.get("source"))
        return Response(_answer(why.walk(account, asked, canary_at=why.answered_at(), now=timezone.now())))


def _answer(found: Why) -> dict[str, Any]:
    first = found.stops
    return {
        "symbol": found.symbol,
        "sentence": found.sentence,
        "source_name": found.source,
        "stops": _line(first) if first else None,
        "checks": [_line(line) for line in found.checks],
        "last_alert": found.last.id if found.last else None,
    }


def _line(line: Line) -> dict[str, Any]:
    names = ("stage", "name", "ok", "value", "limit", "code", "advice")
    return {name: getattr(line, name) for name in names}
