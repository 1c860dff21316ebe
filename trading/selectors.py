"""Reads: rows into the frozen snapshots that the domain decides on. No decision here, no write."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import takewhile

from django.db.models import Q, QuerySet

from project.reads import Read
from signals.evaluate import AlertFacts, made_by_hand
from signals.market.instruments import InstrumentFacts, facts
from signals.models import Alert, Ticker
from trading.domain import position as positions
from trading.domain.exit_ladder import rung_of
from trading.domain.exit_plan import Prices
from trading.domain.exit_view import RungState
from trading.domain.grid import InstrumentRules
from trading.domain.group_status import LegProgress
from trading.domain.ladder import LadderLeg, RestingEntry, WithdrawReason
from trading.domain.money import ZERO, total
from trading.domain.order_state import RESTING, SOUGHT, TERMINAL, OrderState
from trading.domain.position import FillView, Position
from trading.domain.take_profit import LegHolding, RestingTarget, paid_target
from trading.domain.vocabulary import MarketKind, OrderType, PositionSide, Purpose, Side
from trading.errors import TOO_LATE
from trading.models import DustMove, Fill, FundingPayment, Leg, Order, PositionGroup
from trading.models.order import LACKING

ON_BOOK = Q(state__in=sorted(RESTING))
FILLS_MISSING = LACKING
ENDED = sorted(TERMINAL)
UNSETTLED = ~Q(state__in=ENDED) | FILLS_MISSING
PROMISES_NOTHING = frozenset({Purpose.ENTRY, Purpose.STOP})
# A stop is conditional and reduce-only: it takes what is there when it triggers, and no more.
COMES_AGAIN = frozenset({WithdrawReason.OUTSIDE_WINDOW, WithdrawReason.REPRICED})


def rules_of(instrument: InstrumentFacts) -> InstrumentRules:
    """An instrument's rules as the grid wants them."""
    return InstrumentRules(
        symbol=instrument.symbol,
        base=instrument.base,
        quote=instrument.quote,
        kind=MarketKind(instrument.kind),
        tick_size=instrument.tick_size,
        lot_step=instrument.lot_step,
        min_qty=instrument.min_qty,
        max_qty=instrument.max_qty,
        min_notional=instrument.min_notional,
        contract_size=instrument.contract_size,
        maker_fee=instrument.maker_fee,
        taker_fee=instrument.taker_fee,
        max_open_orders=instrument.max_open_orders,
        max_market_qty=instrument.max_market_qty,
    )


def alert_facts(alert: Alert) -> AlertFacts:
    """A stored delivery as evaluation sees it; its source should be loaded with it."""
    source = alert.source
    return AlertFacts(
        id=alert.pk,
        source_id=source.pk,
        source_name=source.name,
        format=alert.format,
        raw=alert.raw,
        received_at=alert.received_at,
        whitelist=tuple(source.pair_whitelist),
        default_timeframe_secs=source.default_timeframe_secs,
        default_size=source.default_size,
        live=source.live,
        refused=alert.reason if not alert.format else "",
        by_hand=made_by_hand(alert.dedupe_key),
    )


@dataclass(frozen=True, slots=True)
class Quoted:
    """The last known price of an instrument, and what it is quoted in; `at` is when we asked."""

    instrument_id: int
    base: str
    quote: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    at: datetime


QUOTED = Read(
    lambda venue, environment: Ticker.objects.filter(
        instrument__venue=venue, instrument__environment=environment
    ).values_list("instrument_id", "instrument__base", "instrument__quote", "bid", "ask", "last", "at")
)


def quoted(*, venue: str, environment: str) -> dict[int, Quoted]:
    """Every price of a venue, by instrument; a venue has hundreds, and each batch of decisions asks."""
    return {row[0]: Quoted(*row) for row in QUOTED(venue=venue, environment=environment)}


