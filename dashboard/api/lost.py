"""Lost alerts: what was promised and did not come, and what a person does about it."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Shown
from dashboard.api.fields import DoneSerializer, Id, RowSerializer, done
from dashboard.problems import not_now
from signals.models import LostAlert
from trading.services import lost


class LostSerializer(RowSerializer):
    """An alarm; `choices` is what may be done about it while it is open."""

    choices = serializers.SerializerMethodField()

    class Meta:
        model = LostAlert
        fields = (
            *("id", "source", "kind", "symbol", "timeframe_secs", "expected_at", "position_side", "words", "found_at"),
            *("state", "answer", "settled_at", "settled_by", "choices"),
        )

    def get_choices(self, row: LostAlert) -> list[str]:
        """Names for the deed `settle`."""
        return lost.choices_for(row) if row.state == LostAlert.State.OPEN else []


class LostQuery(serializers.Serializer):
    source = Id(required=False)  # type: ignore[assignment]  # the name is ours, DRF has it too
    state = serializers.ChoiceField(choices=LostAlert.State.choices, required=False)


class ChoiceSerializer(serializers.Serializer):
    choice = serializers.ChoiceField(choices=[(name, choice.button) for name, choice in lost.CHOICES.items()])


class Lost(Shown):
    """Lost alerts, the latest first."""

    queryset = LostAlert.objects.select_related("source__account")
    serializer_class = LostSerializer
    query_class = LostQuery
    owner = "source__user"

    @extend_schema(request=ChoiceSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: int) -> Response:
        """Do what a person chose; it happens once."""
        row, choice = self.row(), self.asked(ChoiceSerializer)["choice"]
        try:
            settled = lost.settle(row.pk, choice, operator=self.operator, now=timezone.now())
        except lost.CannotSettle as error:
            raise not_now(str(error), "CANNOT_SETTLE") from None
        sent = f"alert {settled.answer.pk} was sent in its place" if settled.answer else "nothing was traded"
        return Response(done(f"The lost alert {row.pk} is settled: {sent}."))
