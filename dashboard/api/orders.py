"""Orders and fills; cancelling an entry, and settling what only a person can."""

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Shown
from dashboard.api.fields import DoneSerializer, Id, RowSerializer, done
from dashboard.doubts import ENDINGS
from dashboard.problems import not_now, refused
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import Purpose
from trading.models import Fill, Order
from trading.services import connect, human, withdraw

NOT_NOW = "It is no entry that rests or waits any more. Targets and stops go when their group is closed."


class OrderSerializer(RowSerializer):
    """An order. `code` and `detail` say why it was dropped, rejected or is unknown."""

    symbol = serializers.CharField(source="instrument.symbol")

    class Meta:
        model = Order
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "account", "instrument", "symbol", "group", "leg", "purpose", "side", "type", "time_in_force"),
            *("price", "trigger_price", "reference_price", "qty", "filled_qty", "filled_cost", "reduce_only", "state"),
            *("client_order_id", "venue_order_id", "cancel_requested", "code", "detail", "created_at", "submitted_at"),
            *("acknowledged_at", "updated_at"),
        )


class FillSerializer(RowSerializer):
    """One execution; `maker` is null where the venue does not say."""

    symbol = serializers.CharField(source="instrument.symbol")

    class Meta:
        model = Fill
        fields = (
            *("id", "account", "instrument", "symbol", "order", "venue_trade_id", "side", "price", "qty", "cost"),
            *("fee", "fee_currency", "maker", "realised", "at", "recorded_at", "fee_price"),
        )


class OrdersQuery(serializers.Serializer):
    account = Id(required=False)
    group = Id(required=False)
    symbol = serializers.CharField(required=False, max_length=40)
    state = serializers.ChoiceField(choices=[(one.value, one.value) for one in OrderState], required=False)
    purpose = serializers.ChoiceField(choices=[(one.value, one.value) for one in Purpose], required=False)
    client_order_id = serializers.CharField(required=False, max_length=36)


class FillsQuery(serializers.Serializer):
    account = Id(required=False)
    order = Id(required=False)
    group = Id(required=False)
    symbol = serializers.CharField(required=False, max_length=40)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class SettleSerializer(serializers.Serializer):
    """What a person saw at the venue."""

    ending = serializers.ChoiceField(choices=[(name, ending.said) for name, ending in ENDINGS.items()])
    venue_order_id = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")
    reason = serializers.CharField(min_length=3, max_length=200)


class Orders(Shown):
    """Orders, newest first."""

    queryset = Order.objects.select_related("instrument", "account")
    serializer_class = OrderSerializer
    query_class = OrdersQuery
    lookups = {"symbol": "instrument__symbol"}  # noqa: RUF012 - a table of the class

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Take back an entry that rests or waits; what fills until then is kept and gets its exit."""
        order = self.row()
        if not withdraw.withdraw_by_hand(order.pk, operator=self.operator, now=timezone.now()):
            raise not_now(NOT_NOW, "NOT_CANCELLABLE")
        return Response(done(f"Order {order.pk} is being cancelled."))

    @extend_schema(request=SettleSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: int) -> Response:
        """Say how an order ended that its venue cannot prove absent (state NEEDS_HUMAN)."""
        order, seen = self.row(), self.asked(SettleSerializer)
        ending = ENDINGS[seen.pop("ending")]
        try:
            if ending.placed:
                human.confirm(order, seen["venue_order_id"], gateway=connect.gateway(order.account))
            human.settle(order.pk, to=ending.state, operator=self.operator, now=timezone.now(), **seen)
        except human.WRONG as error:
            raise refused(_code(error), str(error)) from None
        return Response(done(f"Order {order.pk} is settled: {ending.said}"))


def _code(error: Exception) -> str:
    return {"NotWaiting": "NOT_WAITING", "NumberMissing": "NUMBER_MISSING"}.get(type(error).__name__, "NUMBER_WRONG")


class Fills(Shown):
    """Executions, the latest recorded first."""

    queryset = Fill.objects.select_related("instrument")
    serializer_class = FillSerializer
    query_class = FillsQuery
    lookups = {  # noqa: RUF012 - a table of the class
        "group": "order__group",
        "symbol": "instrument__symbol",
        "since": "at__gte",
        "until": "at__lt",
    }
