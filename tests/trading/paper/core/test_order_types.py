"""Icebergs, self-trade prevention, order lists, amending."""

import pytest

from tests.trading.paper.core.worlds import a, ask_for, carry_out, held, place, world
from trading.paper.core import commands, conditional, lists, prints
from trading.paper.core.depth import Depth
from trading.paper.core.orders import Order, OrderType, Request, SelfTrade, Side, Status, Terms
from trading.paper.core.prints import Print
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State

EMPTY = Depth(levels=0)
MAKER, STOP_LIMIT, STOP = OrderType.LIMIT_MAKER, OrderType.STOP_LOSS_LIMIT, OrderType.STOP_LOSS


def iceberg(state: State, qty: str, shown: str, account: str = "bob") -> Order:
    return place(state, ask_for("SELL", qty, "60000", account=account, terms=Terms(0, iceberg_qty=a(shown))))


def shown(state: State) -> int:
    return sum(qty for _, qty in state.markets["BTCUSDT"].book.sells.slices(hidden=False))


def test_an_iceberg_shows_a_slice_and_queues_up_again_with_the_next() -> None:
    state = world(depth=EMPTY, funds={"USDT": "100000", "BTC": "1"})
    ice = iceberg(state, "0.3", "0.1")
    plain = place(state, ask_for("SELL", "0.1", "60000", account="bob"))
    assert shown(state) == a("0.2")
    place(state, ask_for("BUY", "0.15", "60000"))
    # the slice of 0.1 first, then 0.05 of the other order, which stood before the next slice
    assert (ice.filled, plain.filled, ice.shown) == (a("0.1"), a("0.05"), a("0.1"))
    place(state, ask_for("BUY", "0.1", "60000"))
    assert (ice.filled, plain.filled, ice.shown) == (a("0.15"), a("0.1"), a("0.05"))


def test_an_iceberg_is_taken_whole_by_a_large_order() -> None:
    state = world(depth=EMPTY, funds={"USDT": "100000", "BTC": "1"})
    ice = iceberg(state, "0.3", "0.07")
    taker = place(state, ask_for("BUY", "0.3", "60000"))
    assert (ice.status, taker.status, len(ice.fills)) == (Status.FILLED, Status.FILLED, 5)
    assert state.markets["BTCUSDT"].book.sells.icebergs == 0


def test_a_print_serves_an_iceberg_slice_by_slice() -> None:
    state = world(depth=EMPTY)
    ice = iceberg(state, "0.3", "0.1")
    plain = place(state, ask_for("SELL", "0.1", "60000", account="bob"))
    market = state.markets["BTCUSDT"]
    carry_out(state, prints.fills(state, market, Print(5, a("60000"), a("0.15"), Side.BUY)))
    assert (ice.filled, plain.filled) == (a("0.1"), a("0.05"))


@pytest.mark.parametrize(
    ("mode", "taker", "own", "others"),
    [
        # bob sells 0.1 first, ann 0.1 behind him, bob 0.1 behind her; ann buys 0.3
        (SelfTrade.NONE, (Status.FILLED, "0.3"), (Status.FILLED, "0.1"), "0.2"),
        (SelfTrade.EXPIRE_TAKER, (Status.EXPIRED_IN_MATCH, "0.1"), (Status.NEW, "0"), "0.1"),
        (SelfTrade.EXPIRE_MAKER, (Status.PARTIALLY_FILLED, "0.2"), (Status.EXPIRED_IN_MATCH, "0"), "0.2"),
        (SelfTrade.EXPIRE_BOTH, (Status.EXPIRED_IN_MATCH, "0.1"), (Status.EXPIRED_IN_MATCH, "0"), "0.1"),
    ],
)
def test_self_trade_prevention(
    mode: SelfTrade, taker: tuple[Status, str], own: tuple[Status, str], others: str
) -> None:
    state = world(depth=EMPTY, funds={"USDT": "100000", "BTC": "1"})
    sells = [place(state, ask_for("SELL", "0.1", "60000", account=name)) for name in ("bob", "ann", "bob")]
    buy = place(state, ask_for("BUY", "0.3", "60000", terms=Terms(0, self_trade=mode)))
    assert (buy.status, buy.filled) == (taker[0], a(taker[1]))
    assert (sells[1].status, sells[1].filled) == (own[0], a(own[1]))
    assert sells[0].filled + sells[2].filled == a(others)
    locked = {name: one.locked for name, one in state.accounts["ann"].balances.items()}
    assert locked == {"USDT": buy.locked, "BTC": sells[1].locked}


@pytest.mark.parametrize(
    ("mode", "filled"),
    # A budget has no quantity of its own: it is filled with what it got.
    [(SelfTrade.NONE, "0.2"), (SelfTrade.EXPIRE_TAKER, "0.1"), (SelfTrade.EXPIRE_MAKER, "0.2")],
)
def test_a_budget_knows_self_trade_prevention_too(mode: SelfTrade, filled: str) -> None:
    state = world(price="60000", depth=EMPTY, funds={"USDT": "100000", "BTC": "1"})
    own = [place(state, ask_for("SELL", "0.1", "60000", account=name)) for name in ("bob", "ann", "bob")][1]
    terms = Terms(0, self_trade=mode)
    request = ask_for("BUY", type=OrderType.MARKET, quote_qty=a("12000"), terms=terms)
    buy = place(state, request)
    assert (buy.status, buy.filled) == (Status.FILLED, a(filled))
    assert own.status == {"EXPIRE_MAKER": "EXPIRED_IN_MATCH", "NONE": "FILLED"}.get(mode, "NEW")