def to_watch(account_id: int) -> QuerySet[Order]:
    """Orders the venue may have news of: on the book, or reported filled with fills still missing."""
    return Order.objects.filter(ON_BOOK | FILLS_MISSING, account_id=account_id).select_related("instrument")


def working(group_id: int) -> QuerySet[Order]:
    """Orders of a group that may still fill, or whose fills are not all here."""
    return Order.objects.filter(UNSETTLED, group_id=group_id)


# What a group is drawn from.
ORDERS_OF = Read(lambda group_id: Order.objects.filter(group_id=group_id).order_by("id"))
FILLS_OF = Read(lambda group_id: Fill.objects.filter(order__group_id=group_id))
FUNDING_OF = Read(lambda group_id: FundingPayment.objects.filter(group_id=group_id).values_list("amount", flat=True))
LEGS_OF = Read(
    lambda group_id: (
        Leg.objects.filter(pyramid__group_id=group_id).select_related("pyramid").order_by("pyramid__index", "index")
    )
)
TICKER = Read(lambda instrument_id: Ticker.objects.filter(instrument_id=instrument_id))
DUST_OF = Read(
    lambda group_id: DustMove.objects.filter(
        Q(group_id=group_id) | Q(to_group_id=group_id), undone_at=None, to_group__isnull=False
    ).order_by("id")
)
WRITTEN_OFF = Read(
    lambda group_id: DustMove.objects.filter(group_id=group_id, to_group=None, undone_at=None).values_list(
        "qty", flat=True
    )
)


@dataclass(frozen=True, slots=True)
class GroupPicture:
    """Everything a decision about a group needs, as of one moment under the account's lock."""

    id: int
    side: PositionSide
    rules: InstrumentRules
    position: Position
    legs: tuple[LegProgress, ...]
    holdings: tuple[LegHolding, ...]
    ladder: tuple[LadderLeg, ...]
    orders: tuple[Order, ...]
    price: Decimal
    prices: Prices | None
    last_fill: Decimal | None
    last_fill_at: datetime | None = None

    @property
    def unsettled(self) -> tuple[Order, ...]:
        """Orders that may still fill, are undecided, or lack fills."""
        return tuple(order for order in self.orders if is_unsettled(order))

    @property
    def aggregate(self) -> RestingTarget | None:
        """The resting target for the whole group, until all its fills are here."""
        live = (o for o in self.unsettled if o.purpose == Purpose.TARGET and o.leg_id is None)
        return next((_resting(order) for order in live if rung_of(order.intent_key) is None), None)

    @property
    def rungs(self) -> tuple[RungState, ...]:
        """Those of the exit ladder that ever had a target."""
        known = sorted({n for order in self.orders if (n := rung_of(order.intent_key)) is not None})
        return tuple(_rung_state(n, [o for o in self.orders if rung_of(o.intent_key) == n]) for n in known)

    @property
    def reducing_qty(self) -> Decimal:
        """What reductions that were sent may still sell, base."""
        return total(o.qty - o.filled_qty for o in self.unsettled if o.purpose == Purpose.REDUCE)

    @property
    def promised_qty(self) -> Decimal:
        """What exits that may still fill would sell, base."""
        return total(o.qty - o.filled_qty for o in self.unsettled if o.purpose not in PROMISES_NOTHING)

    @property
    def awaited(self) -> bool:
        """Whether it is only a moment until more is known of an order: a close waits for that, not for one that is sought."""
        return any(order.state not in SOUGHT for order in self.unsettled)

    @property
    def sought_qty(self) -> Decimal:
        """What exits that nobody knows the fate of may have sold, base: nothing else may sell it."""
        sought = (o for o in self.unsettled if o.state in SOUGHT and o.purpose not in PROMISES_NOTHING)
        return total(o.qty - o.filled_qty for o in sought)

    @property
    def sales_working(self) -> bool:
        """Whether an exit is on its way that is not just a stop waiting for its price."""
        return any(order.purpose not in PROMISES_NOTHING for order in self.unsettled)

    @property
    def exits_working(self) -> bool:
        """Whether an order that shrinks the position is unsettled."""
        return any(Purpose(o.purpose) is not Purpose.ENTRY for o in self.unsettled)


