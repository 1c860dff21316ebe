"""Filters: each limit by its name, and the values just inside it."""

import pytest

from tests.trading.paper.core.worlds import BTC, a, ask_for
from trading.paper.core import filters
from trading.paper.core.orders import OrderType
from trading.paper.core.refusals import Reason, Refused

MARKET = {"type": OrderType.MARKET}


@pytest.mark.parametrize(
    ("request_", "open_orders", "reason"),
    [
        (ask_for("BUY", "0.001", "0"), 0, Reason.INVALID_PRICE),
        (ask_for("BUY", "0", "60000"), 0, Reason.INVALID_QUANTITY),
        (ask_for("BUY", "0.001", "60000.001"), 0, Reason.PRICE_FILTER),
        (ask_for("BUY", "0.001", "1000000.01"), 0, Reason.PRICE_FILTER),
        (ask_for("BUY", "0.001", "300000.01"), 0, Reason.PERCENT_PRICE),  # 5 × 60,000 is the most
        (ask_for("SELL", "0.001", "11999.99"), 0, Reason.PERCENT_PRICE),  # 60,000 ÷ 5 is the least
        (ask_for("BUY", "0.000001", "60000"), 0, Reason.LOT_SIZE),
        (ask_for("BUY", "9000.00001", "60000"), 0, Reason.LOT_SIZE),
        (ask_for("BUY", "0.00008", "60000"), 0, Reason.NOTIONAL),  # 4.80 of at least 5
        (ask_for("BUY", "0.001", "60000"), 200, Reason.MAX_NUM_ORDERS),
        (ask_for("BUY", "100.00001", **MARKET), 0, Reason.MARKET_LOT_SIZE),
        (ask_for("BUY", "0.00008", **MARKET), 0, Reason.NOTIONAL),
        (ask_for("BUY", quote_qty=a("4.99"), **MARKET), 0, Reason.NOTIONAL),
    ],
)
def test_a_filter_refuses(request_: object, open_orders: int, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        filters.check(request_, BTC, price_now=a("60000"), open_orders=open_orders)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("request_", "open_orders"),
    [
        (ask_for("BUY", "0.001", "300000"), 0),
        (ask_for("SELL", "0.001", "12000"), 0),
        (ask_for("BUY", "0.00009", "60000"), 199),  # 5.40
        (ask_for("BUY", "100", **MARKET), 200),  # a market order does not rest
        (ask_for("BUY", quote_qty=a("5"), **MARKET), 0),
    ],
)
def test_the_value_at_the_limit_passes(request_: object, open_orders: int) -> None:
    filters.check(request_, BTC, price_now=a("60000"), open_orders=open_orders)


def test_without_a_price_nothing_is_compared_with_it() -> None:
    filters.check(ask_for("BUY", "1", "10"), BTC, price_now=0, open_orders=0)
