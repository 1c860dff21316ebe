"""The sealed profile: whether it holds, which changes wait for their day, and taking one back."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.access import withdrawable
from dashboard.api.base import Edge, Shown
from dashboard.api.fields import DoneSerializer, RowSerializer, done
from dashboard.problems import not_now
from dashboard.sealed import ENDED, WITHDRAWN
from trading.models import PendingChange
from trading.services import sealing


class SealSerializer(serializers.Serializer):
    """Whether the seal holds, and what it says to a deed that it forbids."""

    sealed = serializers.BooleanField()
    positions_visible = serializers.BooleanField(help_text="Whether open positions may be looked at meanwhile.")
    sentence = serializers.CharField()


class Seal(Edge):
    """The seal of the whole installation."""

    @extend_schema(responses=SealSerializer)
    def get(self, request: Request) -> Response:
        """As it holds."""
        holds = sealing.in_force()
        visible = not holds or sealing.pnl_visible()
        return Response({"sealed": holds, "positions_visible": visible, "sentence": sealing.SENTENCE})


class PendingSerializer(RowSerializer):
    """A change that waits, or ended: applied, or withdrawn. A value of null: back to the wider scope."""

    value = serializers.CharField(allow_null=True)

    class Meta:
        model = PendingChange
        fields = (
            *("id", "name", "value", "user", "account", "symbol", "asked_by", "asked_at", "due_at"),
            *("applied_at", "withdrawn_at", "withdrawn_by"),
        )


class PendingQuery(serializers.Serializer):
    waiting = serializers.BooleanField(required=False, help_text="Only what still waits, or only what has ended.")


WAITS = Q(applied_at=None, withdrawn_at=None)


class SealChanges(Shown):
    """Changes that wait for their day, the latest first."""

    queryset = PendingChange.objects.all()
    serializer_class = PendingSerializer
    query_class = PendingQuery
    owner = ""

    def get_queryset(self) -> "QuerySet[Any]":
        """Of the user's own accounts, his own, and those for everybody."""
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else rows.filter(withdrawable(self.user))

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """`waiting` is no column: a change waits until it is applied or withdrawn."""
        return rows.filter(WAITS if value else ~WAITS)

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take a waiting change back; everything stays as it is."""
        if not sealing.withdraw(self.row().pk, operator=self.operator, now=timezone.now()):
            raise not_now(ENDED, "NOT_WAITING")
        return Response(done(WITHDRAWN))
