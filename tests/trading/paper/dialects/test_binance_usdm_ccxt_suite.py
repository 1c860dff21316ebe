"""ccxt's own exchange tests against the futures side.

Left out: fetch_positions wants a leverage that Binance's v3 does not tell, fetch_ledger an account name that
Binance does not have; fetch_markets expects the result of load_markets.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.support.paper import PaperExchange

PERP = "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with PaperExchange("--replay") as paper:
        client = paper.ccxt_usdm()
        client.number = float  # what ccxt's tests expect
        client.create_order(PERP, "market", "buy", 0.01)
        client.create_order(PERP, "limit", "buy", 0.01, client.fetch_ticker(PERP)["last"] * 0.97)
        paper.funding()
        yield client


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fetch_balance", ()),
        ("fetch_closed_orders", (PERP,)),
        ("fetch_funding_rate_history", (PERP,)),
        ("fetch_l2_order_book", (PERP,)),
        ("fetch_last_prices", (PERP,)),
        ("fetch_leverage_tiers", (PERP,)),
        ("fetch_margin_mode", (PERP,)),
        ("fetch_market_leverage_tiers", (PERP,)),
        ("fetch_my_trades", (PERP,)),
        ("fetch_ohlcv", (PERP,)),
        ("fetch_open_orders", (PERP,)),
        ("fetch_order_book", (PERP,)),
        ("fetch_orders", (PERP,)),
        ("fetch_status", ()),
        ("fetch_ticker", (PERP,)),
        ("fetch_tickers", (PERP,)),
        ("fetch_trades", (PERP,)),
        ("fetch_trading_fee", (PERP,)),
        ("fetch_trading_fees", ()),
    ],
)
def test_ccxt_is_content(client: Any, name: str, arguments: tuple[str, ...]) -> None:
    module = import_module(f"ccxt.test.exchange.sync.test_{name}")
    getattr(module, f"test_{name}")(client, {}, *arguments)
