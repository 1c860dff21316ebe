"""Books: what is not as it should be on an account, and the deeds that mend it, each with its undo."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api.base import Edge, Shown
from dashboard.api.fields import DoneSerializer, Id, Money, OneAccount, RowSerializer, done
from dashboard.problems import not_now
from project.accounts.models import ExchangeAccount
from signals.models import Instrument
from trading.models import BareHolding, Disagreement, DustMove
from trading.services import disagree, dust, naked

NO_ORDER = "Nobody of ours placed what this execution belongs to: it is written down, there is nothing to decide."


class WhySerializer(serializers.Serializer):
    reason = serializers.CharField(min_length=3, max_length=200, help_text="Kept in the journal with your name.")


class WordSerializer(WhySerializer):
    """THEIRS: our books take the venue's numbers. OURS: they stay, and these two numbers are not asked about again."""

    choice = serializers.ChoiceField(choices=[(name, name) for name in disagree.CHOICES])


class OpenQuery(serializers.Serializer):
    account = Id(required=False)
    open = serializers.BooleanField(required=False, help_text="Only what has not ended, or only what has.")


def once(deed: Callable[[], object], code: str, *errors: type[Exception]) -> None:
    """Do it; what somebody else did meanwhile is a 409 in its own words. Raises Refused."""
    try:
        deed()
    except errors as error:
        raise not_now(" ".join(str(error).split()), code) from None


# holdings without an exit ------------------------------------------------------------------------


class BareSerializer(RowSerializer):
    """A quantity that no exit would sell: NAKED, STOP_ONLY, or WAIVED by a person."""

    symbol = serializers.CharField(source="group.instrument.symbol")

    class Meta:
        model = BareHolding
        fields = (
            *("id", "account", "group", "symbol", "qty", "cover", "code", "words", "since", "told_at"),
            *("waived_qty", "waived_by", "waived_reason", "waived_at", "ended_at"),
        )


class Bare(Shown):
    """Holdings without an exit, the latest first."""

    queryset = BareHolding.objects.select_related("group__instrument")
    serializer_class = BareSerializer
    query_class = OpenQuery

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """`open` is no column: a holding is bare until it has ended."""
        return rows.filter(ended_at__isnull=value) if name == "open" else super().narrow(rows, name, value)

    @extend_schema(request=WhySerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def waive(self, request: Request, pk: int) -> Response:
        """Say, by name, that it needs no exit; more than that is told again."""
        row, why = self.row(), self.asked(WhySerializer)["reason"]
        act = self.by()
        once(lambda: naked.waive(row.group_id, reason=why, **act), "NOTHING_BARE", naked.NothingBare)
        return Response(done(f"Group {row.group_id} is waived."))

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: int) -> Response:
        """From now on it is wrong again, and the sweep goes on trying to place an exit."""
        row, act = self.row(), self.by()
        once(lambda: naked.take_back(row.group_id, **act), "NOTHING_BARE", naked.NothingBare)
        return Response(done(f"The waiver of group {row.group_id} is taken back."))


# executions that differ --------------------------------------------------------------------------


class DifferenceSerializer(RowSerializer):
    """An execution of which our books and the venue's say different things; empty where a side has none."""

    symbol = serializers.CharField(source="instrument.symbol")
    ours = serializers.DictField()
    theirs = serializers.DictField()

    class Meta:
        model = Disagreement
        fields = (
            *("id", "account", "symbol", "order", "kind", "venue_order_id", "venue_trade_id", "ours", "theirs"),
            *("seen_at", "settled_at", "settled_by", "settled_as", "reason"),
        )


