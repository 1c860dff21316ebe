"""ccxt's own exchange tests, as its authors run them against the real venues."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.support.paper import PaperExchange


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with PaperExchange("--replay") as paper:
        client = paper.ccxt()
        client.number = float  # what ccxt's tests expect
        client.create_order("BTC/USDT", "market", "buy", 0.01)
        client.create_order("SOL/USDT", "limit", "buy", 1, 100)
        yield client


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fetch_balance", ()),
        ("fetch_closed_orders", ("BTC/USDT",)),
        ("fetch_my_trades", ("BTC/USDT",)),
        ("fetch_ohlcv", ("BTC/USDT",)),
        ("fetch_open_orders", ("SOL/USDT",)),
        ("fetch_orders", ("BTC/USDT",)),
        ("fetch_status", ()),
        ("fetch_ticker", ("BTC/USDT",)),
        ("fetch_tickers", ("BTC/USDT",)),
        ("fetch_trades", ("BTC/USDT",)),
        ("fetch_trading_fee", ("BTC/USDT",)),
        ("fetch_trading_fees", ()),
    ],
)
def test_ccxt_is_content(client: Any, name: str, arguments: tuple[str, ...]) -> None:
    module = import_module(f"ccxt.test.exchange.sync.test_{name}")
    getattr(module, f"test_{name}")(client, {}, *arguments)
