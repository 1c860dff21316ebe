"""Spot orders that wait: when they begin to work, what they lock, what they trail."""

from decimal import Decimal

import pytest

from tests.trading.paper.core.worlds import a, ask_for, carry_out, held, place, world
from trading.paper.core import commands, conditional, prints
from trading.paper.core.depth import Depth
from trading.paper.core.orders import Order, OrderType, Side, Status, Terms, TimeInForce
from trading.paper.core.prints import Print
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State

STOP, STOP_LIMIT = OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT
TAKE, TAKE_LIMIT = OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT


def at(stop: str = "0", **more: int) -> Terms:
    return Terms(0, stop_price=a(stop), **more)


def waiting(state: State, kind: OrderType, side: str, stop: str = "0", price: str = "0", **more: object) -> Order:
    trailing = {"trailing_bps": more.pop("trailing_bps", 0)}
    return place(state, ask_for(side, "0.1", price, type=kind, terms=at(stop, **trailing), **more))


def move(state: State, *route: str) -> None:
    """Strangers trade at these prices, one after the other."""
    market = state.markets["BTCUSDT"]
    for price in route:
        market.price = a(price)
        printed = Print(at_ms=5, price=a(price), qty=None, aggressor=Side.BUY)
        carry_out(state, prints.fills(state, market, printed))
        carry_out(state, conditional.fire(state, "BTCUSDT", now_ms=5))


@pytest.mark.parametrize(
    ("kind", "side", "stop", "short_of_it", "there"),
    [
        (STOP, "SELL", "59000", "59000.01", "59000"),
        (STOP, "BUY", "61000", "60999.99", "61000"),
        (TAKE, "SELL", "61000", "60999.99", "61000"),
        (TAKE, "BUY", "59000", "59000.01", "59000"),
    ],
)
def test_it_begins_at_its_price(kind: OrderType, side: str, stop: str, short_of_it: str, there: str) -> None:
    state = world(price="60000")
    order = waiting(state, kind, side, stop)
    move(state, short_of_it)
    assert (order.waits, order.filled) == (True, 0)
    move(state, there)
    assert (order.waits, order.status, order.filled) == (False, Status.FILLED, a("0.1"))


@pytest.mark.parametrize(
    ("kind", "side", "stop"),
    [(STOP, "SELL", "60000"), (STOP, "BUY", "60000"), (TAKE, "SELL", "59000"), (TAKE, "BUY", "61000")],
)
def test_one_that_would_begin_at_once_is_refused(kind: OrderType, side: str, stop: str) -> None:
    with pytest.raises(Refused) as refused:
        waiting(world(price="60000"), kind, side, stop)
    assert refused.value.reason is Reason.WOULD_TRIGGER


def test_a_limit_keeps_its_lock_and_rests_at_its_price() -> None:
    state = world(price="60000")
    order = waiting(state, STOP_LIMIT, "BUY", "61000", "60500")
    assert held(state, "ann")["USDT"] == (3950, 6050)  # 0.1 × 60,500 of 10,000
    move(state, "61000")
    assert (order.status, order.rests, held(state, "ann")["USDT"]) == (Status.NEW, True, (3950, 6050))
    move(state, "60400")
    assert order.status is Status.FILLED


def test_an_immediate_limit_ends_where_it_finds_nothing() -> None:
    state = world(price="60000", depth=Depth(levels=0))
    order = waiting(state, STOP_LIMIT, "SELL", "59000", "59500", time_in_force=TimeInForce.IOC)
    move(state, "58999")
    assert (order.status, held(state, "ann")["BTC"]) == (Status.EXPIRED, (1, 0))


@pytest.mark.parametrize(
    ("kind", "side", "stop", "route", "begins"),
    [
        # 1 % below the highest: 60,600 from 61,212.12 on
        (STOP, "SELL", "0", ["61000", "60391"], False),
        (STOP, "SELL", "0", ["61000", "60390"], True),  # 61,000 × 0.99
        (STOP, "SELL", "0", ["62000", "61380"], True),  # 62,000 × 0.99
        (STOP, "BUY", "0", ["59000", "59589"], False),
        (STOP, "BUY", "0", ["59000", "59590"], True),  # 59,000 × 1.01
        # with a stop price it trails from there on only
        (TAKE, "SELL", "61000", ["60900", "60000"], False),
        (TAKE, "SELL", "61000", ["61100", "60489"], True),  # 61,100 × 0.99 = 60,489
    ],
)
def test_it_trails(kind: OrderType, side: str, stop: str, route: list[str], begins: bool) -> None:
    state = world(price="60000")
    order = waiting(state, kind, side, stop, trailing_bps=100)
    move(state, *route)
    assert order.waits is not begins


def test_a_market_buy_takes_no_more_than_it_can_pay() -> None:
    state = world(price="60000", funds={"USDT": "6200"})
    order = waiting(state, STOP, "BUY", "61000")  # locks 6,100
    move(state, "70000")
    assert (order.status, order.filled) == (Status.EXPIRED, a("0.08857"))  # 6,200 ÷ 70,000.01
    assert all(one.free >= 0 and one.locked == 0 for one in state.accounts["ann"].balances.values())


def test_only_so_many_wait_per_pair() -> None:
    state = world(price="60000")
    for number in range(conditional.MAX_WAITING):
        waiting(state, STOP, "SELL", str(50000 + number))
    with pytest.raises(Refused) as refused:
        waiting(state, STOP, "SELL", "51000")
    assert refused.value.reason is Reason.MAX_ALGO_ORDERS


def test_cancelling_gives_the_lock_back() -> None:
    state = world(price="60000")
    order = waiting(state, TAKE_LIMIT, "SELL", "61000", "61000")
    assert held(state, "ann")["BTC"] == (Decimal("0.9"), Decimal("0.1"))
    carry_out(state, commands.cancel(order, now_ms=3))
    assert (order.status, held(state, "ann")["BTC"], state.waiting["BTCUSDT"]) == (Status.CANCELED, (1, 0), {})
