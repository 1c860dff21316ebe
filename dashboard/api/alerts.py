"""Alerts with outcome, reason and numbers; signals; deliveries refused at the door; replay and preview."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge, Listed, Shown, mine
from dashboard.api.fields import DoneSerializer, Id, RowSerializer, done
from dashboard.previewing import as_json
from dashboard.problems import not_now, refused
from signals.models import Alert, Refusal, Signal, Source
from signals.strict_json import MAX_BYTES
from trading.services import connect, replay, sealing
from trading.services.explain import Explanation, WrongSecret, explain, explain_stored

OUTCOME = r"^[A-Z][A-Z0-9_]*$"
# Codes come from many rooms and grow: what cannot be one is refused, one that no alert has finds nothing.


class AlertSerializer(RowSerializer):
    """A delivery and its one outcome; `outcome` is empty while it is being decided."""

    source_name = serializers.CharField(source="source.name")

    class Meta:
        model = Alert
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "account", "source", "source_name", "endpoint", "format", "received_at", "outcome", "reason"),
            *("decided_at", "client_id", "peer"),
        )


class WholeAlertSerializer(AlertSerializer):
    """A delivery with its text (secrets were taken out at the door) and the numbers behind its outcome."""

    details = serializers.DictField(help_text="Empty while the seal hides what is open.")

    class Meta(AlertSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*AlertSerializer.Meta.fields, "content_type", "raw", "details")

    def to_representation(self, instance: Alert) -> Any:
        """As the page shows it."""
        hidden = sealing.hides()
        return super().to_representation(instance) | ({"details": {}} if hidden else {})


class AlertsQuery(serializers.Serializer):
    account = Id(required=False)
    source = Id(required=False)  # type: ignore[assignment]  # the name is ours, DRF has it too
    outcome = serializers.RegexField(OUTCOME, required=False, max_length=30, help_text="UNDECIDED: not decided yet.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ReplayedSerializer(DoneSerializer):
    alert = serializers.IntegerField(help_text="The new alert.")


class OrderPlannedSerializer(serializers.Serializer):
    leg = serializers.IntegerField(allow_null=True)
    side = serializers.CharField()
    type = serializers.CharField()
    qty = serializers.CharField()
    price = serializers.CharField(allow_null=True)
    target_price = serializers.CharField(allow_null=True)


class PreviewSerializer(serializers.Serializer):
    """What an alert would do now, stage by stage; nothing is sent, nothing is kept."""

    format = serializers.CharField()
    outcome = serializers.CharField()
    reason = serializers.CharField()
    intent = serializers.DictField()
    meaning = serializers.CharField()
    side = serializers.CharField()
    symbol = serializers.CharField()
    slots = serializers.DictField()
    size = serializers.DictField()
    legs = serializers.ListField(child=serializers.DictField())
    stops = serializers.ListField(child=serializers.DictField())
    checks = serializers.ListField(child=serializers.DictField())
    refused = serializers.DictField(allow_null=True)
    orders = OrderPlannedSerializer(many=True)


class Alerts(Shown):
    """Deliveries, the latest first."""

    queryset = Alert.objects.select_related("source", "account")
    query_class = AlertsQuery
    lookups = {"since": "received_at__gte", "until": "received_at__lt"}  # noqa: RUF012 - a table of the class

    def get_queryset(self) -> "QuerySet[Any]":
        """One that is decided anew needs to know whose it is."""
        rows = super().get_queryset()
        return rows if self.action == "list" else rows.select_related("source__account", "source__user")

    def get_serializer_class(self) -> Any:
        """Whole, or in short."""
        return AlertSerializer if self.action == "list" else WholeAlertSerializer

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """An alert without an outcome is asked for by a word."""
        return super().narrow(rows, name, "" if name == "outcome" and value == "UNDECIDED" else value)

    @extend_schema(request=None, responses=ReplayedSerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: int) -> Response:
        """Send it once more: a new alert, decided as if it had just arrived."""
        alert = self.row()
        try:
            again = replay.replay(alert.pk, operator=self.operator, now=timezone.now())
        except replay.CannotReplay as error:
            raise not_now(str(error), "CANNOT_REPLAY") from None
        return Response(done(f"Alert {alert.pk} was sent again as alert {again.pk}.", alert=again.pk))

    @extend_schema(responses=PreviewSerializer)
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: int) -> Response:
        """What it would do if it came now."""
        return Response(as_json(explain_stored(self.row(), gateway=connect.gateway, clock=timezone.now)))


class AskedPreviewSerializer(serializers.Serializer):
    """An alert that did not come, and who would send it."""

    source = serializers.CharField(max_length=40, help_text="A source's name.")  # type: ignore[assignment]  # the name is ours, DRF has it too
    body = serializers.CharField(max_length=MAX_BYTES, trim_whitespace=False)


class Preview(Edge):
    """What would this alert do now?"""

    @extend_schema(request=AskedPreviewSerializer, responses=PreviewSerializer, operation_id="preview")
    def post(self, request: Request) -> Response:
        """Decide it for real in a transaction that is rolled back."""
        asked = self.asked(AskedPreviewSerializer)
        rows = mine(Source.objects.select_related("account", "user"), self.user, "user").filter(name=asked["source"])
        source = rows.filter(user=self.user).first() or rows.order_by("id").first()
        if source is None:
            raise refused("UNKNOWN_SOURCE", "You have no source of this name.", status=404, field="source")
        return Response(as_json(_explained(source, asked["body"])))


def _explained(source: Source, body: str) -> Explanation:
    try:
        return explain(body, source=source, gateway=connect.gateway, clock=timezone.now)
    except WrongSecret as error:
        raise refused("WRONG_SECRET", str(error), status=422, field="body") from None


class SignalSerializer(RowSerializer):
    """What an alert turned out to mean."""

    intent = serializers.DictField()

    class Meta:
        model = Signal
        fields = (
            *("id", "alert", "account", "meaning", "symbol", "timeframe_secs", "position_side", "price", "intent"),
            "created_at",
        )


class SignalsQuery(serializers.Serializer):
    account = Id(required=False)
    symbol = serializers.CharField(required=False, max_length=40)
    meaning = serializers.CharField(required=False, max_length=10)
    since = serializers.DateTimeField(required=False)


class Signals(Shown):
    """Signals, the latest first."""

    queryset = Signal.objects.all()
    serializer_class = SignalSerializer
    query_class = SignalsQuery
    lookups = {"since": "created_at__gte"}  # noqa: RUF012 - a table of the class


class RefusalSerializer(RowSerializer):
    """Deliveries turned away at the door, counted by day."""

    class Meta:
        model = Refusal
        fields = ("id", "source", "address", "reason", "day", "count", "first_at", "last_at")


class RefusalsQuery(serializers.Serializer):
    source = Id(required=False)  # type: ignore[assignment]  # the name is ours, DRF has it too
    reason = serializers.CharField(required=False, max_length=40)
    day = serializers.DateField(required=False)


class Refusals(Listed):
    """What the door refused; what names no source is shown to admins."""

    queryset = Refusal.objects.all()
    serializer_class = RefusalSerializer
    query_class = RefusalsQuery
    owner = "source__user"
