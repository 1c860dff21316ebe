"""Every recorded spot request: ccxt still sends it, the exchange answers it, ccxt understands the answer."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.contract import recorded
from tests.trading.paper.contract.stage import Calls, Stage, buy, nothing, played, sell

CONTRACT = recorded("binance_rest")
PAIR = "BTC/USDT"


class World(Stage):
    """Spot."""

    symbol, amount, low = PAIR, "0.001", "29000"

    def stop(self) -> str:
        """The id of a fresh order that waits for its price."""
        return str(self.other.create_order(PAIR, "limit", "sell", "0.001", "24900", {"stopLossPrice": 25000})["id"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with PaperExchange(deposit="USDT=10000,BTC=1") as paper:
        paper.price("BTCUSDT", "30000")
        paper.price("ETHUSDT", "2000")
        client = paper.ccxt()
        client.options |= {
            "fetchCurrencies": True,
            "fetchMargins": True,
            "fetchMarkets": {"types": ["spot", "linear", "inverse"]},
        }
        yield World(client, paper.ccxt())


@pytest.fixture(autouse=True)
def tidy(world: World) -> Iterator[None]:
    yield
    for order in world.other.fetch_open_orders(PAIR):
        world.other.cancel_order(order["id"], PAIR)


STOP = {"stopLossPrice": 25000}
NO_WARNING = {"warnOnFetchOpenOrdersWithoutSymbol": False}


def without_warning(client: Any, _: Any) -> Any:
    client.options |= NO_WARNING
    return client.fetch_open_orders()


def as_stranger(client: Any, _: Any) -> Any:
    key, client.apiKey = client.apiKey, ""
    try:
        return client.load_markets(True)
    finally:
        client.apiKey = key


CALLS: Calls = {
    "load_markets (with keys)": (nothing, lambda c, _: c.load_markets(True)),
    "load_markets (no keys)": (nothing, as_stranger),
    "fetch_time": (nothing, lambda c, _: c.fetch_time()),
    "fetch_status": (nothing, lambda c, _: c.fetch_status()),
    "fetch_ticker": (nothing, lambda c, _: c.fetch_ticker(PAIR)),
    "fetch_tickers([2])": (nothing, lambda c, _: c.fetch_tickers([PAIR, "ETH/USDT"])),
    "fetch_tickers()": (nothing, lambda c, _: c.fetch_tickers()),
    "fetch_bids_asks([2])": (nothing, lambda c, _: c.fetch_bids_asks([PAIR, "ETH/USDT"])),
    "fetch_last_prices": (nothing, lambda c, _: c.fetch_last_prices()),
    "fetch_order_book": (nothing, lambda c, _: c.fetch_order_book(PAIR, 100)),
    "fetch_ohlcv": (nothing, lambda c, _: c.fetch_ohlcv(PAIR, "1m", 1700000000000)),
    "fetch_trades": (nothing, lambda c, _: c.fetch_trades(PAIR, None, 100)),
    "fetch_trades since": (nothing, lambda c, _: c.fetch_trades(PAIR, 1700000000000)),
    "fetch_balance": (nothing, lambda c, _: c.fetch_balance()),
    "create_order limit": (nothing, buy(World, "limit")),
    "create_order limit clientOrderId": (nothing, buy(World, "limit", clientOrderId="my-1")),
    "create_order market": (nothing, buy(World, "market")),
    "create_order market cost": (nothing, lambda c, _: c.create_market_buy_order_with_cost(PAIR, 50)),
    "create_order postOnly": (nothing, buy(World, "limit", postOnly=True)),
    "create_order IOC": (nothing, buy(World, "limit", timeInForce="IOC")),
    "create_order stopLossPrice limit": (nothing, sell(World, "limit", **STOP)),
    "create_order triggerPrice limit": (nothing, sell(World, "limit", triggerPrice=25000)),
    "create_order reduceOnly": (nothing, sell(World, "market", reduceOnly=True)),
    "create_order hedged": (nothing, buy(World, "limit", hedged=True)),
    "create_order test": (nothing, buy(World, "limit", test=True)),
    "edit_order": (World.order, lambda c, id_: c.edit_order(id_, PAIR, "limit", "buy", "0.002", "28000")),
    "cancel_order id": (World.order, lambda c, id_: c.cancel_order(id_, PAIR)),
    "cancel_order clientOrderId": (World.named, lambda c, n: c.cancel_order("", PAIR, {"clientOrderId": n})),
    "cancel_order trigger": (World.stop, lambda c, id_: c.cancel_order(id_, PAIR, {"trigger": True})),
    "cancel_all_orders": (World.order, lambda c, _: c.cancel_all_orders(PAIR)),
    "cancel_all_orders trigger": (World.stop, lambda c, _: c.cancel_all_orders(PAIR, {"trigger": True})),
    "fetch_order id": (World.order, lambda c, id_: c.fetch_order(id_, PAIR)),
    "fetch_order clientOrderId": (World.named, lambda c, n: c.fetch_order("", PAIR, {"clientOrderId": n})),
    "fetch_order trigger": (World.stop, lambda c, id_: c.fetch_order(id_, PAIR, {"trigger": True})),
    "fetch_open_orders symbol": (World.order, lambda c, _: c.fetch_open_orders(PAIR)),
    "fetch_open_orders all (nowarn)": (World.order, without_warning),
    "fetch_open_orders trigger": (World.stop, lambda c, _: c.fetch_open_orders(PAIR, params={"trigger": True})),
    "fetch_orders": (World.order, lambda c, _: c.fetch_orders(PAIR, None, 10)),
    "fetch_closed_orders": (World.traded, lambda c, _: c.fetch_closed_orders(PAIR)),
    "fetch_my_trades": (World.traded, lambda c, _: c.fetch_my_trades(PAIR, None, 10)),
    "fetch_my_trades orderId": (World.traded, lambda c, id_: c.fetch_my_trades(PAIR, params={"orderId": id_})),
    "fetch_order_trades": (World.traded, lambda c, id_: c.fetch_order_trades(id_, PAIR)),
    "fetch_trading_fee": (nothing, lambda c, _: c.fetch_trading_fee(PAIR)),
    "fetch_trading_fees": (nothing, lambda c, _: c.fetch_trading_fees()),
    "fetch_currencies": (nothing, lambda c, _: c.fetch_currencies()),
}


def test_the_table_is_the_recording() -> None:
    assert set(CALLS) == set(CONTRACT)


@pytest.mark.parametrize("label", CALLS)
def test_the_recorded_call_is_answered_and_understood(world: World, label: str) -> None:
    assert played(world, CALLS, label, CONTRACT) is not None