def picture(group: PositionGroup) -> GroupPicture:
    """The group as the domain sees it; seven queries."""
    rules, side = rules_of(facts(group.instrument)), PositionSide(group.side)
    orders = tuple(ORDERS_OF(group_id=group.pk))
    by_id = {order.pk: order for order in orders}
    rows = FILLS_OF(group_id=group.pk)
    fills = {fill.pk: fill_view(fill, by_id[fill.order_id].leg_id) for fill in rows}
    paid = total(FUNDING_OF(group_id=group.pk))
    moved = _dust(group, side, rules)
    position = positions.from_fills([*fills.values(), *moved], side=side, rules=rules, funding=paid)
    legs = LEGS_OF(group_id=group.pk)
    ticker = TICKER.first(instrument_id=group.instrument_id)
    ladder = tuple(_rung(leg, _entries(leg, orders), rules.contract_size) for leg in legs)
    views = defaultdict(list)
    for row in rows:
        views[by_id[row.order_id].leg_id].append(fills[row.pk])
    for view in moved:
        views[view.leg_id].append(view)
    last = max(rows, key=lambda row: (row.at, row.pk), default=None)
    return GroupPicture(
        id=group.pk,
        side=side,
        rules=rules,
        position=position,
        legs=tuple(_progress(rung, closing=group.closing_at is not None) for rung in ladder),
        ladder=ladder,
        holdings=tuple(_holding(leg, orders, views[leg.pk], side, rules) for leg in legs),
        orders=orders,
        price=ticker.last if ticker else position.average_entry or ZERO,
        prices=Prices(ticker.bid, ticker.ask, ticker.last, ticker.mark, ticker.at) if ticker else None,
        last_fill=last.price if last else None,
        last_fill_at=last.at if last else None,
    )


def _dust(group: PositionGroup, side: PositionSide, rules: InstrumentRules) -> list[FillView]:
    """Dust that came into the group, or went out of it into another, at what it had cost: as fills without a fee."""
    sides = {True: side.entry_side, False: side.exit_side}
    return [
        FillView(sides[came], row.qty, row.price, ZERO, rules.quote, row.at, row.leg_id if came else None)
        for row in DUST_OF(group_id=group.pk)
        for came in (row.to_group_id == group.pk,)
    ]


def fill_view(fill: Fill, leg_id: int | None) -> FillView:
    """A fill row as the position maths sees it."""
    return FillView(
        side=Side(fill.side),
        qty=fill.qty,
        price=fill.price,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        at=fill.at,
        leg_id=leg_id,
        fee_price=fill.fee_price,
    )


def _entries(leg: Leg, orders: Iterable[Order]) -> list[Order]:
    return [o for o in orders if o.leg_id == leg.pk and o.purpose == Purpose.ENTRY]


def _rung(leg: Leg, entries: Sequence[Order], contract_size: Decimal) -> LadderLeg:
    """A leg as the ladder sees it: its plan, what came in, and the order that may still bring more."""
    filled, cost = total(o.filled_qty for o in entries), total(o.filled_cost for o in entries)
    live = next((o for o in entries if is_unsettled(o)), None)
    return LadderLeg(
        leg_id=leg.pk,
        pyramid_index=leg.pyramid.index,
        index=leg.index,
        base_price=leg.pyramid.base_price,
        price=leg.price,
        qty=leg.qty,
        filled_qty=filled,
        take_profit_pct=leg.take_profit_pct,
        created_at=leg.pyramid.created_at,
        average_price=cost / filled / contract_size if filled else None,
        resting=RestingEntry(live.pk, live.price, OrderState(live.state)) if live else None,
        done=bool(leg.ended_reason) or (live is None and _ended_for_good(entries)),
    )


