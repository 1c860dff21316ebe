"""What a desk asks the database: each question compiled once, its answer about one account."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, NullIf

from project.accounts.models import Balance, Installation
from project.reads import Read
from trading import selectors
from trading.domain.money import ZERO
from trading.domain.order_state import TERMINAL
from trading.domain.vocabulary import OrderType, Purpose, Side
from trading.models import Fill, ForeignOrder, Leg, Order, PositionGroup, QueuedSignal, SettingOverride, Slot

PLAIN_TYPES = frozenset({OrderType.LIMIT, OrderType.MARKET})
READ_OF_GROUPS = ("account", "blocked", "closing_at", "cost", "leverage", "levels", "qty", "side", "timeframe_secs")
# Not the settings a group was opened with: eighty values of JSON each, and nothing here asks for them.

_NONE = Value(ZERO, DecimalField(max_digits=38, decimal_places=18))
# What the unfilled part of an order would cost at its price, taker fee included, quote. Summed where the rows are:
# an account may have a thousand orders, and every entry asks.
LEAVES_COST = (
    Greatest(F("qty") - F("filled_qty"), _NONE)
    * Coalesce(NullIf(F("price"), _NONE), F("reference_price"))
    * F("instrument__contract_size")
    * (1 + Greatest(F("instrument__taker_fee"), _NONE))
)
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
ENTRY = Q(purpose=Purpose.ENTRY)
PLAIN = Q(type__in=sorted(PLAIN_TYPES))
LIVE_OR_LACKING = ~Q(state__in=sorted(TERMINAL)) | selectors.FILLS_MISSING

GROUPS = Read(
    lambda account_id: (
        PositionGroup.objects.filter(account_id=account_id, closed_at=None)
        .select_related("instrument")
        .only("instrument__base", "instrument__contract_size", "instrument__symbol", *READ_OF_GROUPS)
        .order_by("id")
    )
)
TAKEN = Read(
    lambda account_id: Slot.objects.filter(account_id=account_id, released_at=None).values_list("number", flat=True)
)
OVERRIDES = Read(
    lambda account_id, user_id: SettingOverride.objects.filter(
        Q(user=None, account=None) | Q(user_id=user_id, account=None) | Q(account_id=account_id)
    )
)
WAITING = Read(
    lambda account_id: QueuedSignal.objects.filter(account_id=account_id, state=QueuedSignal.State.WAITING).order_by(
        "queued_at", "id"
    )
)
BALANCES = Read(lambda account_id: Balance.objects.filter(account_id=account_id))
FOREIGN = Read(
    lambda account_id: ForeignOrder.objects.filter(account_id=account_id, gone_at=None).select_related("instrument")
)
BOUGHT = Read(
    lambda account_id, since: (
        Fill.objects.filter(account_id=account_id, side=Side.BUY, recorded_at__gte=since)
        .order_by()
        .values(one=Value(1))
        .annotate(spent=Coalesce(Sum("cost"), _NONE))
        .values_list("spent", flat=True)
    )
)
INSTALLATION = Read(lambda: Installation.objects.filter(id=1).values_list("name", flat=True))


@cache
def resting_on(*, derivative: bool) -> Read[Any]:
    """An account's live orders by instrument, as the fields of Resting: on futures what is reserved is margin."""
    needed = LEAVES_COST / F("group__leverage") if derivative else LEAVES_COST
    return Read(
        lambda account_id, balance_at: (
            Order.objects.filter(LIVE_OR_LACKING, account_id=account_id)
            .order_by()
            .values("instrument_id")
            .annotate(
                plain=Count("id", filter=PLAIN),
                algo=Count("id", filter=~PLAIN),
                entries_cost=Coalesce(Sum(LEAVES_COST, filter=ENTRY), _NONE),
                reserved=Coalesce(Sum(needed, filter=ENTRY), _NONE),
                unseen=Coalesce(
                    Sum(needed, filter=ENTRY & (Q(acknowledged_at=None) | Q(acknowledged_at__gte=balance_at))), _NONE
                ),
            )
            .values_list("instrument_id", "plain", "algo", "entries_cost", "reserved", "unseen")
        )
    )


# Legs of open groups that will rest later: beyond the active window, or taken back for a while.
_ENDED_FOR_GOOD = ~Q(state__in=sorted(TERMINAL)) | ~Q(code__in=sorted(selectors.COMES_AGAIN)) | selectors.FILLS_MISSING
_ENTRIES = Order.objects.filter(leg=OuterRef("pk"), purpose=Purpose.ENTRY)
_CAME = _ENTRIES.order_by().values("leg").annotate(came=Sum("filled_qty")).values("came")
_LEG_COST = (
    Greatest(F("qty") - Coalesce(Subquery(_CAME), _NONE), _NONE)
    * F("price")
    * F("pyramid__group__instrument__contract_size")
    * (1 + Greatest(F("pyramid__group__instrument__taker_fee"), _NONE))
)


@cache
def legs_to_come(*, derivative: bool) -> Read[Any]:
    """By instrument what legs without an order would cost when their turn comes, and what that takes: margin, on futures."""
    needed = F("cost") / F("pyramid__group__leverage") if derivative else F("cost")
    return Read(
        lambda account_id: (
            Leg.objects.filter(
                ~Exists(_ENTRIES.filter(_ENDED_FOR_GOOD)),
                pyramid__group__account_id=account_id,
                pyramid__group__closed_at=None,
                pyramid__group__closing_at=None,
                ended_reason="",
            )
            .annotate(cost=_LEG_COST)
            .order_by()
            .values(instrument_id=F("pyramid__group__instrument_id"))
            .annotate(entries_cost=Coalesce(Sum("cost"), _NONE), reserved=Coalesce(Sum(needed), _NONE))
            .values_list("instrument_id", "entries_cost", "reserved")
        )
    )
