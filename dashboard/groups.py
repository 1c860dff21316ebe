"""Position groups as the page shows them: open ones with legs, orders and fills; those that closed lately."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import Model, OuterRef, Prefetch, QuerySet, Subquery, Sum

from dashboard import figures, words
from dashboard.rungs import rung_rows
from dashboard.snapshot import ClosedRow, FillRow, GroupRow, LegRow, Market, OrderRow, WatchRow
from project.accounts.models import ExchangeAccount
from project.reads import Question, Read
from signals.market.instruments import facts
from signals.models import Instrument
from trading.domain.exit_view import ExitReason
from trading.domain.money import total
from trading.domain.order_state import RESTING, TERMINAL
from trading.domain.position import from_fills, open_profit
from trading.domain.vocabulary import PositionSide, Purpose, TakeProfitMode
from trading.models import Fill, FundingPayment, Leg, Order, PositionGroup, Pyramid
from trading.selectors import fill_view, rules_of

CLOSED_SHOWN = 10
FILLS_SHOWN = 40  # per group; the admin has them all

Prices = Mapping[int, Decimal]  # instrument id -> last price


def _with_funding() -> QuerySet[PositionGroup]:
    paid = FundingPayment.objects.filter(group=OuterRef("pk")).order_by().values("group")
    return PositionGroup.objects.annotate(funding_paid=Subquery(paid.annotate(sum=Sum("amount")).values("sum")))


# An account's open groups, and what hangs on them: all asked in one statement where a page asks ahead.
OPEN = Read(
    lambda account_id: (
        _with_funding()
        .filter(account_id=account_id, closed_at__isnull=True)
        .select_related("instrument")
        .order_by("-opened_at", "-id")
    )
)
OPEN_PYRAMIDS = Read(
    lambda account_id: Pyramid.objects.filter(group__account_id=account_id, group__closed_at=None).order_by("index")
)
OPEN_LEGS = Read(
    lambda account_id: Leg.objects.filter(
        pyramid__group__account_id=account_id, pyramid__group__closed_at=None
    ).order_by("index")
)
OPEN_ORDERS = Read(
    lambda account_id: Order.objects.filter(group__account_id=account_id, group__closed_at=None).order_by("id")
)
OPEN_FILLS = Read(
    lambda account_id: Fill.objects.filter(order__group__account_id=account_id, order__group__closed_at=None).order_by(
        "at", "id"
    )
)


def questions(account: ExchangeAccount) -> tuple[Question, ...]:
    """What open_rows() and recently_closed() ask."""
    return *open_questions(account), CLOSED.of(account_id=account.pk)


def open_questions(account: ExchangeAccount) -> tuple[Question, ...]:
    """What open_rows() asks."""
    reads = (OPEN, OPEN_PYRAMIDS, OPEN_LEGS, OPEN_ORDERS, OPEN_FILLS)
    return tuple(read.of(account_id=account.pk) for read in reads)


def open_rows(account: ExchangeAccount) -> list[PositionGroup]:
    """The account's open groups, newest first, with everything that a row and its detail show."""
    mine = {"account_id": account.pk}
    found, pyramids, orders = OPEN(**mine), OPEN_PYRAMIDS(**mine), OPEN_ORDERS(**mine)
    _attach(found, "pyramids", pyramids, by="group_id")
    _attach(pyramids, "legs", OPEN_LEGS(**mine), by="pyramid_id")
    _attach(found, "orders", orders, by="group_id")
    _attach(orders, "fills", OPEN_FILLS(**mine), by="order_id")
    return found


def _attach(parents: Iterable[Model], name: str, children: Iterable[Model], *, by: str) -> None:
    """Children where prefetch_related() would have put them."""
    of: dict[int, list[Model]] = defaultdict(list)
    for child in children:
        of[getattr(child, by)].append(child)
    for parent in parents:
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = of[parent.pk]


def open_groups(found: Iterable[PositionGroup], prices: Prices) -> tuple[GroupRow, ...]:
    """Open groups as the page shows them."""
    return tuple(group_row(row, prices.get(row.instrument_id)) for row in found)


def whole() -> QuerySet[PositionGroup]:
    """Any groups with everything that a row and its detail show: five questions, however many there are."""
    orders = Order.objects.order_by("id").prefetch_related("fills")
    found = _with_funding().select_related("account", "instrument__ticker")
    return found.prefetch_related("pyramids__legs", Prefetch("orders", orders))


def last_of(row: PositionGroup) -> Decimal | None:
    """The last price of a group's market; None while there is none."""
    ticker = getattr(row.instrument, "ticker", None)
    return ticker.last if ticker else None


