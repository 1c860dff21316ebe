"""pybit, Bybit's own client: place, query, cancel and stream, on spot and on linear, over HTTP and over a socket."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, Queue
from threading import RLock
from typing import Any

import pybit._websocket_trading
import pybit.unified_trading
import pytest
from pybit.exceptions import FailedRequestError, InvalidRequestError
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading

from tests.trading.paper.clients.venues import Running

PATIENCE_SECS = 60

SPOT, LINEAR = ({"category": name, "symbol": "BTCUSDT"} for name in ("spot", "linear"))
TOPICS = ("execution", "order", "position", "wallet")


@pytest.fixture
def session(still: Running, key: str) -> HTTP:
    made = HTTP(testnet=False, api_key=key, api_secret=f"{key}-secret", recv_window=60_000)
    made.endpoint = still.paper.url
    return made


def row(reply: Any) -> dict[str, Any]:
    """The only row of a list."""
    (found,) = reply["result"]["list"]
    return found


@pytest.mark.parametrize("market", [SPOT, LINEAR])
def test_public_data(session: HTTP, market: dict[str, str]) -> None:
    assert row(session.get_instruments_info(**market))["status"] == "Trading"
    assert row(session.get_tickers(**market))["lastPrice"] == "30000"
    book = session.get_orderbook(**market, limit=2)["result"]
    assert float(book["b"][0][0]) < 30000 < float(book["a"][0][0])
    assert session.get_kline(**market, interval=1)["result"]["list"]
    assert session.get_public_trade_history(**market)["result"]["list"][0]["price"] == "30000"


@pytest.mark.parametrize("market", [SPOT, LINEAR])
def test_an_order_is_placed_found_amended_and_cancelled(session: HTTP, market: dict[str, str]) -> None:
    placed = session.place_order(**market, side="Buy", orderType="Limit", qty=0.01, price=29000, orderLinkId="mine-1")
    order_id = placed["result"]["orderId"]
    assert row(session.get_open_orders(**market, orderLinkId="mine-1"))["orderId"] == order_id
    session.amend_order(**market, orderId=order_id, qty="0.005")
    assert row(session.get_open_orders(**market))["qty"] == "0.005"
    assert session.cancel_order(**market, orderId=order_id)["result"]["orderLinkId"] == "mine-1"
    assert session.get_open_orders(**market)["result"]["list"] == []
    assert row(session.get_order_history(**market))["orderStatus"] == "Cancelled"


@pytest.mark.parametrize("market", [SPOT, LINEAR])
def test_a_trade_shows_everywhere(session: HTTP, market: dict[str, str]) -> None:
    unit = {"marketUnit": "baseCoin"} if market is SPOT else {}
    placed = session.place_order(**market, side="Buy", orderType="Market", qty="0.01", **unit)
    execution = row(session.get_executions(**market))
    assert (execution["orderId"], execution["execQty"]) == (placed["result"]["orderId"], "0.01")
    assert row(session.get_order_history(**market))["orderStatus"] == "Filled"
    coins = {one["coin"]: one for one in row(session.get_wallet_balance(accountType="UNIFIED"))["coin"]}
    assert float(coins["USDT"]["walletBalance"]) < 10_000


def test_a_position_and_its_stop(session: HTTP, still: Running) -> None:
    session.set_leverage(**LINEAR, buyLeverage="5", sellLeverage="5")
    session.place_order(**LINEAR, side="Buy", orderType="Market", qty="0.01")
    assert row(session.get_positions(**LINEAR))["leverage"] == "5"
    stop = {"triggerPrice": "29500", "triggerDirection": 2, "reduceOnly": True}
    placed = session.place_order(**LINEAR, side="Sell", orderType="Market", qty="0.01", **stop)
    assert row(session.get_open_orders(**LINEAR))["orderStatus"] == "Untriggered"
    still.paper.price("BTCUSDT", "29400")
    assert row(session.get_positions(**LINEAR))["size"] == "0"
    done = row(session.get_order_history(**LINEAR, orderId=placed["result"]["orderId"]))
    assert (done["orderStatus"], done["stopOrderType"]) == ("Filled", "Stop")


def test_refusals_are_bybits_own(session: HTTP, still: Running, key: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        session.place_order(**SPOT, side="Buy", orderType="Limit", qty="1", price="29000")
    assert refused.value.status_code == 170131
    session.set_leverage(**LINEAR, buyLeverage="5", sellLeverage="5")
    with pytest.raises(InvalidRequestError) as refused:
        session.set_leverage(**LINEAR, buyLeverage="5", sellLeverage="5")
    assert refused.value.status_code == 110043
    stranger = HTTP(testnet=False, api_key="nobody", api_secret="nothing")
    stranger.endpoint = still.paper.url
    with pytest.raises(FailedRequestError) as unknown:
        stranger.get_account_info()
    assert unknown.value.status_code == 401


def test_a_batch_tells_of_each(session: HTTP) -> None:
    rows = [
        {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price}
        for price in ("29000", "1")
    ]
    told = session.place_batch_order(category="linear", request=rows)
    assert [one["code"] for one in told["retExtInfo"]["list"]] == [0, 110003]
    assert [bool(one["orderId"]) for one in told["result"]["list"]] == [True, False]


@pytest.fixture
def addresses(still: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every socket of pybit leads to the paper exchange."""
    ws = still.paper.url.replace("http", "ws", 1)
    monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", f"{ws}/v5/private")
    monkeypatch.setattr(pybit.unified_trading, "PUBLIC_WSS", f"{ws}/v5/public/{{CHANNEL_TYPE}}")
    monkeypatch.setattr(pybit._websocket_trading, "TRADE_WSS", f"{ws}/v5/trade")


