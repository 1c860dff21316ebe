"""Position groups with everything in them, and what a person does with one: close, block, offset, skip."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import then
from dashboard.api.base import Shown
from dashboard.api.books import WhySerializer, once
from dashboard.api.fields import DoneSerializer, Id, Money, RowSerializer, done
from dashboard.api.offset import PlanSerializer, plan_json
from dashboard.api.orders import FillSerializer, OrderSerializer
from dashboard.problems import Problem, Refused, not_now, refused
from risk.domain.offset import OffsetPlan
from risk.domain.offset_words import NotNow
from trading.domain.refusal import plain
from trading.domain.vocabulary import GroupStatus, PositionSide
from trading.models import Leg, Order, PositionGroup, Pyramid
from trading.services import add_funds, block, connect, dust, edit_exits, exits, offset
from trading.services.add_funds import CannotAdd
from trading.services.edit_exits import CannotEdit

STATES = (("open", "open"), ("closed", "closed"))


class LegSerializer(RowSerializer):
    class Meta:
        model = Leg
        fields = ("id", "index", "price", "qty", "weight_pct", "take_profit_pct", "target_price", "ended_reason")


class PyramidSerializer(RowSerializer):
    legs = LegSerializer(many=True)

    class Meta:
        model = Pyramid
        fields = ("id", "index", "signal", "base_price", "capital", "bound_by", "created_at", "legs")


class GroupSerializer(RowSerializer):
    """A group's figures; everything in it stands under its own address."""

    symbol = serializers.CharField(source="instrument.symbol")
    quote = serializers.CharField(source="instrument.quote")

    class Meta:
        model = PositionGroup
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "account", "instrument", "symbol", "quote", "timeframe_secs", "side", "status", "tp_mode"),
            *("qty", "cost", "average_entry", "break_even", "realised_pnl", "fees_quote", "dust_qty", "leverage"),
            *("blocked", "close_reason", "opened_at", "closing_at", "closed_at"),
        )


class WholeOrderSerializer(OrderSerializer):
    fills = FillSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*OrderSerializer.Meta.fields, "fills")