def _with_entered() -> QuerySet[PositionGroup]:
    entries = Fill.objects.filter(order__group=OuterRef("pk"), order__purpose=Purpose.ENTRY).order_by()
    return PositionGroup.objects.annotate(
        entered=Subquery(entries.values("order__group").annotate(sum=Sum("cost")).values("sum"))
    )


CLOSED = Read(
    lambda account_id: (
        _with_entered()
        .filter(account_id=account_id, closed_at__isnull=False)
        .select_related("instrument")
        .order_by("-closed_at", "-id")[:CLOSED_SHOWN]
    )
)


def recently_closed(account: ExchangeAccount) -> tuple[ClosedRow, ...]:
    """The last groups that ended, newest first."""
    return tuple(closed_row(row, vars(row)["entered"]) for row in CLOSED(account_id=account.pk))


def entry_costs(group_ids: Iterable[int]) -> dict[int, Decimal]:
    """What the entries of groups cost, quote: the basis of a result in percent."""
    entries = Fill.objects.filter(order__group_id__in=list(group_ids), order__purpose=Purpose.ENTRY)
    return dict(entries.values_list("order__group_id").annotate(cost=Sum("cost")))


def market_of(instrument: Instrument, last: Decimal | None) -> Market:
    """How the numbers of an instrument are written."""
    names = ("symbol", "base", "quote", "tick_size", "lot_step", "contract_size")
    return Market(**{name: getattr(instrument, name) for name in names}, last=last)


def group_row(row: PositionGroup, last: Decimal | None) -> GroupRow:
    """A group with everything its row and its detail show; the row comes from whole()."""
    orders = list(row.orders.all())
    unrealised = _unrealised(row, last)
    pyramids = list(row.pyramids.all())
    return GroupRow(
        id=row.id,
        market=market_of(row.instrument, last),
        side=row.side,
        timeframe_secs=row.timeframe_secs,
        status=row.status,
        words=words.group_words(row.status),
        pyramids=len(pyramids),
        max_pyramids=int(row.settings["max_pyramids"]) if "max_pyramids" in row.settings else None,
        qty=row.qty,
        average_entry=row.average_entry,
        unrealised=unrealised,
        unrealised_pct=figures.share_pct(unrealised, row.cost),
        realised=row.realised_pnl,
        tp_mode=row.tp_mode,
        next_target=_next_target(row, orders),
        opened_at=row.opened_at,
        legs=_legs(row, orders),
        orders=tuple(_order(order) for order in orders),
        fills=_fills(orders),
        leverage=row.leverage,
        funding=vars(row).get("funding_paid"),
        reduce_qty=row.reduce_qty,
        blocked=row.blocked,
        watch=(*rung_rows(row, orders), *_resting_stops(orders), *_watched(row)),
        break_even=row.break_even,
        fees=row.fees_quote,
        closed_at=row.closed_at,
        close_reason=words.close_words(row.close_reason),
        result_pct=figures.share_pct(row.realised_pnl, _entered_cost(row, orders)),
        average_exit=_average_exit(orders),
    )


def _average_exit(orders: Iterable[Order]) -> Decimal | None:
    """The mean price of everything that closed it, quote; None before."""
    fills = [fill for order in orders if order.purpose != Purpose.ENTRY for fill in order.fills.all()]
    qty = total(fill.qty for fill in fills)
    return total(fill.qty * fill.price for fill in fills) / qty if qty else None


def _entered_cost(row: PositionGroup, orders: Iterable[Order]) -> Decimal:
    """What the entries cost, quote."""
    entered = total(fill.cost for order in orders if order.purpose == Purpose.ENTRY for fill in order.fills.all())
    cost: Decimal = entered * row.instrument.contract_size
    return cost


def _unrealised(row: PositionGroup, last: Decimal | None) -> Decimal | None:
    """What the open quantity would bring at the last price, quote; None without a price."""
    if last is None or row.qty == 0:
        return None
    side, unit = PositionSide(row.side), row.instrument.contract_size
    return open_profit(side=side, qty=row.qty, cost=row.cost, price=last, unit=unit)


def _next_target(row: PositionGroup, orders: Iterable[Order]) -> Decimal | None:
    """The target that the price reaches first, resting or watched: the lowest of a LONG, the highest of a SHORT."""
    resting = (o.price for o in orders if o.purpose == Purpose.TARGET and o.state in RESTING)
    watched = (w.trigger_price for w in _watched(row) if w.words == words.watch_words(ExitReason.AGGREGATE_TARGET))
    prices = [price for price in (*resting, *watched) if price is not None]
    return min(prices, key=lambda price: PositionSide(row.side).sign * price, default=None)


