"""One triggers the other: what begins when the working order is filled, and what ends when it is not."""

import pytest

from tests.trading.paper.core.test_order_types import leg
from tests.trading.paper.core.worlds import a, carry_out, held, world
from trading.paper.core import chains, commands, conditional, prints
from trading.paper.core.depth import Depth
from trading.paper.core.orders import Order, OrderType, Request, Side, Status
from trading.paper.core.prints import Print
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State

EMPTY = Depth(levels=0)
LIMIT, MAKER, MARKET = OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET
STOP, STOP_LIMIT, PROFIT = OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT

BUY = leg("BUY", LIMIT, "59000")
PAIR = (leg("SELL", MAKER, "61000", qty="0.09"), leg("SELL", STOP, stop="58000", qty="0.09"))


def opened(
    working: Request, *legs: Request, price: str = "60000", funds: dict[str, str] | None = None
) -> tuple[State, list[Order]]:
    state = world(price=price, depth=EMPTY, funds=funds)
    events = chains.place_oto(state, working, legs, client_id="chain", now_ms=1)
    carry_out(state, chains.followed(state, events))
    return state, state.lists[1].orders


def move(state: State, price: str, qty: str | None = None) -> None:
    market = state.markets["BTCUSDT"]
    market.price = a(price)
    printed = Print(5, a(price), None if qty is None else a(qty), Side.SELL)
    carry_out(state, chains.followed(state, prints.fills(state, market, printed)))
    carry_out(state, chains.followed(state, conditional.fire(state, "BTCUSDT", now_ms=5)))


def statuses(orders: list[Order]) -> list[str]:
    return [order.status.value for order in orders]


def test_only_the_working_order_binds_anything_at_first() -> None:
    state, orders = opened(BUY, *PAIR)
    assert statuses(orders) == ["NEW", "PENDING_NEW", "PENDING_NEW"]
    assert held(state, "ann")["USDT"] == (4100, 5900)  # 0.1 × 59,000 locked
    assert held(state, "ann")["BTC"] == (1, 0)
    assert [order.working_ms for order in orders] == [1, 0, 0]


@pytest.mark.parametrize(
    ("filled", "expected"),
    [("0.05", ["PARTIALLY_FILLED", "PENDING_NEW", "PENDING_NEW"]), ("0.1", ["FILLED", "NEW", "NEW"])],
)
def test_the_others_begin_once_it_is_filled_whole(filled: str, expected: list[str]) -> None:
    state, orders = opened(BUY, *PAIR)
    move(state, "58999", filled)
    assert statuses(orders) == expected


@pytest.mark.parametrize(
    ("price", "expected"),
    [("61001", ["FILLED", "FILLED", "EXPIRED"]), ("57999", ["FILLED", "EXPIRED", "EXPIRED"])],
)
def test_of_a_pair_that_has_begun_one_ends_the_other(price: str, expected: list[str]) -> None:
    state, orders = opened(BUY, *PAIR)
    move(state, "58999")
    assert state.accounts["ann"].balance("BTC").locked == a("0.09")  # once for both
    move(state, price)
    assert statuses(orders) == expected  # nobody bids in this book, so the stop's market order expires
    assert state.pending == 0
    assert held(state, "ann")["BTC"][1] == held(state, "ann")["USDT"][1] == 0


@pytest.mark.parametrize(
    ("which", "how"),
    [(0, "working"), (1, "pending")],
)
def test_cancelling_one_cancels_all(which: int, how: str) -> None:
    state, orders = opened(BUY, *PAIR)
    events = commands.cancel_with_list(state, orders[which], now_ms=3)
    carry_out(state, chains.followed(state, events))
    assert statuses(orders) == ["CANCELED"] * 3, how
    assert (state.pending, held(state, "ann")["USDT"][1]) == (0, 0)


def test_what_trades_at_once_begins_the_others_at_once() -> None:
    state = world(price="60000", funds={"USDT": "10000", "BTC": "1"})
    events = chains.place_oto(state, leg("BUY", LIMIT, "60100"), [leg("SELL", LIMIT, "61000")], client_id="", now_ms=1)
    carry_out(state, chains.followed(state, events))
    assert statuses(state.lists[1].orders) == ["FILLED", "NEW"]


@pytest.mark.parametrize(
    ("working", "other", "expected"),
    [
        (BUY, leg("SELL", MARKET, qty="0.05"), "EXPIRED"),  # nobody bids
        (BUY, leg("SELL", LIMIT, "61000", qty="5"), "EXPIRED"),  # 5 are not there
        (BUY, leg("SELL", STOP_LIMIT, "58000", "58500"), "NEW"),
        (BUY, leg("SELL", PROFIT, stop="61000"), "NEW"),
        (BUY, leg("BUY", LIMIT, "50000", qty="0.08"), "NEW"),  # 4,100 are left, 4,000 wanted
        (BUY, leg("BUY", LIMIT, "50000", qty="0.09"), "EXPIRED"),
    ],
)
def test_what_cannot_be_paid_or_placed_expires(working: Request, other: Request, expected: str) -> None:
    state, orders = opened(working, other)
    move(state, "58999")
    assert (statuses(orders), state.pending) == (["FILLED", expected], 0)


def test_a_stop_whose_price_is_gone_by_works_at_once() -> None:
    state = world(price="60000", funds={"USDT": "10000", "BTC": "1"})
    stop = leg("SELL", STOP, stop="60050")
    events = chains.place_oto(state, leg("BUY", LIMIT, "60100"), [stop], client_id="", now_ms=1)
    carry_out(state, chains.followed(state, events))
    assert statuses(state.lists[1].orders) == ["FILLED", "FILLED"]  # 60,000 is below 60,050 already


@pytest.mark.parametrize(
    ("working", "others", "reason"),
    [
        (leg("BUY", MARKET), [PAIR[0]], Reason.ILLEGAL),
        (leg("BUY", STOP_LIMIT, "61000", "60500"), [PAIR[0]], Reason.ILLEGAL),
        (leg("BUY", LIMIT, "59000", qty="1"), [PAIR[0]], Reason.BALANCE),
        (BUY, [leg("SELL", LIMIT, "61000.001")], Reason.PRICE_FILTER),
        (BUY, [PAIR[1], PAIR[0]], Reason.LIST_PRICES),
    ],
)
def test_a_list_is_taken_whole_or_not_at_all(working: Request, others: list[Request], reason: Reason) -> None:
    state = world(price="60000", depth=EMPTY)
    with pytest.raises(Refused) as refused:
        chains.place_oto(state, working, others, client_id="", now_ms=1)
    assert refused.value.reason is reason
    assert (len(state.orders), len(state.lists)) == (0, 0)


def test_a_pending_order_cannot_be_amended() -> None:
    _, orders = opened(BUY, leg("SELL", LIMIT, "61000"))
    with pytest.raises(Refused):
        commands.amend(orders[1], a("0.05"), now_ms=2)
    assert orders[1].status is Status.PENDING_NEW
