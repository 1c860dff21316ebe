"""ccxt's own exchange tests against KuCoin's side.

Left out: fetch_currencies wants deposits and withdrawals of major coins, which there are none of here.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.trading.paper.kucoin import PERP, kucoin_paper


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with kucoin_paper("--replay") as venue:
        venue.add_key("ann")
        client = venue.client("ann")
        client.create_order(PERP, "market", "buy", 2)
        client.create_order(PERP, "limit", "buy", 1, round(client.fetch_ticker(PERP)["last"] * 0.97, 1))
        venue.paper.control("funding", {"market": "kucoin"})
        yield client


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fetch_balance", ()),
        ("fetch_closed_orders", (PERP,)),
        ("fetch_funding_rate_history", (PERP,)),
        ("fetch_l2_order_book", (PERP,)),
        ("fetch_margin_mode", (PERP,)),
        ("fetch_market_leverage_tiers", (PERP,)),
        ("fetch_my_trades", (PERP,)),
        ("fetch_ohlcv", (PERP,)),
        ("fetch_open_orders", (PERP,)),
        ("fetch_order_book", (PERP,)),
        ("fetch_positions", (PERP,)),
        ("fetch_status", ()),
        ("fetch_ticker", (PERP,)),
        ("fetch_tickers", (PERP,)),
        ("fetch_trades", (PERP,)),
        ("fetch_trading_fee", (PERP,)),
    ],
)
def test_ccxt_is_content(client: Any, name: str, arguments: tuple[str, ...]) -> None:
    module = import_module(f"ccxt.test.exchange.sync.test_{name}")
    getattr(module, f"test_{name}")(client, {}, *arguments)
