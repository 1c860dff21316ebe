"""Position groups as the page shows them, with legs, orders and fills; those that closed lately in short."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, Sum

from dashboard import figures, words
from dashboard.rungs import rung_rows
from dashboard.snapshot import ClosedRow, FillRow, GroupRow, LegRow, Market, OrderRow, WatchRow
from project.accounts.models import ExchangeAccount
from project.reads import Read
from signals.market.instruments import facts
from signals.models import Instrument
from trading.domain.exit_view import ExitReason
from trading.domain.money import total
from trading.domain.order_state import RESTING, TERMINAL
from trading.domain.position import from_fills, open_profit
from trading.domain.vocabulary import PositionSide, Purpose, TakeProfitMode
from trading.models import Fill, FundingPayment, Leg, Order, PositionGroup
from trading.selectors import fill_view, rules_of

CLOSED_SHOWN = 10
FILLS_SHOWN = 40  # per group; the admin has them all

Booked = tuple[Order, Sequence[Fill]]  # an order and what it brought


def with_funding() -> QuerySet[PositionGroup]:
    """Groups with what funding brought them."""
    paid = FundingPayment.objects.filter(group=OuterRef("pk")).order_by().values("group")
    return PositionGroup.objects.annotate(funding_paid=Subquery(paid.annotate(sum=Sum("amount")).values("sum")))


def whole() -> QuerySet[PositionGroup]:
    """Any groups with everything that a row and its detail show: five questions, however many there are."""
    orders = Order.objects.order_by("id").prefetch_related("fills")
    found = with_funding().select_related("account", "instrument__ticker")
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
    return priced(unpriced(row), last)


def priced(still: GroupRow, last: Decimal | None) -> GroupRow:
    """What moves with the price: what the open quantity would bring at the last one, quote; None without."""
    market = replace(still.market, last=last)
    if last is None or still.qty == 0:
        return replace(still, market=market)
    side, unit = PositionSide(still.side), market.contract_size
    unrealised = open_profit(side=side, qty=still.qty, cost=still.cost, price=last, unit=unit)
    share = figures.share_pct(unrealised, still.cost)
    return replace(still, market=market, unrealised=unrealised, unrealised_pct=share)


def unpriced(row: PositionGroup, version: str = "") -> GroupRow:
    """What a group's own rows say of it, whatever the price is. version: names what these rows are, if anybody knows."""
    orders = list(row.orders.all())
    booked = [(order, list(order.fills.all())) for order in orders]
    pyramids = list(row.pyramids.all())
    return GroupRow(
        id=row.id,
        market=market_of(row.instrument, None),
        side=row.side,
        timeframe_secs=row.timeframe_secs,
        status=row.status,
        words=words.group_words(row.status),
        pyramids=len(pyramids),
        max_pyramids=int(row.settings["max_pyramids"]) if "max_pyramids" in row.settings else None,
        qty=row.qty,
        average_entry=row.average_entry,
        unrealised=None,
        unrealised_pct=None,
        realised=row.realised_pnl,
        tp_mode=row.tp_mode,
        next_target=_next_target(row, orders),
        opened_at=row.opened_at,
        legs=_legs(row, booked),
        orders=tuple(_order(order) for order in orders),
        fills=_fills(booked),
        fill_count=sum(len(fills) for _, fills in booked),
        leverage=row.leverage,
        funding=vars(row).get("funding_paid"),
        reduce_qty=row.reduce_qty,
        blocked=row.blocked,
        watch=(*rung_rows(row, orders), *_resting_stops(orders), *_watched(row)),
        break_even=row.break_even,
        fees=row.fees_quote,
        unpriced_fees=_unpriced_fees(row, booked),
        cost=row.cost,
        version=version,
        closed_at=row.closed_at,
        close_reason=words.close_words(row.close_reason),
        entered=_entered_cost(row, booked),
        average_exit=_average_exit(booked),
    )


def _average_exit(booked: Iterable[Booked]) -> Decimal | None:
    """The mean price of everything that closed it, quote; None before."""
    fills = [fill for order, fills in booked if order.purpose != Purpose.ENTRY for fill in fills]
    qty = total(fill.qty for fill in fills)
    return total(fill.qty * fill.price for fill in fills) / qty if qty else None


def _entered_cost(row: PositionGroup, booked: Iterable[Booked]) -> Decimal:
    """What the entries cost, quote."""
    entered = total(fill.cost for order, fills in booked if order.purpose == Purpose.ENTRY for fill in fills)
    cost: Decimal = entered * row.instrument.contract_size
    return cost


def _unpriced_fees(row: PositionGroup, booked: Iterable[Booked]) -> tuple[tuple[str, Decimal], ...]:
    """What was paid in coins that nobody knew a price of, by coin: no figure of the group knows of it."""
    counted, owed = (row.instrument.base, row.instrument.quote), defaultdict[str, Decimal](Decimal)
    for fill in (fill for _, fills in booked for fill in fills):
        if fill.fee and fill.fee_price is None and fill.fee_currency not in counted:
            owed[fill.fee_currency or "an unnamed coin"] += fill.fee
    return tuple(sorted(owed.items()))


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


def _fills(booked: Iterable[Booked]) -> tuple[FillRow, ...]:
    found = [(fill, order) for order, fills in booked for fill in fills]
    found.sort(key=lambda pair: (pair[0].at, pair[0].id), reverse=True)
    return tuple(
        FillRow(f.at, f.side, f.price, f.qty, f.fee, f.fee_currency, order.purpose) for f, order in found[:FILLS_SHOWN]
    )


def _legs(row: PositionGroup, booked: Iterable[Booked]) -> tuple[LegRow, ...]:
    by_leg: dict[int | None, list[Booked]] = defaultdict(list)
    for order, fills in booked:
        by_leg[order.leg_id].append((order, fills))
    pyramids = sorted(row.pyramids.all(), key=lambda pyramid: pyramid.index)
    pairs = [(p.index, leg) for p in pyramids for leg in sorted(p.legs.all(), key=lambda leg: leg.index)]
    shared = any(order.purpose == Purpose.TARGET and order.state not in TERMINAL for order, _ in by_leg[None])
    return tuple(_leg(row, index, leg, by_leg[leg.id], shared=shared) for index, leg in pairs)


def _leg(row: PositionGroup, pyramid: int, leg: Leg, booked: Sequence[Booked], *, shared: bool) -> LegRow:
    lines = [_line(order) for order, _ in booked]
    entries = [order for order, _ in booked if order.purpose == Purpose.ENTRY]
    of_group = shared or row.tp_mode == TakeProfitMode.AGGREGATE
    return LegRow(
        name=f"P{pyramid + 1} · {leg.index}",
        words=words.leg_words(lines, ended=row.closed_at is not None, shared=shared),
        mark=words.leg_mark(lines, ended=row.closed_at is not None),
        price=leg.price,
        qty=leg.qty,
        target_price=None if of_group else leg.target_price,
        result=_leg_result(row, booked),
        client_order_id=entries[-1].client_order_id if entries else "",
        code=words.leg_code(lines),
    )


def _leg_result(row: PositionGroup, booked: Sequence[Booked]) -> Decimal | None:
    """What a leg has realised, net of fees, quote; None until something of it was closed."""
    if not any(fills and order.purpose != Purpose.ENTRY for order, fills in booked):
        return None
    views = [fill_view(fill, order.leg_id) for order, fills in booked for fill in fills]
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