def _ended_for_good(entries: Sequence[Order]) -> bool:
    """Its last order ended, and not because we took it back for a while; a leg without any is still planned."""
    return bool(entries) and entries[-1].code not in COMES_AGAIN


def _progress(rung: LadderLeg, *, closing: bool) -> LegProgress:
    """A closing group places nothing any more: what only waited is done."""
    done = rung.resting is None and (closing or rung.done or not rung.waits)
    return LegProgress(qty=rung.qty, filled_qty=rung.filled_qty, done=done)


def is_unsettled(order: Order) -> bool:
    """Whether it may still fill, is undecided, or lacks fills."""
    return order.state not in TERMINAL or order.reported_qty > order.filled_qty


def _holding(
    leg: Leg, orders: Sequence[Order], fills: Sequence[FillView], side: PositionSide, rules: InstrumentRules
) -> LegHolding:
    targets = [o for o in orders if o.leg_id == leg.pk and o.purpose == Purpose.TARGET]
    live = next((o for o in targets if is_unsettled(o)), None)  # until its last fill is here it promises what it sold
    return LegHolding(
        leg_id=leg.pk,
        index=leg.index,
        pyramid_index=leg.pyramid.index,
        filled_qty=total(o.filled_qty for o in _entries(leg, orders)),
        net_qty=positions.leg_qty(fills, side=side, rules=rules),
        closed_qty=total(o.filled_qty for o in targets),
        target_price=_target_price(leg, orders, fills, side, rules),
        resting=_resting(live) if live else None,
    )


def _target_price(
    leg: Leg, orders: Sequence[Order], fills: Sequence[FillView], side: PositionSide, rules: InstrumentRules
) -> Decimal:
    """Where the leg takes profit: as planned, or by what was paid where it was entered at market."""
    at_market = any(order.type == OrderType.MARKET for order in _entries(leg, orders))
    return paid_target(leg.target_price, fills, side=side, rules=rules) if at_market else leg.target_price


def _rung_state(number: int, targets: Sequence[Order]) -> RungState:
    live = tuple(_resting(order) for order in targets if is_unsettled(order))
    return RungState(number, total(o.filled_qty for o in targets), live)


def _resting(order: Order) -> RestingTarget:
    """A live target and what it still promises, by the fills we have: closed_qty is counted by the same."""
    return RestingTarget(order.pk, order.qty - order.filled_qty, order.price or ZERO, OrderState(order.state))


def failures(
    orders: Iterable[Order], *, purpose: Purpose, leg_id: int | None = None, rung: int | None = None
) -> tuple[int, datetime | None]:
    """How many orders of this purpose and this leg or rung in a row were refused, and when the last one was.

    Orders that could not leave (no connection, the mode) count as one failure together: tried again steadily.
    """
    same = (o for o in orders if o.purpose == purpose and o.leg_id == leg_id)
    tail = [o for o in same if rung_of(o.intent_key) == rung]
    failed = list(takewhile(lambda o: _refused(o) or never_left(o), reversed(tail)))
    if not failed:
        return 0, None
    return max(sum(map(_refused, failed)), 1), failed[0].updated_at


def _refused(order: Order) -> bool:
    """By the venue, or by a book that had nobody to trade with."""
    nobody = order.state == OrderState.EXPIRED and order.type == OrderType.MARKET and not order.filled_qty
    return order.state == OrderState.REJECTED or nobody


def never_left(order: Order) -> bool:
    """Stopped on its way out: not placed without a single look-up, and not for being too late, which cures itself."""
    return order.state == OrderState.NOT_PLACED and order.polls == 0 and order.code != TOO_LATE


def prices(instrument_ids: Iterable[int]) -> Mapping[int, Ticker]:
    """Tickers by instrument."""
    return {ticker.instrument_id: ticker for ticker in Ticker.objects.filter(instrument_id__in=list(instrument_ids))}