class WholeGroupSerializer(GroupSerializer):
    """A group with its pyramids, legs, orders and fills, its settings, and the exits that are watched."""

    pyramids = PyramidSerializer(many=True)
    orders = WholeOrderSerializer(many=True)
    settings = serializers.DictField(child=serializers.CharField(allow_null=True))
    watch = serializers.ListField(child=serializers.DictField())

    class Meta(GroupSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (
            *GroupSerializer.Meta.fields,
            "peak",
            "reduce_qty",
            "settings",
            "watch",
            "pyramids",
            "orders",
        )


class GroupsQuery(serializers.Serializer):
    account = Id(required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)
    status = serializers.ChoiceField(choices=[(one.value, one.value) for one in GroupStatus], required=False)
    symbol = serializers.CharField(required=False, max_length=40)
    timeframe_secs = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    side = serializers.ChoiceField(choices=[(one.value, one.value) for one in PositionSide], required=False)
    closed_since = serializers.DateTimeField(required=False)
    closed_until = serializers.DateTimeField(required=False)


class BlockSerializer(serializers.Serializer):
    blocked = serializers.BooleanField()


class SkippedSerializer(DoneSerializer):
    until = serializers.DateTimeField()


class AddSerializer(serializers.Serializer):
    size_quote = Money(required=False, min_value=Decimal("0.00000001"), max_value=Decimal(10**9))
    preview = serializers.BooleanField(required=False, default=False, help_text="Say what it would do, and do nothing.")


class AddedSerializer(DoneSerializer):
    outcome = serializers.CharField()


class EditSerializer(serializers.Serializer):
    """Exits by name, as text, in place of those the group was opened with; what is left out stays."""

    exits = serializers.DictField(child=serializers.CharField(max_length=200), allow_empty=False)


class EditedSerializer(serializers.Serializer):
    """What may be edited, as it holds now."""

    exits = serializers.DictField(child=serializers.CharField())


class ThenQuery(serializers.Serializer):
    at = serializers.DateTimeField(help_text="A minute or second means all of it.")

    def validate_at(self, at: datetime) -> datetime:
        """The last minute there is has no end."""
        try:
            then.inclusive(at)
        except OverflowError:
            raise serializers.ValidationError("This moment is too late: ask for one that has been.") from None
        return at


class OrderThenSerializer(serializers.Serializer):
    """An order as it stood; qty base or contracts."""

    id = serializers.IntegerField()
    about = serializers.CharField()
    words = serializers.CharField()
    filled_qty = Money()


class ThenSerializer(serializers.Serializer):
    """A group as it stood at `at`; `events` of the journal were read for it."""

    at = serializers.DateTimeField()
    words = serializers.CharField()
    qty = Money()
    realised = Money()
    orders = OrderThenSerializer(many=True)
    events = serializers.IntegerField()


class Groups(Shown):
    """Position groups, open and closed."""

    queryset = PositionGroup.objects.select_related("instrument", "account")
    serializer_class = GroupSerializer
    query_class = GroupsQuery
    lookups = {"symbol": "instrument__symbol", "closed_since": "closed_at__gte", "closed_until": "closed_at__lt"}  # noqa: RUF012 - a table of the class

    def get_queryset(self) -> "QuerySet[Any]":
        """One group comes with all that is in it."""
        rows = super().get_queryset()
        orders = Order.objects.order_by("id").select_related("instrument").prefetch_related("fills__instrument")
        return (
            rows.prefetch_related("pyramids__legs", Prefetch("orders", orders)) if self.action == "retrieve" else rows
        )

    def get_serializer_class(self) -> Any:
        """Whole, or in short."""
        return WholeGroupSerializer if self.action == "retrieve" else GroupSerializer

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """`state` is no column: a group is open until it has a closing time."""
        if name == "state":
            return rows.filter(closed_at__isnull=value == "open")
        return super().narrow(rows, name, value)

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: int) -> Response:
        """Cancel what rests, then sell what is held at market. It cannot be taken back."""
        group = self.row()
        if not exits.close_by_hand(group.pk, operator=self.operator, now=timezone.now()):
            raise not_now(f"{_name(group)} is closed or closing already; nothing was changed.", "GROUP_OVER")
        return Response(
            done(f"Closing {_name(group)}: resting orders are cancelled, then what is held goes at market.")
        )

    @extend_schema(request=BlockSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def block(self, request: Request, pk: int) -> Response:
        """Whether the group takes more pyramids and offsets; its exits go on."""
        group, to = self.row(), self.asked(BlockSerializer)["blocked"]
        if not block.set_blocked(group.pk, to=to, operator=self.operator):
            raise not_now(f"{_name(group)} is so already, or over; nothing was changed.", "NOTHING_CHANGED")
        return Response(done(f"{_name(group)} is {'blocked' if to else 'unblocked'}."))

    @extend_schema(methods=["GET"], responses=PlanSerializer)
    @extend_schema(methods=["POST"], request=None, responses=PlanSerializer)
    @action(detail=True, methods=["get", "post"])
    def offset(self, request: Request, pk: int) -> Response:
        """What an offset of this group would come to by the books as they are now; POST begins it."""
        group = self.row()
        books = offset.books_for(group, gateway=connect.gateway(group.account), clock=timezone.now)
        if request.method == "GET":
            found = offset.preview(group, books=books, now=timezone.now())
        else:
            found = offset.run_now(group, operator=self.operator, books=books, now=timezone.now())
        if not isinstance(found, OffsetPlan):
            raise Refused(_not_now(found))
        return Response(plan_json(found))

    @extend_schema(request=None, responses=SkippedSerializer)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: int) -> Response:
        """The offset sweep leaves the group alone this time."""
        group = self.row()
        until = offset.skip_once(group, operator=self.operator, now=timezone.now())
        if until is None:
            raise not_now(f"{_name(group)} is closed or closing; nothing was changed.", "GROUP_OVER")
        return Response(SkippedSerializer(done(f"{_name(group)} is skipped.", until=until)).data)

    @extend_schema(request=AddSerializer, responses=AddedSerializer)
    @action(detail=True, methods=["post"])
    def add(self, request: Request, pk: int) -> Response:
        """One more pyramid by hand, through every check that an alert's would pass."""
        group, asked = self.row(), self.asked(AddSerializer)
        add_funds.fetch_price(group, gateway=lambda: connect.gateway(group.account), clock=timezone.now)
        act = add_funds.preview if asked["preview"] else add_funds.add
        try:
            found = act(group.pk, size_quote=asked.get("size_quote"), operator=self.operator, now=timezone.now())
        except CannotAdd as error:
            raise not_now(str(error), "GROUP_OVER") from None
        if not found.done:
            raise not_now(found.verdict.reason, str(found.verdict.outcome))
        return Response(done(found.verdict.reason, outcome=str(found.verdict.outcome)))

    @extend_schema(methods=["GET"], responses=EditedSerializer)
    @extend_schema(methods=["POST"], request=EditSerializer, responses=EditedSerializer)
    @action(detail=True, methods=["get", "post"])
    def exits(self, request: Request, pk: int) -> Response:
        """The exits of a group that may be edited; POST edits them."""
        group = self.row()
        try:
            if request.method == "POST":
                wanted = self.asked(EditSerializer)["exits"]
                edit_exits.edit(group.pk, wanted, operator=self.operator, now=timezone.now())
                group.refresh_from_db()
            return Response({"exits": dict(edit_exits.current(group))})
        except CannotEdit as error:
            raise refused("CANNOT_EDIT", str(error), status=422) from None

    @extend_schema(request=WhySerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"], url_path="write-off-dust")
    def write_off_dust(self, request: Request, pk: int) -> Response:
        """Take what it left below the minimums off the books: it goes into no other position. `books/dust` undoes it."""
        group, why = self.row(), self.asked(WhySerializer)["reason"]
        act = self.by()
        once(lambda: dust.write_off(group.pk, reason=why, **act), "NO_DUST", dust.NoDust)
        return Response(done(f"The dust of {_name(group)} is written off."))

    @extend_schema(parameters=[ThenQuery], responses=ThenSerializer)
    @action(detail=True, methods=["get"])
    def then(self, request: Request, pk: int) -> Response:
        """The group and its orders as the journal knew them at a moment."""
        found = then.as_it_was(self.row(), self.queried(ThenQuery)["at"])
        return Response(ThenSerializer(found).data)


def _name(group: PositionGroup) -> str:
    return f"{group.instrument.symbol} {group.side}"


def _not_now(found: NotNow) -> Problem:
    value, limit = ("" if number is None else plain(number) for number in (found.value, found.limit))
    return Problem(409, str(found.code), found.sentence(), limit=str(limit), value=str(value))
