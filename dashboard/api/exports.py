"""Tables of an account as CSV: the same files as on the page History, all of what fits, streamed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from dashboard import past
from dashboard.api.base import Edge
from dashboard.api.fields import OneAccount
from dashboard.api.idempotency import Renderer
from dashboard.past import Asked
from dashboard.sheets import Streamed
from trading.domain.vocabulary import PositionSide

CSV = "text/csv"


class Sheet(BaseRenderer):
    """Says that CSV may be asked for; the answer is streamed past it."""

    media_type, format = CSV, "csv"


class ExportQuery(OneAccount):
    """Which table, and which of its rows; `search` and `side` narrow closed groups alone."""

    table = serializers.ChoiceField(choices=sorted(past.SHEETS))
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    search = serializers.CharField(required=False, max_length=60)
    side = serializers.ChoiceField(choices=[(one.value, one.value) for one in PositionSide], required=False)
    timeframe_secs = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class Export(Edge):
    """A table as a file."""

    query_class = ExportQuery
    renderer_classes = (Renderer, Sheet)  # a refusal is JSON

    @extend_schema(responses={(200, CSV): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Every row that fits; numbers without loss, times as ISO 8601 UTC, no text that a spreadsheet would run."""
        asked: Mapping[str, Any] = self.queried(ExportQuery)
        account, sheet = self.account(asked["account"]), past.SHEETS[asked["table"]]
        lines = past.lines(sheet, account, Asked(**{name: asked[name] for name in NARROWS if name in asked}))
        answer = StreamingHttpResponse(Streamed(list(sheet.columns), lines), content_type=f"{CSV}; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{_name(asked["table"], timezone.now())}"'
        return answer


NARROWS = ("search", "side", "timeframe_secs", "since", "until")


def _name(table: str, at: datetime) -> str:
    return f"windlass-{table}-{at:%Y-%m-%d}.csv"