def leg(side: str, kind: OrderType, price: str = "0", stop: str = "0", qty: str = "0.1") -> Request:
    terms = Terms(0, stop_price=a(stop)) if stop != "0" else None
    return ask_for(side, qty, price, type=kind, terms=terms)


def oco(state: State, above: Request, below: Request) -> tuple[Order, Order]:
    carry_out(state, lists.place_oco(state, above, below, client_id="", now_ms=1))
    first, second = state.lists[len(state.lists)].orders
    return first, second


def move(state: State, price: str, qty: str | None = None) -> None:
    market = state.markets["BTCUSDT"]
    market.price = a(price)
    printed = Print(5, a(price), None if qty is None else a(qty), Side.BUY)
    carry_out(state, prints.fills(state, market, printed))
    carry_out(state, conditional.fire(state, "BTCUSDT", now_ms=5))


SELL_PAIR = (leg("SELL", MAKER, "61000"), leg("SELL", STOP_LIMIT, "58900", "59000"))


@pytest.mark.parametrize(
    ("price", "statuses"),
    [
        ("61000", (Status.FILLED, Status.EXPIRED)),
        ("59000", (Status.EXPIRED, Status.FILLED)),
        ("60500", (Status.NEW, Status.NEW)),
    ],
)
def test_one_side_of_a_pair_ends_the_other(price: str, statuses: tuple[Status, Status]) -> None:
    state = world(price="60000")
    limit, stop = oco(state, *SELL_PAIR)
    assert held(state, "ann")["BTC"][1] * 10 == 1  # one lock of 0.1 for both
    move(state, price)
    assert (limit.status, stop.status) == statuses


def test_a_partial_fill_of_one_side_ends_the_other() -> None:
    state = world(price="60000", depth=EMPTY)
    limit, stop = oco(state, *SELL_PAIR)
    move(state, "61000.01", "0.04")
    assert (limit.filled, limit.status, stop.status) == (a("0.04"), Status.PARTIALLY_FILLED, Status.EXPIRED)


def test_a_customer_who_takes_one_side_ends_the_other() -> None:
    state = world(price="60000", depth=EMPTY)
    limit, stop = oco(state, *SELL_PAIR)
    place(state, ask_for("BUY", "0.1", "61000", account="bob"))
    assert (limit.status, stop.status) == (Status.FILLED, Status.EXPIRED)


def test_cancelling_one_cancels_both() -> None:
    state = world(price="60000")
    limit, stop = oco(state, *SELL_PAIR)
    carry_out(state, commands.cancel_with_list(state, stop, now_ms=3))
    assert (limit.status, stop.status, held(state, "ann")["BTC"]) == (Status.CANCELED, Status.CANCELED, (1, 0))


def test_a_buy_pair_locks_the_dearer_side() -> None:
    state = world(price="60000")
    above = leg("BUY", STOP_LIMIT, "61100", "61000")
    limit, stop = oco(state, above, leg("BUY", MAKER, "59000"))
    assert held(state, "ann")["USDT"] == (3890, 6110)  # 0.1 × 61,100
    move(state, "61000")
    assert (limit.status, stop.status) == (Status.EXPIRED, Status.FILLED)
    assert held(state, "ann")["USDT"][1] == 0


@pytest.mark.parametrize(
    ("above", "below", "reason"),
    [
        (leg("SELL", MAKER, "59500"), SELL_PAIR[1], Reason.LIST_PRICES),  # below the market
        (SELL_PAIR[0], leg("SELL", STOP_LIMIT, "60400", "60500"), Reason.LIST_PRICES),
        (leg("SELL", STOP, stop="61000"), leg("SELL", MAKER, "59000"), Reason.LIST_PRICES),
        (SELL_PAIR[0], leg("SELL", MAKER, "59000"), Reason.LIST_PRICES),
        (leg("SELL", MAKER, "61000", qty="2"), leg("SELL", STOP, stop="59000", qty="2"), Reason.BALANCE),
        (leg("SELL", MAKER, "61000.001"), SELL_PAIR[1], Reason.PRICE_FILTER),
    ],
)
def test_a_pair_that_makes_no_sense_is_refused_whole(above: Request, below: Request, reason: Reason) -> None:
    state = world(price="60000")
    with pytest.raises(Refused) as refused:
        oco(state, above, below)
    assert refused.value.reason is reason
    assert (state.orders, state.lists) == ({}, {})


def test_amending_makes_smaller_and_keeps_the_place() -> None:
    state = world(depth=EMPTY)
    first = place(state, ask_for("SELL", "0.2", "60000", account="bob"))
    second = place(state, ask_for("SELL", "0.1", "60000", account="bob"))
    carry_out(state, commands.amend(first, a("0.1"), now_ms=3))
    place(state, ask_for("BUY", "0.1", "60000"))
    assert (first.status, second.status) == (Status.FILLED, Status.NEW)
    assert held(state, "bob")["BTC"][1] * 10 == 1


@pytest.mark.parametrize("qty", ["0.05", "0.2", "0.3"])
def test_amending_needs_less_than_the_order_and_more_than_its_fills(qty: str) -> None:
    state = world(depth=EMPTY)
    order = place(state, ask_for("SELL", "0.2", "60000", account="bob"))
    place(state, ask_for("BUY", "0.05", "60000"))
    with pytest.raises(Refused) as refused:
        commands.amend(order, a(qty), now_ms=3)
    assert refused.value.reason is Reason.AMEND_QTY
