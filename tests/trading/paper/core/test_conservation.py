"""Whatever happens in whatever order: nothing is lost, nothing is conjured up, nothing goes below zero."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.paper.core.worlds import BTC, a, world
from tests.trading.paper.core.worlds import carry_out as carried_out
from trading.paper.core import atoms, commands, conditional, lists, prints
from trading.paper.core import chains as chained
from trading.paper.core.apply import apply
from trading.paper.core.chains import WORKING
from trading.paper.core.depth import Depth
from trading.paper.core.events import Deposited, Event, Filled
from trading.paper.core.fees import Discount, Tier
from trading.paper.core.market import Market
from trading.paper.core.orders import (
    AT_MARKET,
    CONDITIONAL,
    Order,
    OrderType,
    Request,
    Role,
    SelfTrade,
    Side,
    Terms,
    TimeInForce,
)
from trading.paper.core.prints import Print
from trading.paper.core.refusals import Refused
from trading.paper.core.state import State, opened
from trading.paper.ledger import records

DEPTH = Depth(levels=3, level_notional=a("3000"))

prices = st.integers(5_990_000, 6_010_000).map(lambda ticks: ticks * BTC.tick_size)
qtys = st.integers(10, 20_000).map(lambda lots: lots * BTC.lot_step)
sides = st.sampled_from(Side)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    kind = draw(st.sampled_from(OrderType))
    limited = kind not in AT_MARKET
    budget = kind is OrderType.MARKET and draw(st.booleans())
    plain = kind in (OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
    qty = 0 if budget else draw(qtys)
    return Request(
        account=draw(st.sampled_from(["ann", "bob"])),
        symbol="BTCUSDT",
        side=draw(sides),
        type=kind,
        time_in_force=draw(st.sampled_from(TimeInForce)) if plain else TimeInForce.GTC,
        price=draw(prices) if limited else 0,
        qty=qty,
        quote_qty=draw(st.integers(5, 12_000)) * atoms.SCALE if budget else 0,
        terms=draw(terms(kind, qty)),
    )


@st.composite
def terms(draw: st.DrawFn, kind: OrderType, qty: int) -> Terms | None:
    """Stops, trails, icebergs and self-trade prevention, as far as they go with the type."""
    waits = kind in CONDITIONAL
    trails = waits and draw(st.booleans())
    given_ = Terms(
        0,
        stop_price=draw(prices) if waits and (not trails or draw(st.booleans())) else 0,
        trailing_bps=draw(st.integers(10, 60)) if trails else 0,
        iceberg_qty=qty // 3 // BTC.lot_step * BTC.lot_step if kind is OrderType.LIMIT and draw(st.booleans()) else 0,
        self_trade=draw(st.sampled_from(SelfTrade)).value,
    )
    return None if given_ == Terms(0) else given_


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Request, Request]:
    """One-cancels-the-other: a profit and a stop around the price."""
    side, qty, account = draw(sides), draw(qtys), draw(st.sampled_from(["ann", "bob"]))
    high, low = draw(prices), draw(prices)
    shared = {"account": account, "symbol": "BTCUSDT", "side": side, "qty": qty}
    profit = Request(
        type=OrderType.LIMIT_MAKER, price=max(high, low) if side is Side.SELL else min(high, low), **shared
    )
    stop_price = min(high, low) if side is Side.SELL else max(high, low)
    stop = Request(type=OrderType.STOP_LOSS, terms=Terms(0, stop_price=stop_price), **shared)
    return (profit, stop) if side is Side.SELL else (stop, profit)


@st.composite
def chains(draw: st.DrawFn) -> list[Request]:
    """One triggers the other: a limit order, and one or a pair that begins once it is filled."""
    account, side, qty = draw(st.sampled_from(["ann", "bob"])), draw(sides), draw(qtys)
    shared = {"account": account, "symbol": "BTCUSDT", "qty": qty}
    working = Request(type=draw(st.sampled_from(sorted(WORKING))), side=side, price=draw(prices), **shared)
    if draw(st.booleans()):
        above, below = draw(pairs())
        return [working, replace(above, account=account), replace(below, account=account)]
    leg = draw(requests().filter(lambda one: one.qty))
    return [working, replace(leg, account=account)]


strangers = st.builds(Print, at_ms=st.just(3), price=prices, qty=st.none() | qtys, aggressor=sides)
smaller = st.tuples(st.integers(0, 30), qtys)
steps = st.lists(requests() | strangers | st.integers(0, 30) | pairs() | smaller | chains(), max_size=40)

Step = Request | Print | int | tuple[Request, Request] | tuple[int, int] | list[Request]


def carry_out(state: State, batch: Iterable[Event]) -> list[Event]:
    """A command with all that follows from it."""
    return carried_out(state, chained.followed(state, batch))


def carry_on(state: State, step: Step) -> list[Event]:
    """One step; a refused one changes nothing."""
    market = state.markets["BTCUSDT"]
    try:
        match step:
            case Request():
                return carry_out(state, commands.place(state, step, now_ms=2))
            case Print():
                market.price = step.price
                filled = carry_out(state, prints.fills(state, market, step))
                return filled + carry_out(state, conditional.fire(state, "BTCUSDT", now_ms=3))
            case list():
                return carry_out(state, chained.place_oto(state, step[0], step[1:], client_id="", now_ms=2))
            case (Request() as above, below):
                return carry_out(state, lists.place_oco(state, above, below, client_id="", now_ms=2))
            case (order_id, qty):
                return carry_out(state, commands.amend(state.orders.get(order_id) or CLOSED, qty, now_ms=2))
            case _:
                found = state.orders.get(step) or CLOSED
                return carry_out(state, commands.cancel_with_list(state, found, now_ms=2))
    except Refused:
        return []


CLOSED = Order(
    id=0, account="ann", instrument=BTC, client_id="", side=Side.BUY, type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC, price=0, qty=0, quote_qty=0, created_ms=0, updated_ms=0, status="FILLED",
)  # fmt: skip


def expected(state: State, events: list[Event]) -> Counter[tuple[str, str]]:
    """Every account's holdings, added up from the events by hand."""
    total: Counter[tuple[str, str]] = Counter()
    for event in events:
        if isinstance(event, Deposited):
            total[(event.account, event.asset)] += event.amount
        if isinstance(event, Filled):
            order = state.orders[event.order_id]
            notional = event.price * event.qty // atoms.SCALE
            sign = 1 if order.side is Side.BUY else -1
            total[(order.account, "BTC")] += sign * event.qty
            total[(order.account, "USDT")] -= sign * notional
            total[(order.account, event.fee_asset or order.receives)] -= event.fee
    return total


