"""The sockets by hand: sequence numbers, snapshots, subscriptions, user events against the ledger, expiry."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

PATIENCE_SECS = 60
DEPTH = {
    "spot": ("/ws/btcusdt@depth@100ms", "/api/v3/depth"),
    "usdm": ("/fut/ws/btcusdt@depth@100ms", "/fapi/v1/depth"),
}

_ids = count(1)


@contextmanager
def socket(paper: PaperExchange, path: str, *, url: str = "") -> Iterator[ClientConnection]:
    with connect((url or paper.url + path).replace("http", "ws", 1), open_timeout=PATIENCE_SECS) as opened:
        yield opened


def hear(opened: ClientConnection) -> Any:
    return json.loads(opened.recv(timeout=PATIENCE_SECS))


def hear_until(opened: ClientConnection, kind: str) -> list[Any]:
    """Messages up to the first of a kind."""
    heard = [hear(opened)]
    while heard[-1].get("e") != kind:
        heard.append(hear(opened))
    return heard


def ask(opened: ClientConnection, method: str, params: Any) -> Any:
    number = next(_ids)
    opened.send(json.dumps({"id": number, "method": method, "params": params}))
    reply = hear(opened)
    while reply.get("id") != number:
        reply = hear(opened)
    return reply


def signed(trader: Trader, **params: Any) -> dict[str, Any]:
    fields = {"apiKey": trader.name, "timestamp": time.time_ns() // 1_000_000, "recvWindow": 10_000} | params
    payload = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    mac = hmac.new(f"{trader.name}-secret".encode(), payload.encode(), hashlib.sha256)
    return fields | {"signature": mac.hexdigest()}


@pytest.mark.parametrize("kind", DEPTH)
def test_a_snapshot_and_the_changes_after_it_give_the_book(trader: Trader, kind: str) -> None:
    paper, (stream, rest) = trader.paper, DEPTH[kind]
    with socket(paper, stream) as opened:
        paper.price("BTCUSDT", "60100")
        first = hear(opened)
        snapshot = paper.get(rest, symbol="BTCUSDT", limit=1000).json()
        for number in range(5):
            trader.order(symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001", price="59000")
            paper.price("BTCUSDT", f"{60200 + number}")
        final = paper.get(rest, symbol="BTCUSDT", limit=1000).json()
        heard = [first]
        while heard[-1]["u"] < final["lastUpdateId"]:
            heard.append(hear(opened))
    assert all(after["U"] == before["u"] + 1 for before, after in zip(heard, heard[1:], strict=False))
    book = {side: dict(snapshot[side]) for side in ("bids", "asks")}
    for event in (one for one in heard if one["u"] > snapshot["lastUpdateId"]):
        book["bids"] |= dict(event["b"])
        book["asks"] |= dict(event["a"])
    left = {side: {price: qty for price, qty in rows.items() if Decimal(qty)} for side, rows in book.items()}
    assert left == {side: dict(final[side]) for side in ("bids", "asks")}


def test_futures_events_name_the_id_before(trader: Trader) -> None:
    with socket(trader.paper, DEPTH["usdm"][0]) as opened:
        trader.paper.price("BTCUSDT", "60100")
        first = hear(opened)
        trader.paper.price("BTCUSDT", "60200")
        assert hear(opened)["pu"] == first["u"]


def test_a_combined_stream_wraps_and_a_raw_one_does_not(trader: Trader) -> None:
    names = ["btcusdt@trade", "btcusdt@kline_1m"]
    with socket(trader.paper, f"/stream?streams={'/'.join(names)}") as opened:
        trader.paper.price("BTCUSDT", "60100")
        assert {hear(opened)["stream"] for _ in range(2)} == set(names)
    with socket(trader.paper, "/ws/btcusdt@trade") as opened:
        trader.paper.price("BTCUSDT", "60200")
        assert hear(opened)["p"] == "60200.00000000"


def test_subscriptions_come_and_go(trader: Trader) -> None:
    with socket(trader.paper, "/ws/btcusdt@trade") as opened:
        assert ask(opened, "SUBSCRIBE", ["ethusdt@trade", "nopeusdt@trade"])["result"] is None
        assert ask(opened, "LIST_SUBSCRIPTIONS", [])["result"] == ["btcusdt@trade", "ethusdt@trade"]
        assert ask(opened, "UNSUBSCRIBE", ["btcusdt@trade"])["result"] is None
        trader.paper.price("BTCUSDT", "60100")
        trader.paper.price("ETHUSDT", "2000")
        assert hear(opened)["s"] == "ETHUSDT"


@pytest.mark.parametrize("text", ["no json", "[]", '{"method":"SUBSCRIBE","params":7}', '{"method":"DANCE","id":1}'])
def test_nonsense_gets_an_error_and_the_connection_stays(trader: Trader, text: str) -> None:
    with socket(trader.paper, "/ws/btcusdt@miniTicker") as opened:
        opened.send(text)
        replies = [hear(opened)]
        while "error" not in replies[-1]:
            replies.append(hear(opened))
        assert ask(opened, "LIST_SUBSCRIPTIONS", [])["result"] == ["btcusdt@miniTicker"]


def test_partial_books_tickers_and_all_tickers(trader: Trader) -> None:
    names = ["btcusdt@depth5@100ms", "btcusdt@ticker", "btcusdt@bookTicker", "!miniTicker@arr", "!ticker@arr"]
    with socket(trader.paper, f"/stream?streams={'/'.join(names)}") as opened:
        heard = {}
        while set(heard) != set(names):
            message = hear(opened)
            heard[message["stream"]] = message["data"]
    assert len(heard["btcusdt@depth5@100ms"]["bids"]) == 5
    assert heard["btcusdt@ticker"]["b"] == heard["btcusdt@bookTicker"]["b"]
    assert "BTCUSDT" in {one["s"] for one in heard["!ticker@arr"]}


def test_the_users_events_are_the_ledgers_story(trader: Trader) -> None:
    with socket(trader.paper, "/ws-api/v3") as opened:
        number = ask(opened, "userDataStream.subscribe.signature", signed(trader))["result"]["subscriptionId"]
        trader.order(symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.002", price="59500")
        trader.paper.price("BTCUSDT", "59499", qty="0.001")
        trader.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        heard: list[Any] = []
        while not heard or heard[-1]["e"] != "executionReport" or heard[-1]["X"] != "CANCELED":
            message = hear(opened)
            assert message["subscriptionId"] == number
            heard.append(message["event"])
    reports = [one for one in heard if one["e"] == "executionReport"]
    assert [(one["x"], one["X"], one["z"]) for one in reports] == [
        ("NEW", "NEW", "0.00000000"),
        ("TRADE", "PARTIALLY_FILLED", "0.00100000"),
        ("CANCELED", "CANCELED", "0.00100000"),
    ]
    fill = trader.ledger()["fills"][0]
    assert (reports[1]["t"], reports[1]["L"], reports[1]["n"]) == (fill["tradeId"], fill["price"], fill["fee"])
    locked = [
        row["l"] for one in heard if one["e"] == "outboundAccountPosition" for row in one["B"] if row["a"] == "USDT"
    ]
    assert locked == ["119.00000000", "59.50000000"]  # 0.002 × 59,500, then half of it


def test_orders_over_the_socket_are_orders(trader: Trader) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
    with socket(trader.paper, "/ws-api/v3") as opened:
        placed = ask(opened, "order.place", signed(trader, price="59000", **order))
        found = ask(opened, "order.status", signed(trader, symbol="BTCUSDT", orderId=placed["result"]["orderId"]))
        refused = ask(opened, "order.place", signed(trader, price="59000.001", **order))
        stranger = ask(opened, "order.place", signed(trader, price="59000", **order) | {"signature": "0" * 64})
    assert placed["status"] == found["status"] == 200
    assert found["result"]["status"] == "NEW"
    assert (refused["status"], refused["error"]["code"]) == (400, -1013)
    assert stranger["error"]["code"] == -1022
    assert len(trader.ledger()["orders"]) == 1


def listen_key(trader: Trader) -> str:
    reply = trader.paper._http.post("/fapi/v1/listenKey", headers={"X-MBX-APIKEY": trader.name})
    found: str = reply.json()["listenKey"]
    return found


def test_a_futures_trade_tells_order_wallet_and_position(trader: Trader) -> None:
    with socket(trader.paper, f"/fut/private/ws?listenKey={listen_key(trader)}") as opened:
        trader.perp(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
        new, wallet, traded = (
            hear_until(opened, kind)[-1] for kind in ("ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE")
        )
    fill = trader.futures()["fills"][0]
    assert (new["o"]["x"], traded["o"]["x"], traded["o"]["X"]) == ("NEW", "TRADE", "FILLED")
    assert (traded["o"]["t"], Decimal(traded["o"]["n"])) == (fill["tradeId"], Decimal(fill["fee"]))
    assert Decimal(wallet["a"]["B"][0]["wb"]) == Decimal(trader.futures()["wallet"])
    assert [(row["s"], row["pa"]) for row in wallet["a"]["P"]] == [("BTCUSDT", "0.01")]


def test_a_conditional_order_tells_which_order_it_became(trader: Trader) -> None:
    trader.perp(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
    with socket(trader.paper, f"/fut/private/ws?listenKey={listen_key(trader)}") as opened:
        trader.algo(
            algoType="CONDITIONAL",
            symbol="BTCUSDT",
            side="SELL",
            type="STOP_MARKET",
            quantity="0.01",
            triggerPrice="59000",
        )
        waiting = hear_until(opened, "ALGO_UPDATE")[-1]["o"]
        trader.paper.price("BTCUSDT", "58990")
        triggered = hear_until(opened, "ALGO_UPDATE")[-1]["o"]
    assert (waiting["X"], waiting["ai"], triggered["aid"]) == ("NEW", "", waiting["aid"])
    assert triggered["ai"] == str(trader.futures()["algoOrders"][0]["actualOrderId"])


def test_a_listen_key_ends_after_its_hour(trader: Trader) -> None:
    key = listen_key(trader)
    with socket(trader.paper, f"/fut/private/ws?listenKey={key}") as opened:
        trader.paper.control("listen-keys", {"age_ms": 3_600_000})
        assert hear_until(opened, "listenKeyExpired")[-1]["listenKey"] == key
        with pytest.raises(ConnectionClosed):
            opened.recv(timeout=PATIENCE_SECS)
    assert listen_key(trader) != key


def test_who_asks_for_an_unknown_key_or_path_is_turned_away(trader: Trader) -> None:
    for path in ("/fut/private/ws?listenKey=nope", "/nowhere"):
        with pytest.raises(Exception, match="403"), socket(trader.paper, path):
            pass


def test_the_best_prices_of_all_contracts_in_one_stream(trader: Trader) -> None:
    trader.paper.price("ETHUSDT", "2000")
    with socket(trader.paper, "/fut/ws/!bookTicker") as opened:
        assert {hear(opened)["s"] for _ in range(2)} == {"BTCUSDT", "ETHUSDT"}
        trader.paper.price("ETHUSDT", "2001")
        told = hear(opened)
    assert (told["e"], told["s"], Decimal(told["b"])) == ("bookTicker", "ETHUSDT", Decimal("2000.99"))
