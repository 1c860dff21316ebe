"""The queue with ranks and reasons, promotion and removal; the pool's slots."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import waiting
from dashboard.api.base import Edge, Listed, Shown
from dashboard.api.fields import DoneSerializer, Id, Money, OneAccount, RowSerializer, done
from dashboard.problems import not_now
from dashboard.snapshot import WaitingRow
from trading.models import QueuedSignal, Slot
from trading.services import queue
from trading.services.desk import Desk
from trading.services.meaning import settings_or_defaults


class QueuedSerializer(RowSerializer):
    """A signal that waits, or waited."""

    symbol = serializers.CharField(source="instrument.symbol")

    class Meta:
        model = QueuedSignal
        fields = (
            *("id", "account", "instrument", "symbol", "timeframe_secs", "side", "signal", "alert_price"),
            *("replacement_count", "queued_at", "refreshed_at", "state", "last_denial", "ended_at", "ended_by"),
            *("group", "after_group"),
        )


class QueueQuery(serializers.Serializer):
    account = Id(required=False)
    state = serializers.ChoiceField(choices=QueuedSignal.State.choices, required=False)


class RankSerializer(serializers.Serializer):
    """Who waits, in the order of going in; rank is null where a group has to close first."""

    id = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.CharField()
    timeframe_secs = serializers.IntegerField()
    rank = serializers.IntegerField(allow_null=True)
    why = serializers.CharField()
    discount_pct = Money(help_text="How far the price has moved in our favour since the alert.")
    alert_price = Money(allow_null=True)
    replacements = serializers.IntegerField()
    queued_at = serializers.DateTimeField()
    last_denial = serializers.CharField(allow_blank=True)


class SlotSerializer(RowSerializer):
    class Meta:
        model = Slot
        fields = ("id", "account", "number", "group", "pyramid", "pool_size", "taken_at", "released_at")


class SlotsQuery(serializers.Serializer):
    account = Id(required=False)
    taken = serializers.BooleanField(required=False)


class PoolSerializer(serializers.Serializer):
    """The pool of an account: how many slots, which are taken, who waits for one."""

    size = serializers.IntegerField()
    free = serializers.IntegerField()
    taken = SlotSerializer(many=True)
    waiting = RankSerializer(many=True)


class Queue(Shown):
    """Signals that wait for a slot, and those that waited."""

    queryset = QueuedSignal.objects.select_related("instrument")
    serializer_class = QueuedSerializer
    query_class = QueueQuery

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: int) -> Response:
        """Let one in now: it still needs a slot and passes every check; refused, it keeps its place."""
        row = self.row()
        verdict = queue.promote_by_hand(row.pk, operator=self.operator, now=timezone.now())
        if verdict.outcome not in queue.WAITS_ON:
            raise not_now(f"{_name(row)} keeps waiting: {verdict.reason}", str(verdict.outcome))
        return Response(done(f"{_name(row)} went in: {verdict.reason}"))

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: int) -> Response:
        """Take one out for good; only a new alert brings it back."""
        row = self.row()
        if not queue.remove_by_hand(row.pk, operator=self.operator, now=timezone.now()):
            raise not_now(f"{_name(row)} does not wait any more; nothing was changed.", "NOT_WAITING")
        return Response(done(f"{_name(row)} was taken out of the queue."))


def _name(row: QueuedSignal) -> str:
    return f"{row.instrument.symbol} {row.side}"


class Slots(Listed):
    """Slots, taken and given back."""

    queryset = Slot.objects.all()
    serializer_class = SlotSerializer
    query_class = SlotsQuery

    def narrow(self, rows: Any, name: str, value: Any) -> Any:
        """`taken` is no column: a slot is taken until it is released."""
        return rows.filter(released_at__isnull=value) if name == "taken" else super().narrow(rows, name, value)


class Pool(Edge):
    """The pool of an account."""

    query_class = OneAccount

    @extend_schema(responses=PoolSerializer)
    def get(self, request: Request) -> Response:
        """Its size, its slots, and the queue in the order of going in."""
        account = self.account(self.queried(OneAccount)["account"])
        desk = Desk(account, timezone.now())
        taken = list(Slot.objects.filter(account=account, released_at=None).order_by("number"))
        size = settings_or_defaults(desk, "").pool.max_open_groups
        shown = {"size": size, "free": max(size - len(taken), 0), "taken": taken}
        return Response(PoolSerializer(shown | {"waiting": [_rank(row) for row in waiting.rows(desk)]}).data)


def _rank(row: WaitingRow) -> dict[str, Any]:
    names = (
        *("id", "side", "timeframe_secs", "rank", "why", "discount_pct", "alert_price", "replacements"),
        *("queued_at", "last_denial"),
    )
    return {"symbol": row.market.symbol, **{name: getattr(row, name) for name in names}}