class Differences(Shown):
    """Executions that differ, the latest first; no entries while one is open."""

    queryset = Disagreement.objects.select_related("instrument")
    serializer_class = DifferenceSerializer
    query_class = OpenQuery

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """`open` is no column: a difference is open until it is settled."""
        return rows.filter(settled_at__isnull=value) if name == "open" else super().narrow(rows, name, value)

    @extend_schema(request=WordSerializer, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: int) -> Response:
        """Take the venue's numbers, or keep ours."""
        row, said = self.row(), self.asked(WordSerializer)
        if row.order_id is None:
            raise not_now(NO_ORDER, "NOT_OURS")
        act = said | self.by()
        once(lambda: disagree.settle(row.pk, **act), "ALREADY_SETTLED", disagree.AlreadySettled)
        return Response(done(f"Execution {row.venue_trade_id} is settled."))

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: int) -> Response:
        """As it was before somebody's word; it waits for a person again."""
        row, act = self.row(), self.by()
        once(lambda: disagree.undo(row.pk, **act), "NOTHING_TO_UNDO", disagree.NothingToUndo)
        return Response(done(f"Execution {row.venue_trade_id} is as it was."))


# dust --------------------------------------------------------------------------------------------


class DustMoveSerializer(RowSerializer):
    """Where the dust of an ended group went: into another group, or off the books by a person's word."""

    symbol = serializers.CharField(source="group.instrument.symbol")

    class Meta:
        model = DustMove
        fields = ("id", "group", "symbol", "to_group", "leg", "qty", "price", "at", "operator", "reason", "undone_at")


class DustQuery(serializers.Serializer):
    account = Id(required=False)
    group = Id(required=False)


class Dust(Shown):
    """Moves of dust, the latest first. Writing it off is a deed of its group."""

    queryset = DustMove.objects.select_related("group__instrument")
    serializer_class = DustMoveSerializer
    query_class = DustQuery
    owner = "group__account__user"
    lookups = {"account": "group__account"}  # noqa: RUF012 - a table of the class

    @extend_schema(request=None, responses=DoneSerializer)
    @action(detail=True, methods=["post"], url_path="put-back")
    def put_back(self, request: Request, pk: int) -> Response:
        """Undo a write-off: the dust lies about again, as it did."""
        row, act = self.row(), self.by()
        once(lambda: dust.put_back(row.group_id, **act), "NOT_WRITTEN_OFF", dust.NotWrittenOff)
        return Response(done(f"The dust of group {row.group_id} is on the books again."))


# all of it ---------------------------------------------------------------------------------------


class LyingSerializer(serializers.Serializer):
    """Dust that lies about, and the ended group that left it."""

    group = serializers.IntegerField(source="pk")
    symbol = serializers.CharField(source="instrument.symbol")
    qty = Money()
    closed_at = serializers.DateTimeField(allow_null=True)


class StoppedSerializer(RowSerializer):
    """A market that does not trade, in which something of the account is open or waits."""

    class Meta:
        model = Instrument
        fields = ("id", "symbol", "status", "stopped_at")


class BooksSerializer(serializers.Serializer):
    """What is not as it should be on an account."""

    bare = BareSerializer(many=True)
    differences = DifferenceSerializer(many=True)
    dust = LyingSerializer(many=True)
    stopped = StoppedSerializer(many=True)


class Books(Edge):
    """The books of an account."""

    query_class = OneAccount

    @extend_schema(responses=BooksSerializer)
    def get(self, request: Request) -> Response:
        """Bare holdings, executions that differ, dust, and markets that stand still."""
        account = self.account(self.queried(OneAccount)["account"])
        bare = BareHolding.objects.filter(account=account, ended_at=None).select_related("group__instrument")
        shown = {
            "bare": bare.order_by("id"),
            "differences": disagree.unsettled(account.pk),
            "dust": [group for groups in dust.lying(account.pk).values() for group in groups],
            "stopped": _stopped(account),
        }
        return Response(BooksSerializer(shown).data)


def _stopped(account: ExchangeAccount) -> "QuerySet[Instrument]":
    mine = Q(groups__account=account, groups__closed_at=None) | Q(queue__account=account, queue__ended_at=None)
    rows = Instrument.objects.filter(venue=account.venue, environment=account.environment, active=False)
    return rows.filter(mine).distinct().order_by("symbol")