def held(state: State) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (name, asset): one.free + one.locked
            for name, acc in state.accounts.items()
            for asset, one in acc.balances.items()
        }
    )


def locks(state: State) -> Counter[tuple[str, str]]:
    total: Counter[tuple[str, str]] = Counter()
    for order in state.orders.values():
        total[(order.account, order.spends)] += order.locked if order.open else 0
    return total


@settings(max_examples=150, deadline=None)
@given(steps)
def test_every_step_keeps_the_books(script: list[Step]) -> None:
    state = world(price="60000", depth=DEPTH)
    events: list[Event] = [deposit for name in ("ann", "bob") for deposit in state.deposits[name]]
    for step in script:
        events += carry_on(state, step)
    assert +held(state) == +expected(state, events)
    assert all(one.free >= 0 and one.locked >= 0 for acc in state.accounts.values() for one in acc.balances.values())
    locked = {(name, asset): one.locked for name, acc in state.accounts.items() for asset, one in acc.balances.items()}
    assert +Counter(locked) == +locks(state)


CHEAP = (Tier(a("1"), 50, 80), Tier(a("5000"), -20, 40))


@settings(max_examples=100, deadline=None)
@given(steps, st.booleans(), st.integers(0, 300))
def test_tiers_rebates_and_a_discount_coin_keep_the_books(script: list[Step], burns: bool, coins: int) -> None:
    state = world(price="60000", depth=DEPTH, funds={"USDT": "10000", "BTC": "1", "BNB": f"0.{coins:03d}"})
    state.tiers, state.discount = CHEAP, Discount("BNB", 2_500)
    state.markets["BNBUSDT"] = Market(
        instrument=replace(BTC, symbol="BNBUSDT", base="BNB"), depth=DEPTH, price=a("500")
    )
    events: list[Event] = [deposit for name in ("ann", "bob") for deposit in state.deposits[name]]
    for name in ("ann", "bob"):
        events += carry_out(state, commands.discount(name, on=burns, now_ms=1))
    for step in script:
        events += carry_on(state, step)
    assert +held(state) == +expected(state, events)
    assert all(one.free >= 0 and one.locked >= 0 for acc in state.accounts.values() for one in acc.balances.values())
    again = opened([BTC], depth=DEPTH, fees=state.fees)
    again.tiers = CHEAP
    for event in events:
        apply(again, event)
    assert (again.accounts, held(again)) == (state.accounts, held(state))


