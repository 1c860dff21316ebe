"""Exchange accounts without their keys: state, balances, the connection test, trades by hand."""

from functools import cached_property
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
from dashboard.api.fields import DoneSerializer, Money, RowSerializer, done
from dashboard.problems import not_now, refused
from project.accounts.models import Balance, BalanceMovement, Checkup, Environment, ExchangeAccount
from trading.services import adopt, arming, connect, probe, sealing
from trading.services import preflight as checkup
from trading.services.adopt import HandTrade

NAME_WRONG = "Type the account's name as it is written. Nothing was done."
NOTHING = "The venue reports no trade by hand that closed what an open group holds."


class BalanceSerializer(RowSerializer):
    class Meta:
        model = Balance
        fields = ("currency", "total", "free", "at")


class AccountSerializer(RowSerializer):
    """An account. `health` is empty while it may trade. Of its keys only whether there are any."""

    user = serializers.CharField(source="user.username")
    keys_set = serializers.SerializerMethodField()
    balances = BalanceSerializer(many=True, help_text="Empty while the seal hides what is open: on spot they are it.")

    class Meta:
        model = ExchangeAccount
        fields = (
            *("id", "user", "name", "venue", "environment", "quote", "position_mode", "margin_mode", "leverage"),
            *("armed", "first_armed_at", "keys_set", "health", "health_detail", "clock_offset_ms", "reconciled_at"),
            *("created_at", "updated_at", "balances"),
        )

    def to_representation(self, instance: ExchangeAccount) -> Any:
        """As the page shows it."""
        return super().to_representation(instance) | ({"balances": []} if self.hidden else {})

    @cached_property
    def hidden(self) -> bool:
        """Asked once for a whole list."""
        return sealing.hides()

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


class ArmSerializer(serializers.Serializer):
    typed = serializers.CharField(max_length=60, help_text="The account's name.")


class WhySwitchedSerializer(serializers.Serializer):
    reason = serializers.CharField(min_length=3, max_length=200, help_text="Kept in the journal with your name.")


class AskedCheckupSerializer(serializers.Serializer):
    """PREFLIGHT: everything that must be right. TEST_ORDER: one placed far from the price and cancelled; live, only checked."""

    kind = serializers.ChoiceField(choices=Checkup.Kind.choices)


class FindingSerializer(serializers.Serializer):
    """One line of a check-up: what was asked, the answer, its limit, and what to do."""

    name = serializers.CharField()
    asked = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)
    limit = serializers.CharField(allow_blank=True)
    level = serializers.CharField()
    advice = serializers.CharField(allow_blank=True)


class CheckupSerializer(RowSerializer):
    """A check-up; without `finished_at` a worker still makes it, and its lines come one by one."""

    lines = FindingSerializer(many=True)

    class Meta:
        model = Checkup
        fields = ("id", "kind", "asked_by", "asked_at", "started_at", "finished_at", "lines", "green")


class CheckupsSerializer(serializers.Serializer):
    checkups = CheckupSerializer(many=True)


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

    @extend_schema(methods=["GET"], responses=CheckupsSerializer)
    @extend_schema(methods=["POST"], request=AskedCheckupSerializer, responses=CheckupSerializer)
    @action(detail=True, methods=["get", "post"], url_path="checkups")
    def checkups(self, request: Request, pk: int) -> Response:
        """The last pre-flight and the last test order; POST asks a worker for one. One that runs already is the answer."""
        account = self.row()
        if request.method == "GET":
            return Response(CheckupsSerializer({"checkups": checkup.latest(account).values()}).data)
        kind = self.asked(AskedCheckupSerializer)["kind"]
        row = checkup.ask(account.pk, kind, operator=self.operator, now=timezone.now())
        return Response(CheckupSerializer(row).data)

    @extend_schema(request=ArmSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def arm(self, request: Request, pk: int) -> Response:
        """Let entries through, with the account's name typed. A person does: a personal token does not."""
        account, typed = self.row(), self.asked(ArmSerializer)["typed"]
        self.by_person()
        if typed != account.name:
            raise refused("NAME_WRONG", NAME_WRONG, status=422, field="typed", limit=account.name)
        arming.arm(account.pk, typed=typed, operator=self.operator, now=timezone.now())
        return Response(done(f"{account.name} is armed: entries go through."))

    @extend_schema(request=WhySwitchedSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def disarm(self, request: Request, pk: int) -> Response:
        """Stop entries at once; exits go on."""
        account, why = self.row(), self.asked(WhySwitchedSerializer)["reason"]
        if not arming.disarm(account.pk, operator=self.operator, reason=why):
            raise not_now(f"{account.name} was off already.", "NOTHING_CHANGED")
        return Response(done(f"{account.name} is off: nothing is entered."))

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