class Careful(WebSocket):
    """pybit notes who wants a topic after it has asked for it; on a busy machine the answer must not overtake that."""

    _lock = RLock()

    def subscribe(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            super().subscribe(*args, **kwargs)

    def _on_message(self, message: str) -> None:
        with self._lock:
            super()._on_message(message)


def hear(heard: "Queue[Any]", act: Callable[[], Any]) -> Any:
    """Act again and again until something comes: pybit does not tell when a subscription holds."""
    for _ in range(2 * PATIENCE_SECS):
        act()
        with suppress(Empty):
            return heard.get(timeout=0.5)
    raise AssertionError("nothing came")


@pytest.fixture
def private(addresses: None, key: str) -> Iterator[WebSocket]:
    made = Careful("private", testnet=False, api_key=key, api_secret=f"{key}-secret", private_auth_expire=60)
    yield made
    made.exit()


def test_the_own_events_come(private: WebSocket, session: HTTP) -> None:
    heard: dict[str, Queue[Any]] = {topic: Queue() for topic in TOPICS}
    for topic, queue in heard.items():
        getattr(private, f"{topic}_stream")(queue.put)
    placed: list[str] = []

    def buy() -> None:
        told = session.place_order(**LINEAR, side="Buy", orderType="Market", qty="0.01")
        placed.append(told["result"]["orderId"])

    got = {topic: hear(queue, buy) for topic, queue in heard.items()}
    assert {topic: message["topic"] for topic, message in got.items()} == {topic: topic for topic in TOPICS}
    assert got["order"]["data"][0]["orderId"] in placed
    assert float(got["position"]["data"][0]["size"]) > 0


@pytest.mark.parametrize("category", ["spot", "linear"])
def test_the_markets_speak(addresses: None, still: Running, key: str, category: str) -> None:
    stream, heard = Careful(category, testnet=False), [Queue[Any]() for _ in range(4)]
    stream.trade_stream("BTCUSDT", heard[0].put)
    stream.ticker_stream("BTCUSDT", heard[1].put)
    stream.kline_stream(1, "BTCUSDT", heard[2].put)
    stream.orderbook_stream(50, "BTCUSDT", heard[3].put)
    book = heard[3].get(timeout=PATIENCE_SECS)
    still.paper.price("BTCUSDT", "30001")  # the book was asked for last: the others hold by now
    told = [queue.get(timeout=PATIENCE_SECS)["topic"].split(".")[0] for queue in heard[:3]]
    assert (told, book["type"]) == (["publicTrade", "tickers", "kline"], "snapshot")
    stream.exit()


def test_an_order_over_a_socket(addresses: None, session: HTTP, key: str) -> None:
    told = Queue[Any]()
    socket = WebSocketTrading(
        testnet=False, api_key=key, api_secret=f"{key}-secret", private_auth_expire=60, recv_window=60_000
    )
    socket.place_order(told.put, **LINEAR, side="Buy", orderType="Limit", qty="0.01", price="29000")
    placed = told.get(timeout=PATIENCE_SECS)["data"]["orderId"]
    assert row(session.get_open_orders(**LINEAR))["orderId"] == placed
    socket.cancel_order(told.put, **LINEAR, orderId=placed)
    assert told.get(timeout=PATIENCE_SECS)["retCode"] == 0
    assert session.get_open_orders(**LINEAR)["result"]["list"] == []
    socket.exit()