def _watched(row: PositionGroup) -> tuple[WatchRow, ...]:
    """The exits that the engine watches, as it last wrote them down."""
    return tuple(_watch(said) for said in row.watch)


def _watch(said: Mapping[str, str | None]) -> WatchRow:
    price = said["trigger_price"]
    name = words.watch_words(said["kind"] or "")
    stops = said["kind"] in words.STOPS
    return WatchRow(name, None if price is None else Decimal(price), said.get("note") or "", stops=stops)


def _resting_stops(orders: Iterable[Order]) -> tuple[WatchRow, ...]:
    """Stops that rest at the venue: they stand even while we are down."""
    stops = (o for o in orders if o.purpose == Purpose.STOP and o.state not in TERMINAL)
    return tuple(WatchRow("stop at the venue", o.trigger_price, words.order_words(o.state), stops=True) for o in stops)


def _line(order: Order) -> words.OrderLine:
    return words.OrderLine(order.purpose, order.state, order.qty, order.filled_qty, order.code)


def _order(order: Order) -> OrderRow:
    return OrderRow(
        _line(order), order.side, order.type, order.price, order.client_order_id, order.trigger_price, order.pk
    )


def _fills(orders: Iterable[Order]) -> tuple[FillRow, ...]:
    found = [(fill, order) for order in orders for fill in order.fills.all()]
    found.sort(key=lambda pair: (pair[0].at, pair[0].id), reverse=True)
    return tuple(
        FillRow(f.at, f.side, f.price, f.qty, f.fee, f.fee_currency, order.purpose) for f, order in found[:FILLS_SHOWN]
    )


def _legs(row: PositionGroup, orders: Iterable[Order]) -> tuple[LegRow, ...]:
    by_leg: dict[int | None, list[Order]] = defaultdict(list)
    for order in orders:
        by_leg[order.leg_id].append(order)
    pyramids = sorted(row.pyramids.all(), key=lambda pyramid: pyramid.index)
    pairs = [(p.index, leg) for p in pyramids for leg in sorted(p.legs.all(), key=lambda leg: leg.index)]
    shared = any(order.purpose == Purpose.TARGET and order.state not in TERMINAL for order in by_leg[None])
    return tuple(_leg(row, index, leg, by_leg[leg.id], shared=shared) for index, leg in pairs)


def _leg(row: PositionGroup, pyramid: int, leg: Leg, orders: list[Order], *, shared: bool) -> LegRow:
    lines = [_line(order) for order in orders]
    entries = [order for order in orders if order.purpose == Purpose.ENTRY]
    of_group = shared or row.tp_mode == TakeProfitMode.AGGREGATE
    return LegRow(
        name=f"P{pyramid + 1} · {leg.index}",
        words=words.leg_words(lines, ended=row.closed_at is not None, shared=shared),
        mark=words.leg_mark(lines, ended=row.closed_at is not None),
        price=leg.price,
        qty=leg.qty,
        target_price=None if of_group else leg.target_price,
        result=_leg_result(row, orders),
        client_order_id=entries[-1].client_order_id if entries else "",
    )


def _leg_result(row: PositionGroup, orders: Iterable[Order]) -> Decimal | None:
    """What a leg has realised, net of fees, quote; None until something of it was closed."""
    fills = [(fill, order) for order in orders for fill in order.fills.all()]
    if not any(order.purpose != Purpose.ENTRY for _, order in fills):
        return None
    views = [fill_view(fill, order.leg_id) for fill, order in fills]
    return from_fills(views, side=PositionSide(row.side), rules=rules_of(facts(row.instrument))).realised_pnl


def closed_row(row: PositionGroup, entered: Decimal | None) -> ClosedRow:
    """A group that is over; entered is what its entries cost, before the contract size."""
    cost = entered * row.instrument.contract_size if entered else None
    return ClosedRow(
        id=row.id,
        symbol=row.instrument.symbol,
        quote=row.instrument.quote,
        side=row.side,
        timeframe_secs=row.timeframe_secs,
        status=row.status,
        reason=words.close_words(row.close_reason) or words.group_words(row.status),
        result=row.realised_pnl,
        result_pct=figures.share_pct(row.realised_pnl, cost),
        opened_at=row.opened_at,
        closed_at=row.closed_at or row.opened_at,
        fees=row.fees_quote,
    )