@settings(max_examples=100, deadline=None)
@given(steps)
def test_every_order_adds_up_and_the_book_is_never_crossed(script: list[Step]) -> None:
    state = world(price="60000", depth=DEPTH)
    for step in script:
        carry_on(state, step)
    for order in state.orders.values():
        assert order.filled == sum(fill.qty for fill in order.fills) <= order.qty
        assert order.filled_quote == sum(fill.notional for fill in order.fills)
    book = state.markets["BTCUSDT"].book
    assert not (book.buys.best() and book.sells.best()) or book.buys.best() < book.sells.best()


@settings(max_examples=100, deadline=None)
@given(steps)
def test_the_ledger_alone_rebuilds_everything(script: list[Step]) -> None:
    state = world(price="60000", depth=DEPTH)
    lines = [records.line(state.deposits[name]) for name in ("ann", "bob")]
    lines += [records.line(batch) for step in script if (batch := carry_on(state, step))]
    again = opened([BTC], depth=DEPTH, fees=state.fees)
    for line in lines:
        for event in records.parse(line):
            apply(again, event)
    assert held(again) == held(state)
    assert [(o.id, o.status, o.filled, o.locked) for o in again.orders.values()] == [
        (o.id, o.status, o.filled, o.locked) for o in state.orders.values()
    ]
    assert list(again.markets["BTCUSDT"].book.buys.walk()) == [
        again.orders[one.id] for one in state.markets["BTCUSDT"].book.buys.walk()
    ]


@settings(max_examples=100, deadline=None)
@given(steps)
def test_a_pair_fills_on_one_side_only_and_fills_only_grow(script: list[Step]) -> None:
    state = world(price="60000", depth=DEPTH)
    grown: Counter[int] = Counter()
    for step in script:
        carry_on(state, step)
        now = Counter({order.id: order.filled for order in state.orders.values()})
        assert all(now[order_id] >= filled for order_id, filled in grown.items())
        grown = now
    for one in state.lists.values():
        assert all(sum(order.filled > 0 for order in one.orders if order.role == role) <= 1 for role in Role)
        working = [order for order in one.orders if order.role == Role.WORKING]
        began = [order for order in one.orders if order.role == Role.PENDING and (order.filled or order.locked)]
        assert not began or working[0].status == "FILLED"


@settings(max_examples=100, deadline=None)
@given(steps)
def test_what_rests_is_served_by_price_and_no_open_order_is_forgotten(script: list[Step]) -> None:
    state = world(price="60000", depth=DEPTH)
    for step in script:
        carry_on(state, step)
    market = state.markets["BTCUSDT"]
    resting = [*market.book.buys.walk(), *market.book.sells.walk()]
    waiting = list(state.waiting["BTCUSDT"].values())
    pends = [order for order in state.orders.values() if order.pends and order.open]
    assert len(pends) == state.pending
    open_ids = {order.id for order in state.orders.values() if order.open}
    assert open_ids == {order.id for order in resting + waiting + pends}
    assert not any(order.pends for order in resting + waiting)
    assert all(order.waits for order in waiting)
    assert not any(order.waits for order in resting)
    assert [order.price for order in market.book.buys.walk()] == sorted(
        (order.price for order in market.book.buys.walk()), reverse=True
    )


@settings(max_examples=30, deadline=None)
@given(steps)
def test_the_same_script_writes_the_same_ledger(script: list[Step]) -> None:
    written = []
    for _ in range(2):
        state = world(price="60000", depth=DEPTH)
        written.append([records.line(batch) for step in script if (batch := carry_on(state, step))])
    assert written[0] == written[1]
