"""The page "Groups": which groups are asked for, in which order, and one group's history in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet

from dashboard import given, groups, open_groups, telling
from dashboard.logs import folded
from dashboard.snapshot import GroupRow
from dashboard.telling import Line
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.journal.models import JournalEntry
from signals.models import Signal
from trading import selectors
from trading.domain.vocabulary import GroupStatus, PositionSide
from trading.domain.words import group_words
from trading.models import PositionGroup
from trading.selectors import QUOTED

OPEN_SHOWN = 200  # open ones are no more than the pool has slots
SHOWN = 40  # of those that closed; the history goes through all of them
TOLD = 200  # events of one group's history
OPEN, CLOSED = "open", "closed"
ZERO = Decimal(0)

Key = Callable[[GroupRow], Any]
SORTS: Mapping[str, Key] = MappingProxyType(
    {
        "opened": lambda row: row.opened_at,
        "pair": lambda row: row.market.symbol,
        "legs": lambda row: row.filled_legs,
        "entry": lambda row: row.average_entry or ZERO,
        "result": lambda row: row.result or ZERO,
        "result_pct": lambda row: row.result_pct or ZERO,
        "exit": lambda row: row.target_distance_pct if row.target_distance_pct is not None else Decimal(10_000),
    }
)
DEFAULT_SORT = "-opened"


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of the page, as far as it makes sense; `sort` begins with a minus where the largest comes first."""

    status: str = OPEN
    side: str = ""
    timeframe_secs: int | None = None
    search: str = ""
    sort: str = DEFAULT_SORT
    unfolded: frozenset[int] = frozenset()

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for but the open groups."""
        return bool(self.status != OPEN or self.side or self.timeframe_secs or self.search)

    @property
    def is_of_open(self) -> bool:
        """Whether only groups that are not over are asked for."""
        return self.status == OPEN or (self.status in tuple(GroupStatus) and not GroupStatus(self.status).ended)


def asked(query: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    sort, status = query.get("sort", DEFAULT_SORT), query.get("status", OPEN)
    unfolded = map(given.number, query.get("open", "").split(","))
    return Asked(
        status=status if status in (OPEN, CLOSED, "all", *GroupStatus) else OPEN,
        side=query.get("side", "") if query.get("side") in tuple(PositionSide) else "",
        timeframe_secs=given.seconds(query.get("timeframe", "")),
        search=given.search(query.get("q", "")),
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        unfolded=frozenset(number for number in unfolded if number is not None),
    )


def statuses() -> tuple[tuple[str, str], ...]:
    """The choices of the status filter, with their words."""
    return (
        (OPEN, "open"),
        (CLOSED, "closed"),
        ("all", "all"),
        *((status, group_words(status)) for status in GroupStatus),
    )


def rows(account: ExchangeAccount, wanted: Asked) -> tuple[GroupRow, ...]:
    """The groups that fit, in the order asked for; of closed ones the latest."""
    shown = _narrowed(account, wanted) if wanted.is_narrowed else _open(account)
    name = wanted.sort.removeprefix("-")
    return tuple(sorted(shown, key=SORTS[name], reverse=wanted.sort != name))


def _open(account: ExchangeAccount) -> tuple[GroupRow, ...]:
    """What is looked at most, in one question, and another where a group has changed."""
    prices = QUOTED.of(venue=account.venue, environment=account.environment)
    with ahead(prices, *open_groups.questions(account)):
        quoted = selectors.quoted(venue=account.venue, environment=account.environment)
        found = open_groups.rows(account, {pk: price.last for pk, price in quoted.items()})
    return tuple(sorted(found, key=lambda row: -row.id)[:OPEN_SHOWN])


def _narrowed(account: ExchangeAccount, wanted: Asked) -> list[GroupRow]:
    fitting = _fitting(groups.whole().filter(account=account), wanted).order_by("-id")
    fitting = fitting[: OPEN_SHOWN if wanted.is_of_open else SHOWN]
    return [groups.group_row(row, groups.last_of(row)) for row in fitting]


def _fitting(rows: QuerySet[PositionGroup], wanted: Asked) -> QuerySet[PositionGroup]:
    if wanted.status in (OPEN, CLOSED):
        rows = rows.filter(closed_at__isnull=wanted.status == OPEN)
    elif wanted.status != "all":
        rows = rows.filter(status=wanted.status)
    if wanted.side:
        rows = rows.filter(side=wanted.side)
    if wanted.timeframe_secs:
        rows = rows.filter(timeframe_secs=wanted.timeframe_secs)
    return rows.filter(_found(wanted.search)) if wanted.search else rows


def _found(text: str) -> Q:
    """A pair, a number of a group, why it closed, or the client order id of one of its orders."""
    by_text = Q(instrument__symbol__icontains=text) | Q(close_reason__icontains=text.replace(" ", "_"))
    by_text |= Q(pk__in=PositionGroup.objects.filter(orders__client_order_id=text).values("pk"))
    number = given.number(text)
    return by_text if number is None else by_text | Q(pk=number)


def alerts_of(row: PositionGroup) -> tuple[int, ...]:
    """The alerts that opened it and added to it, in their order."""
    signals = [pyramid.signal_id for pyramid in row.pyramids.all() if pyramid.signal_id is not None]
    return tuple(Signal.objects.filter(pk__in=signals).order_by("alert_id").values_list("alert_id", flat=True))


def history(row: PositionGroup, *, alerts: Sequence[int] = (), until: datetime | None = None) -> tuple[Line, ...]:
    """What happened to a group, its orders and the alerts behind it, the latest first; repeats of a moment as one."""
    subjects = [f"group:{row.pk}", *(f"order:{order.pk}" for order in row.orders.all())]
    subjects += [f"alert:{number}" for number in alerts]
    entries = JournalEntry.objects.filter(subject__in=subjects)
    if until is not None:
        entries = entries.filter(at__lte=until)
    return folded(
        Line(
            entry.pk,
            entry.at,
            entry.kind,
            entry.subject,
            telling.told(entry.kind, entry.payload, row.instrument),
            row.pk,
        )
        for entry in entries.order_by("-id")[:TOLD]
    )
