"""python-binance, the community's client for Binance: place, query, cancel and stream, on spot and on futures."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from binance import AsyncClient, BinanceSocketManager, Client
from binance.exceptions import BinanceAPIException
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

from tests.trading.paper.clients.venues import Running
from tests.trading.paper.pro import meanwhile

PAIR = {"symbol": "BTCUSDT"}


def aimed(client: Any, url: str) -> Any:
    """A client whose every address is the paper exchange."""
    client.API_URL, client.MARGIN_API_URL, client.FUTURES_URL = f"{url}/api", f"{url}/sapi", f"{url}/fapi"
    return client


@pytest.fixture
def client(still: Running, key: str) -> Client:
    return aimed(Client(key, f"{key}-secret", ping=False), still.paper.url)


def test_public_data(client: Client) -> None:
    assert client.get_symbol_info("BTCUSDT")["status"] == "TRADING"
    assert client.get_order_book(**PAIR)["bids"][0][0] == "29999.99000000"
    assert {row["symbol"]: row["price"] for row in client.get_all_tickers()}["BTCUSDT"] == "30000.00000000"
    assert float(client.get_avg_price(**PAIR)["price"]) > 0
    assert client.get_historical_trades(**PAIR)[-1]["price"] == "30000.00000000"
    assert client.get_klines(**PAIR, interval=Client.KLINE_INTERVAL_1MINUTE)
    assert client.futures_mark_price(**PAIR)["markPrice"] == "30000"


def test_a_spot_order_is_placed_found_and_cancelled(client: Client) -> None:
    placed = client.order_limit_buy(**PAIR, quantity="0.001", price="29000", newClientOrderId="mine-1")
    assert client.get_order(**PAIR, origClientOrderId="mine-1")["orderId"] == placed["orderId"]
    assert [one["orderId"] for one in client.get_open_orders(**PAIR)] == [placed["orderId"]]
    assert client.get_asset_balance("USDT")["locked"] == "29.00000000"
    assert client.cancel_order(**PAIR, orderId=placed["orderId"])["status"] == "CANCELED"
    assert client.get_open_orders(**PAIR) == []


def test_a_spot_trade_shows_everywhere(client: Client) -> None:
    placed = client.order_market_buy(**PAIR, quantity="0.01")
    assert placed["status"] == "FILLED"
    assert [one["orderId"] for one in client.get_my_trades(**PAIR)] == [placed["orderId"]]
    assert client.get_asset_balance("BTC")["free"] == "0.00999000"  # 0.01 less 10 bps


def test_a_refusal_is_binances_own(client: Client) -> None:
    with pytest.raises(BinanceAPIException) as refused:
        client.order_limit_buy(**PAIR, quantity="1", price="29000")
    assert (refused.value.code, refused.value.status_code) == (-2010, 400)


def test_a_futures_order_is_placed_found_and_cancelled(client: Client) -> None:
    placed = client.futures_create_order(
        **PAIR, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price="29000"
    )
    assert client.futures_get_order(**PAIR, orderId=placed["orderId"])["status"] == "NEW"
    assert client.futures_cancel_order(**PAIR, orderId=placed["orderId"])["status"] == "CANCELED"


def test_a_position_and_its_stop(client: Client, still: Running) -> None:
    client.futures_create_order(**PAIR, side="BUY", type="MARKET", quantity="0.01")
    stop = client.futures_create_order(
        **PAIR, side="SELL", type="STOP_MARKET", stopPrice="29500", quantity="0.01", reduceOnly="true"
    )
    assert client.futures_position_information(**PAIR)[0]["positionAmt"] == "0.01"
    assert [one["algoId"] for one in client.futures_get_open_orders(**PAIR, conditional=True)] == [stop["algoId"]]
    still.paper.price("BTCUSDT", "29400")
    assert client.futures_position_information(**PAIR) == []
    assert len(client.futures_account_trades(**PAIR)) == 2


Act = Callable[[Client, Running], Any]


def moved(_: Client, still: Running) -> None:
    still.paper.price("BTCUSDT", "30001")
    still.paper.price("BTCUSDT", "30000")


def bought(client: Client, _: Running) -> None:
    client.order_market_buy(**PAIR, quantity="0.001")


def opened(client: Client, _: Running) -> None:
    client.futures_create_order(**PAIR, side="BUY", type="MARKET", quantity="0.01")


STREAMS: dict[str, tuple[Callable[[BinanceSocketManager], Any], Act, set[str]]] = {
    "depth": (lambda m: m.depth_socket("BTCUSDT"), moved, {"depthUpdate"}),
    "futures trades": (lambda m: m.futures_multiplex_socket(["btcusdt@aggTrade"]), moved, {"aggTrade"}),
    "futures user": (
        lambda m: m.futures_user_socket(),
        opened,
        {"ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"},
    ),
    "kline": (lambda m: m.kline_socket("BTCUSDT"), moved, {"kline"}),
    "mark price": (lambda m: m.symbol_mark_price_socket("BTCUSDT"), moved, {"markPriceUpdate"}),
    "trades": (lambda m: m.trade_socket("BTCUSDT"), moved, {"trade"}),
    "user": (lambda m: m.user_socket(), bought, {"executionReport", "outboundAccountPosition"}),
}


async def hear(still: Running, key: str, label: str) -> dict[str, Any]:
    """The first message of a stream."""
    make, act, _ = STREAMS[label]
    trader = aimed(Client(key, f"{key}-secret", ping=False), still.paper.url)
    client = aimed(AsyncClient(key, f"{key}-secret"), still.paper.url)
    ws = still.paper.url.replace("http", "ws", 1)
    client.ws_api._url = f"{ws}/ws-api/v3"
    manager = BinanceSocketManager(client)
    manager.STREAM_URL, manager.FSTREAM_URL = f"{ws}/", f"{ws}/fut/"
    try:
        async with make(manager) as opened_socket:
            got: dict[str, Any] = await meanwhile(_message(opened_socket), lambda: act(trader, still))
            return got.get("data", got)
    finally:
        await client.close_connection()


async def _message(opened_socket: Any) -> dict[str, Any]:
    while True:
        got: dict[str, Any] | None = await opened_socket.recv()  # nothing after its own patience
        if got is not None:
            return got


async def hear_all(still: Running) -> dict[str, Any]:
    heard = await asyncio.gather(*(hear(still, still.account(), label) for label in STREAMS), return_exceptions=True)
    return dict(zip(STREAMS, heard, strict=True))


@pytest.fixture(scope="module")
def heard(still: Running) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReconnectingWebsocket, "TIMEOUT", 0.5)  # how long a socket that is closed listens on
        return asyncio.run(hear_all(still))


@pytest.mark.parametrize("label", STREAMS)
def test_a_stream_speaks(heard: dict[str, Any], label: str) -> None:
    assert isinstance(heard[label], dict), heard[label]
    assert heard[label]["e"] in STREAMS[label][2]
