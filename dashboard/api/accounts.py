"""Exchange accounts without their keys: state, balances, the connection test, trades by hand."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import preflight
from dashboard.api.base import Shown
from dashboard.api.fields import Money, RowSerializer
from dashboard.api.problems import not_now
from project.accounts.models import Balance, BalanceMovement, Environment, ExchangeAccount
from trading.services import adopt, connect, probe
from trading.services.adopt import HandTrade

NOTHING = "The venue reports no trade by hand that closed what an open group holds."


class BalanceSerializer(RowSerializer):
    class Meta:
        model = Balance
        fields = ("currency", "total", "free", "at")


class AccountSerializer(RowSerializer):
    """An account. `health` is empty while it may trade. Of its keys only whether there are any."""

    user = serializers.CharField(source="user.username")
    keys_set = serializers.SerializerMethodField()
    balances = BalanceSerializer(many=True)

    class Meta:
        model = ExchangeAccount
        fields = (
            *("id", "user", "name", "venue", "environment", "quote", "position_mode", "margin_mode", "leverage"),
            *("armed", "first_armed_at", "keys_set", "health", "health_detail", "clock_offset_ms", "reconciled_at"),
            *("created_at", "updated_at", "balances"),
        )

    def get_keys_set(self, row: ExchangeAccount) -> bool:
        """Whether the vault holds keys."""
        return bool(row.sealed_credentials)


class AccountsQuery(serializers.Serializer):
    environment = serializers.ChoiceField(choices=Environment.choices, required=False)


class LookSerializer(serializers.Serializer):
    """One thing that was looked at."""

    name = serializers.CharField()
    well = serializers.BooleanField()
    said = serializers.CharField()


class LooksSerializer(serializers.Serializer):
    looks = LookSerializer(many=True)


class HandTradeSerializer(serializers.Serializer):
    """A trade somebody made at the venue, and the group it shrank."""

    group = serializers.IntegerField()
    symbol = serializers.CharField()
    side = serializers.CharField()
    qty = Money()
    price = Money()
    venue_order_id = serializers.CharField()
    at = serializers.DateTimeField()


class HandTradesSerializer(serializers.Serializer):
    trades = HandTradeSerializer(many=True)


class MovementSerializer(RowSerializer):
    class Meta:
        model = BalanceMovement
        fields = ("id", "currency", "kind", "amount", "cause", "at")


class MovementsSerializer(serializers.Serializer):
    movements = MovementSerializer(many=True)


class Accounts(Shown):
    """Exchange accounts."""

    queryset = ExchangeAccount.objects.select_related("user").prefetch_related("balances")
    serializer_class = AccountSerializer
    query_class = AccountsQuery
    owner = "user"

    @extend_schema(responses=LooksSerializer)
    @action(detail=True, methods=["get"], url_path="preflight")
    def preflight(self, request: Request, pk: int) -> Response:
        """What must be right before the account may trade money."""
        found = preflight.lines(self.row(), now=timezone.now())
        return Response({"looks": [{"name": one.name, "well": not one.trouble, "said": one.trouble} for one in found]})

    @extend_schema(request=None, responses=LooksSerializer)
    @action(detail=True, methods=["post"], url_path="test")
    def test(self, request: Request, pk: int) -> Response:
        """Ask the venue: address, clock, keys, markets. Nothing is changed or sent."""
        found = probe.probe(self.row(), clock=timezone.now)
        return Response({"looks": [{"name": one.name, "well": one.well, "said": one.said} for one in found]})

    @extend_schema(responses=MovementsSerializer)
    @action(detail=True, methods=["get"], url_path="movements")
    def movements(self, request: Request, pk: int) -> Response:
        """The latest changes of its balances that no fill of ours explains."""
        rows: QuerySet[BalanceMovement] = BalanceMovement.objects.filter(account=self.row()).order_by("-id")
        return Response({"movements": MovementSerializer(rows[:200], many=True).data})

    @extend_schema(methods=["GET"], responses=HandTradesSerializer)
    @extend_schema(methods=["POST"], request=None, responses=HandTradesSerializer)
    @action(detail=True, methods=["get", "post"], url_path="adopt")
    def adopt(self, request: Request, pk: int) -> Response:
        """Trades made by hand at the venue that closed what a group holds; POST takes them into the books."""
        account = self.row()
        gateway = connect.gateway(account)
        if request.method == "GET":
            found = adopt.find(account, gateway=gateway, clock=timezone.now)
        else:
            found = adopt.adopt(account, operator=self.operator, gateway=gateway, clock=timezone.now)
            if not found:
                raise not_now(NOTHING, "NOTHING_TO_ADOPT")
        return Response({"trades": [_trade(trade) for trade in found]})


def _trade(trade: HandTrade) -> dict[str, Any]:
    first, group = trade.fills[0], trade.group
    shown = {"group": group.pk, "symbol": group.instrument.symbol, "side": str(first.side), "qty": trade.qty}
    return HandTradeSerializer(
        shown | {"price": first.price, "venue_order_id": trade.venue_order_id, "at": first.at}
    ).data
