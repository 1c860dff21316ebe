"""Taking from the book: whose price, in which order, how much."""

from decimal import Decimal

import pytest

from tests.trading.paper.core.worlds import a, ask_for, held, place, world
from trading.paper.core import commands, matching
from trading.paper.core.depth import Depth
from trading.paper.core.orders import OrderType, Status, TimeInForce
from trading.paper.core.refusals import Reason, Refused

MARKET = {"type": OrderType.MARKET}
THIN = Depth(spread_ticks=2, levels=2, level_notional=a("60"), step_bps=1)
# At 60,000: asks 60,000.01 and 60,006.01, bids 59,999.99 and 59,993.99, about 0.00099 BTC each.


def pieces(state, request) -> list[tuple[str, str]]:
    return [
        (Decimal(m.price) / 10**8, Decimal(m.qty) / 10**8) for m in matching.take(state.markets["BTCUSDT"], request)
    ]


def test_a_market_order_walks_the_levels() -> None:
    state = world(price="60000", depth=THIN)
    assert pieces(state, ask_for("BUY", "0.0015", **MARKET)) == [
        (Decimal("60000.01"), Decimal("0.00099")),
        (Decimal("60006.01"), Decimal("0.00051")),
    ]


def test_a_budget_buys_whole_lots_and_keeps_the_rest() -> None:
    state = world(price="60000", depth=THIN)
    # 50 ÷ 60,000.01 = 0.000833…: 0.00083 for 49.8000083; the free balance keeps the remainder
    order = place(state, ask_for("BUY", quote_qty=a("50"), **MARKET))
    assert (order.status, order.filled) == (Status.FILLED, a("0.00083"))
    assert held(state, "ann")["USDT"] == (Decimal("10000") - Decimal("49.8000083"), Decimal(0))


def test_what_the_levels_cannot_fill_expires() -> None:
    order = place(world(price="60000", depth=THIN), ask_for("BUY", "0.01", **MARKET))
    assert (order.status, order.filled) == (Status.EXPIRED, a("0.00198"))


def test_customers_come_first_at_a_price_and_the_older_first_among_them() -> None:
    state = world(price="60000", depth=THIN)
    first = place(state, ask_for("SELL", "0.001", "60000.01", account="bob"))
    second = place(state, ask_for("SELL", "0.001", "60000.01", account="bob"))
    taken = matching.take(state.markets["BTCUSDT"], ask_for("BUY", "0.0025", **MARKET))
    assert [match.maker for match in taken] == [first, second, None]


def test_a_better_price_comes_before_an_older_order() -> None:
    state = world()
    place(state, ask_for("SELL", "0.001", "60000.02", account="bob"))
    better = place(state, ask_for("SELL", "0.001", "60000.01", account="bob"))
    assert matching.take(state.markets["BTCUSDT"], ask_for("BUY", "0.001", **MARKET))[0].maker is better


def test_a_resting_bid_hides_the_asks_it_would_have_taken() -> None:
    state = world(price="60000", depth=THIN)
    bid = place(state, ask_for("BUY", "0.01", "60000.01", account="bob"))  # takes 0.00099, rests the others
    assert bid.leaves == a("0.00901")
    best_ask = next(matching.offers(state.markets["BTCUSDT"], ask_for("BUY").side)).price
    assert best_ask == a("60006.01") > bid.price


@pytest.mark.parametrize(
    ("tif", "qty", "status", "filled"),
    [
        (TimeInForce.IOC, "0.0005", Status.FILLED, "0.0005"),
        (TimeInForce.IOC, "0.002", Status.EXPIRED, "0.00099"),
        (TimeInForce.FOK, "0.0005", Status.FILLED, "0.0005"),
        (TimeInForce.FOK, "0.002", Status.EXPIRED, "0"),
        (TimeInForce.GTC, "0.002", Status.PARTIALLY_FILLED, "0.00099"),
    ],
)
def test_time_in_force(tif: TimeInForce, qty: str, status: Status, filled: str) -> None:
    order = place(world(price="60000", depth=THIN), ask_for("BUY", qty, "60000.01", time_in_force=tif))
    assert (order.status, order.filled) == (status, a(filled))


def test_post_only_refuses_to_take() -> None:
    with pytest.raises(Refused) as refused:
        place(world(price="60000"), ask_for("BUY", "0.001", "60000.01", type=OrderType.LIMIT_MAKER))
    assert refused.value.reason is Reason.WOULD_TAKE


def test_trading_with_oneself_gives_two_orders_one_trade_id() -> None:
    state = world()
    sell = place(state, ask_for("SELL", "0.001", "60000"))
    buy = place(state, ask_for("BUY", "0.001", "60000"))
    assert [fill.trade_id for fill in sell.fills] == [fill.trade_id for fill in buy.fills]
    # fees of 10 bps: 0.000001 BTC for the buyer, 0.06 USDT for the seller
    assert held(state, "ann") == {"USDT": (Decimal("9999.94"), Decimal(0)), "BTC": (Decimal("0.999999"), Decimal(0))}


def test_a_client_id_is_free_again_once_its_order_has_closed() -> None:
    state = world(price="60000")
    place(state, ask_for("BUY", "0.001", "60000.01", client_id="one"))
    second = place(state, ask_for("BUY", "0.001", "50000", client_id="one"))
    with pytest.raises(Refused) as refused:
        place(state, ask_for("BUY", "0.001", "50000", client_id="one"))
    assert refused.value.reason is Reason.DUPLICATE
    assert state.orders.named(("ann", "BTCUSDT"), "one") is second


@pytest.mark.parametrize(
    "request_",
    [
        ask_for("BUY", "0.2", "60000"),  # 12,000 of 10,000
        ask_for("SELL", "1.00001", "60000"),
        ask_for("BUY", "0.2", **MARKET),
        ask_for("BUY", quote_qty=a("10000.01"), **MARKET),
        ask_for("SELL", "1.00001", **MARKET),
    ],
)
def test_nobody_spends_more_than_is_free(request_: object) -> None:
    with pytest.raises(Refused) as refused:
        place(world(price="60000"), request_)
    assert refused.value.reason is Reason.BALANCE


def test_a_closed_order_cannot_be_cancelled() -> None:
    order = place(world(price="60000"), ask_for("BUY", "0.001", "60000.01"))
    with pytest.raises(Refused) as refused:
        commands.cancel(order, now_ms=2)
    assert refused.value.reason is Reason.CANCEL_UNKNOWN
