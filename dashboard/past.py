"""The pages "History" and its exports: closed groups page by page, and everything as CSV, streamed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet

from dashboard import given
from dashboard.groups import closed_row, entry_costs
from dashboard.sheets import Cell
from dashboard.snapshot import ClosedRow
from project.accounts.models import ExchangeAccount
from trading.domain.vocabulary import PositionSide
from trading.models import Fill, FundingPayment, Order, PnlPoint, PositionGroup

SHOWN = 50
READ_AT_ONCE = 2_000  # rows of an export held in memory


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of the page; `before` is where the page begins: (closed_at, id) of the last row above it."""

    search: str = ""
    side: str = ""
    timeframe_secs: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, int] | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.search or self.side or self.timeframe_secs or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Page:
    """Some closed groups, and where the next page begins; empty at the end."""

    rows: tuple[ClosedRow, ...]
    next: str = ""


def asked(query: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    return Asked(
        search=given.search(query.get("q", "")),
        side=query.get("side", "") if query.get("side") in tuple(PositionSide) else "",
        timeframe_secs=given.seconds(query.get("timeframe", "")),
        since=_day(query.get("from", "")),
        until=_day(query.get("to", ""), whole=True),
        before=_place(query.get("before", "")),
    )


def _day(text: str, *, whole: bool = False) -> datetime | None:
    """When a day begins; whole: when it is over."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=whole)
    except (ValueError, OverflowError):  # the latter: the last day there is has no end
        return None


def _place(text: str) -> tuple[datetime, int] | None:
    at, _, after = text.partition("_")
    moment, number = given.moment(at, zoned=True), given.number(after)
    return None if moment is None or number is None else (moment, number)


def page(account: ExchangeAccount, wanted: Asked) -> Page:
    """One page, the latest first; it costs the same wherever it begins."""
    found = list(closed(account, wanted).order_by("-closed_at", "-id")[: SHOWN + 1])
    shown, more = found[:SHOWN], len(found) > SHOWN
    entered = entry_costs(row.pk for row in shown)
    last = shown[-1] if more else None
    place = f"{last.closed_at.astimezone(UTC).isoformat()}_{last.pk}" if last and last.closed_at else ""
    return Page(tuple(closed_row(row, entered.get(row.pk)) for row in shown), place)


def closed(account: ExchangeAccount, wanted: Asked) -> QuerySet[PositionGroup]:
    """The account's closed groups that fit."""
    rows = PositionGroup.objects.filter(account=account, closed_at__isnull=False).select_related("instrument")
    fits = Q()
    if wanted.search:
        text = wanted.search
        fits &= Q(instrument__symbol__icontains=text) | Q(close_reason__icontains=text.replace(" ", "_"))
    if wanted.side:
        fits &= Q(side=wanted.side)
    if wanted.timeframe_secs:
        fits &= Q(timeframe_secs=wanted.timeframe_secs)
    if wanted.since:
        fits &= Q(closed_at__gte=wanted.since)
    if wanted.until:
        fits &= Q(closed_at__lt=wanted.until)
    if wanted.before:
        at, number = wanted.before
        fits &= Q(closed_at__lt=at) | Q(closed_at=at, pk__lt=number)
        fits &= Q(closed_at__lte=at)  # said once more by itself, so that the index is entered there
    return rows.filter(fits)


# exports -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as CSV: its columns, by the path of their field, and the rows of an account."""

    columns: Mapping[str, str]
    rows: Callable[[ExchangeAccount, Asked], QuerySet[Any]]


def _groups(account: ExchangeAccount, wanted: Asked) -> QuerySet[Any]:
    return closed(account, wanted).order_by("-closed_at", "-id")


def _orders(account: ExchangeAccount, wanted: Asked) -> QuerySet[Any]:
    return _within(Order.objects.filter(account=account), "created_at", wanted).order_by("id")


def _fills(account: ExchangeAccount, wanted: Asked) -> QuerySet[Any]:
    return _within(Fill.objects.filter(account=account), "at", wanted).order_by("id")


def _funding(account: ExchangeAccount, wanted: Asked) -> QuerySet[Any]:
    return _within(FundingPayment.objects.filter(account=account), "at", wanted).order_by("id")


def _curve(account: ExchangeAccount, wanted: Asked) -> QuerySet[Any]:
    return _within(PnlPoint.objects.filter(account=account), "at", wanted).order_by("at", "id")


def _within(rows: QuerySet[Any], name: str, wanted: Asked) -> QuerySet[Any]:
    limits = {f"{name}__gte": wanted.since, f"{name}__lt": wanted.until}
    return rows.filter(**{field: at for field, at in limits.items() if at is not None})


def _same(*names: str, **renamed: str) -> Mapping[str, str]:
    return MappingProxyType({**{name: name for name in names}, **renamed})


SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        "groups": Sheet(
            _same("id", "side", "timeframe_secs", "status", "close_reason", "opened_at", "closed_at", "realised_pnl",
                  "fees_quote", "dust_qty", "leverage", "tp_mode", pair="instrument__symbol",
                  quote="instrument__quote"), _groups),
        "orders": Sheet(
            _same("id", "purpose", "side", "type", "price", "trigger_price", "reference_price", "qty", "filled_qty",
                  "filled_cost", "state", "code", "client_order_id", "venue_order_id", "created_at", "submitted_at",
                  "acknowledged_at", pair="instrument__symbol", group="group_id"), _orders),
        "fills": Sheet(
            _same("id", "side", "price", "qty", "cost", "fee", "fee_currency", "maker", "venue_order_id",
                  "venue_trade_id", "at", pair="instrument__symbol", order="order_id", group="order__group_id",
                  fee_price="fee_price"), _fills),
        "funding": Sheet(_same("id", "amount", "at", pair="instrument__symbol", group="group_id"), _funding),
        "curve": Sheet(_same("at", "equity", "realised_pnl", "unrealised_pnl", "open_groups", group="group_id"), _curve),
    }
)  # fmt: skip


def lines(sheet: Sheet, account: ExchangeAccount, wanted: Asked) -> Iterator[Sequence[Cell]]:
    """The rows of an export, a few at a time, from the database to the reader."""
    rows = sheet.rows(account, wanted).values_list(*sheet.columns.values())
    return iter(rows.iterator(chunk_size=READ_AT_ONCE))
