"""Trades of strangers: which resting orders they fill, and how much of them."""

import pytest

from tests.trading.paper.core.worlds import a, ask_for, carry_out, place, world
from trading.paper.core import prints
from trading.paper.core.depth import Depth
from trading.paper.core.orders import Side, Status
from trading.paper.core.prints import Print

EMPTY = Depth(levels=0)


def stranger(state, price: str, qty: str | None, aggressor: str) -> None:
    market = state.markets["BTCUSDT"]
    market.price = a(price)
    printed = Print(at_ms=5, price=a(price), qty=None if qty is None else a(qty), aggressor=Side(aggressor))
    carry_out(state, prints.fills(state, market, printed))


@pytest.mark.parametrize(
    ("side", "price", "qty", "aggressor", "filled"),
    [
        ("BUY", "59000", "1", "SELL", "0.1"),  # touched by a seller
        ("BUY", "59000", "1", "BUY", "0"),  # a buyer at our price does not hit a bid
        ("BUY", "58999.99", "1", "BUY", "0.1"),  # traded through: whoever was the aggressor
        ("BUY", "59000.01", "1", "SELL", "0"),  # not reached
        ("BUY", "58999.99", "0.04", "SELL", "0.04"),  # no more than has traded
        ("BUY", "59000", None, "BUY", "0.1"),  # a price set by hand fills all it reaches
        ("SELL", "59000", "1", "BUY", "0.1"),
        ("SELL", "59000", "1", "SELL", "0"),
        ("SELL", "59000.01", "0.04", "SELL", "0.04"),
        ("SELL", "58999.99", "1", "BUY", "0"),
    ],
)
def test_a_print_fills_what_it_reaches(side: str, price: str, qty: str | None, aggressor: str, filled: str) -> None:
    state = world(depth=EMPTY)
    order = place(state, ask_for(side, "0.1", "59000"))
    stranger(state, price, qty, aggressor)
    assert order.filled == a(filled)
    assert all(fill.price == a("59000") and fill.maker for fill in order.fills)


def test_the_queue_at_a_price_is_served_first() -> None:
    state = world(price="60000", depth=Depth(spread_ticks=2, levels=1, level_notional=a("59999.99")))
    order = place(state, ask_for("BUY", "0.1", "59999.99"))  # behind exactly 1 BTC
    stranger(state, "59999.99", "0.4", "SELL")
    assert (order.filled, order.queue_ahead) == (0, a("0.6"))
    stranger(state, "59999.99", "0.65", "SELL")
    assert (order.filled, order.status) == (a("0.05"), Status.PARTIALLY_FILLED)


def test_volume_is_shared_by_price_then_time() -> None:
    state = world(depth=EMPTY)
    low = place(state, ask_for("BUY", "0.01", "58000"))
    old = place(state, ask_for("BUY", "0.01", "59000"))
    new = place(state, ask_for("BUY", "0.01", "59000", account="bob"))
    stranger(state, "57000", "0.015", "SELL")
    assert [order.filled for order in (low, old, new)] == [0, a("0.01"), a("0.005")]
    assert len({fill.trade_id for order in (old, new) for fill in order.fills}) == 2
