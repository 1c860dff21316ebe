"""The bytes: signatures, clocks, errors, shapes, as Binance has them."""

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.support import plain_http
from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.001",
    "price": "59000",
}
STOP = LIMIT | {"type": "STOP_LOSS_LIMIT", "side": "SELL", "price": "58000"}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in fields.items() if key != name}


def error(reply: httpx.Response) -> tuple[int, int, str]:
    body = reply.json()
    return reply.status_code, body["code"], body["msg"]


def mandatory(name: str) -> tuple[int, int, str]:
    return 400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


def unwanted(name: str) -> tuple[int, int, str]:
    return 400, -1106, f"Parameter '{name}' sent when not required."


def failure(name: str) -> tuple[int, int, str]:
    return 400, -1013, f"Filter failure: {name}"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (without(LIMIT, "symbol"), mandatory("symbol")),
        (without(LIMIT, "side"), mandatory("side")),
        (without(LIMIT, "type"), mandatory("type")),
        (without(LIMIT, "timeInForce"), mandatory("timeInForce")),
        (without(LIMIT, "quantity"), mandatory("quantity")),
        (without(LIMIT, "price"), mandatory("price")),
        (without(MARKET, "quantity"), mandatory("quantity")),
        (MARKET | {"price": "59000"}, unwanted("price")),
        (MARKET | {"timeInForce": "GTC"}, unwanted("timeInForce")),
        (MARKET | {"quoteOrderQty": "50"}, unwanted("quoteOrderQty")),
        (LIMIT | {"symbol": "NOPE"}, (400, -1121, "Invalid symbol.")),
        (LIMIT | {"side": "LONG"}, (400, -1117, "Invalid side.")),
        (LIMIT | {"type": "ICEBERG"}, (400, -1116, "Invalid orderType.")),
        (LIMIT | {"timeInForce": "GTX"}, (400, -1115, "Invalid timeInForce.")),
        (LIMIT | {"price": "59000.001"}, failure("PRICE_FILTER")),
        (LIMIT | {"price": "300000.01"}, failure("PERCENT_PRICE_BY_SIDE")),
        (LIMIT | {"quantity": "0.000001"}, failure("LOT_SIZE")),
        (LIMIT | {"quantity": "0.00008"}, failure("NOTIONAL")),
        (LIMIT | {"quantity": "0.000000001"}, (400, -1111, "Parameter 'quantity' has too much precision.")),
        (MARKET | {"quantity": "101"}, failure("MARKET_LOT_SIZE")),
        (LIMIT | {"type": "LIMIT_MAKER"}, unwanted("timeInForce")),
        (LIMIT | {"type": "STOP_LOSS"}, unwanted("timeInForce")),
        (LIMIT | {"stopPrice": "58000"}, unwanted("stopPrice")),
        (STOP | {"stopPrice": "61000"}, (400, -2010, "Stop price would trigger immediately.")),
        (STOP | {"trailingDelta": "5"}, failure("TRAILING_DELTA")),
        (LIMIT | {"quantity": "0.01", "icebergQty": "0.0001"}, failure("ICEBERG_PARTS")),
        (LIMIT | {"quantity": "1"}, (400, -2010, "Account has insufficient balance for requested action.")),
    ],
)
def test_a_bad_order_gets_binances_words(trader: Trader, order: dict[str, str], expected: tuple[int, int, str]) -> None:
    assert error(trader.order(**order)) == expected
    assert trader.ledger()["orders"] == []


@pytest.mark.parametrize("value", ["abc", "-1", "1e3"])
def test_a_number_must_look_like_one(trader: Trader, value: str) -> None:
    status, code, words = error(trader.order(**LIMIT | {"quantity": value}))
    assert (status, code) == (400, -1100)
    assert "'quantity'" in words


def test_a_client_id_has_legal_characters(trader: Trader) -> None:
    assert error(trader.order(**LIMIT, newClientOrderId="not legal"))[1] == -1100
    assert trader.order(**LIMIT, newClientOrderId="A-b_9" * 7).status_code == 200


@pytest.mark.parametrize(
    ("shift_ms", "window", "expected"),
    [
        (-4_000, None, None),
        (-6_000, None, (400, -1021, "Timestamp for this request is outside of the recvWindow.")),
        (-6_000, "10000", None),
        (500, None, None),
        (3_000, None, (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")),
        (0, "60001", (400, -1131, "recvWindow must be less than 60000")),
    ],
)
def test_the_clock_is_checked_as_at_binance(
    trader: Trader, shift_ms: int, window: str | None, expected: tuple[int, int, str] | None
) -> None:
    params: dict[str, Any] = {"timestamp": now_ms() + shift_ms, "recvWindow": window or "5000"}
    reply = trader.signed("GET", "/api/v3/account", **params)
    assert (reply.status_code == 200) is (expected is None)
    assert expected in (None, (reply.status_code, reply.json().get("code"), reply.json().get("msg")))


def raw(trader: Trader, *, query: str = "", body: str = "", key: str | None = None) -> httpx.Response:
    headers = {"X-MBX-APIKEY": trader.name if key is None else key}
    url = f"{trader.paper.url}/api/v3/order?{query}"
    return plain_http.post(url, content=body, headers={name: value for name, value in headers.items() if value})


def sign(trader: Trader, payload: str) -> str:
    return hmac.new(f"{trader.name}-secret".encode(), payload.encode(), hashlib.sha256).hexdigest()


def test_parameters_may_come_in_query_or_body_or_both(trader: Trader) -> None:
    whole = urlencode(LIMIT | {"timestamp": now_ms()})
    left, right = whole.split("&quantity", 1)
    right = "quantity" + right
    replies = [
        raw(trader, query=f"{whole}&signature={sign(trader, whole)}"),
        raw(trader, body=f"{whole}&signature={sign(trader, whole)}"),
        raw(trader, query=left, body=f"{right}&signature={sign(trader, left + right)}"),
        raw(trader, query=f"{left}&signature={sign(trader, left + right)}", body=right),
    ]
    assert [reply.status_code for reply in replies] == [200] * 4


def test_the_signature_covers_the_bytes_as_sent(trader: Trader) -> None:
    encoded = urlencode(LIMIT | {"timestamp": now_ms()}).replace("GTC", "%47TC")
    assert raw(trader, body=f"{encoded}&signature={sign(trader, encoded)}").status_code == 200
    decoded = encoded.replace("%47", "G")
    assert error(raw(trader, body=f"{encoded}&signature={sign(trader, decoded)}"))[1] == -1022


@pytest.mark.parametrize(
    ("query", "key", "expected"),
    [
        ("timestamp=1&signature=ab", "", (401, -2014, "API-key format invalid.")),
        ("timestamp=1&signature=ab", "stranger", (401, -2015, "Invalid API-key, IP, or permissions for action.")),
        ("signature=ab", None, mandatory("timestamp")),
        ("timestamp=soon&signature=ab", None, mandatory("timestamp")),
        ("timestamp={now}", None, mandatory("signature")),
        ("timestamp={now}&signature=ab", None, (400, -1022, "Signature for this request is not valid.")),
        ("timestamp={now}&signature=ü", None, (400, -1022, "Signature for this request is not valid.")),
    ],
)
def test_strangers_stay_outside(trader: Trader, query: str, key: str | None, expected: tuple[int, int, str]) -> None:
    assert error(raw(trader, query=query.format(now=now_ms()), key=key)) == expected


@pytest.mark.parametrize(
    "path", ["/api/v3/nothing", "/api/v1/order", "/sapi/v1/asset/none", "/fapi/v1/nothing", "/nowhere"]
)
def test_an_unknown_path_is_a_plain_404(paper: PaperExchange, path: str) -> None:
    reply = paper.get(path)
    assert reply.status_code == 404
    assert not reply.headers["content-type"].startswith("application/json")


def test_a_full_reply_lists_its_fills(trader: Trader) -> None:
    reply = trader.order(**MARKET, newClientOrderId="mine").json()
    fill = reply["fills"][0]
    expected = {
        "symbol": "BTCUSDT",
        "orderListId": -1,
        "clientOrderId": "mine",
        "price": "0.00000000",
        "origQty": "0.00100000",
        "executedQty": "0.00100000",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": "60.00001000",
        "status": "FILLED",
        "timeInForce": "GTC",
        "type": "MARKET",
        "side": "BUY",
        "selfTradePreventionMode": "NONE",
    }
    assert {name: reply[name] for name in expected} == expected
    assert (fill["price"], fill["qty"]) == ("60000.01000000", "0.00100000")
    assert (fill["commission"], fill["commissionAsset"]) == ("0.00000100", "BTC")


@pytest.mark.parametrize(
    ("detail", "present", "absent"),
    [("ACK", "transactTime", "status"), ("RESULT", "status", "fills"), ("FULL", "fills", "stopPrice")],
)
def test_the_reply_says_as_much_as_asked(trader: Trader, detail: str, present: str, absent: str) -> None:
    reply = trader.order(**MARKET, newOrderRespType=detail).json()
    assert present in reply
    assert absent not in reply


def test_an_order_without_a_client_id_is_given_one(trader: Trader) -> None:
    ids = {trader.order(**LIMIT).json()["clientOrderId"] for _ in range(3)}
    assert {len(one) for one in ids} == {22}
    assert len(ids) == 3


def test_my_trades_can_be_narrowed(trader: Trader) -> None:
    orders = [trader.order(**MARKET).json()["orderId"] for _ in range(3)]
    rows = trader.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT").json()
    assert [row["orderId"] for row in rows] == orders
    narrowed = {
        "orderId": trader.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", orderId=orders[1]),
        "fromId": trader.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", fromId=rows[1]["id"]),
        "limit": trader.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", limit=2),
        "endTime": trader.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT", endTime=rows[0]["time"] - 1),
    }
    assert {name: [row["orderId"] for row in reply.json()] for name, reply in narrowed.items()} == {
        "orderId": [orders[1]],
        "fromId": orders[1:],
        "limit": orders[1:],
        "endTime": [],
    }


def test_one_account_never_sees_anothers_order(trader: Trader) -> None:
    trader.paper.add_key("other", "other-secret", "other")
    order_id = trader.order(**LIMIT).json()["orderId"]
    other = Trader(trader.paper, "other")
    assert error(other.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order_id))[1] == -2013
    assert error(other.signed("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order_id))[1] == -2011
    assert other.signed("GET", "/api/v3/openOrders").json() == []


def test_cancelling_nothing_is_an_error(trader: Trader) -> None:
    assert error(trader.signed("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")) == (400, -2011, "Unknown order sent.")
    asked = trader.signed("GET", "/api/v3/order", symbol="BTCUSDT")
    assert error(asked)[1:] == (-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")


def test_the_filters_are_todays(paper: PaperExchange) -> None:
    reply = paper.get("/api/v3/exchangeInfo", symbol="BTCUSDT").json()
    (symbol,) = reply["symbols"]
    assert {one["filterType"] for one in symbol["filters"]} == {
        "ICEBERG_PARTS",
        "LOT_SIZE",
        "MARKET_LOT_SIZE",
        "MAX_NUM_ALGO_ORDERS",
        "MAX_NUM_ORDERS",
        "NOTIONAL",
        "PERCENT_PRICE_BY_SIDE",
        "PRICE_FILTER",
        "TRAILING_DELTA",
    }
    assert {"STOP_LOSS", "TAKE_PROFIT"} <= set(symbol["orderTypes"])
    assert symbol["permissionSets"] == [["SPOT"]]
    assert len(paper.get("/api/v3/exchangeInfo").json()["symbols"]) == 25


@pytest.mark.parametrize(
    ("params", "shape"),
    [({"symbol": "BTCUSDT"}, dict), ({"symbols": '["BTCUSDT","ETHUSDT"]'}, list), ({}, list)],
)
@pytest.mark.parametrize("path", ["ticker/24hr", "ticker/price", "ticker/bookTicker"])
def test_tickers_come_alone_or_in_lists(paper: PaperExchange, path: str, params: dict, shape: type) -> None:
    assert isinstance(paper.get(f"/api/v3/{path}", **params).json(), shape)


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("klines", {"symbol": "BTCUSDT", "interval": "2m"}, -1120),
        ("klines", {"symbol": "BTCUSDT"}, -1102),
        ("depth", {"symbol": "NOPE"}, -1121),
        ("ticker/price", {"symbols": "[BTC"}, -1100),
        ("trades", {"symbol": "BTCUSDT", "limit": "many"}, -1100),
    ],
)
def test_bad_questions_get_an_answer_too(paper: PaperExchange, path: str, params: dict, code: int) -> None:
    assert error(paper.get(f"/api/v3/{path}", **params))[1] == code


def test_the_rest_of_the_account(trader: Trader) -> None:
    assert trader.signed("GET", "/api/v3/account/commission", symbol="BTCUSDT").json()["standardCommission"] == {
        "maker": "0.00100000",
        "taker": "0.00100000",
        "buyer": "0.00000000",
        "seller": "0.00000000",
    }
    assert len(trader.signed("GET", "/sapi/v1/asset/tradeFee", symbol="BTCUSDT").json()) == 1
    assert {"BTC", "USDT"} <= {row["coin"] for row in trader.signed("GET", "/sapi/v1/capital/config/getall").json()}
    nonzero = trader.signed("GET", "/api/v3/account", omitZeroBalances="true").json()["balances"]
    assert nonzero == [{"asset": "USDT", "free": "10000.00000000", "locked": "0.00000000"}]


def test_at_most_two_hundred_orders_rest(trader: Trader) -> None:
    trader.paper.deposit({"USDT": "10000"}, trader.name)
    statuses = [trader.order(**LIMIT).status_code for _ in range(200)]
    assert statuses == [200] * 200
    assert error(trader.order(**LIMIT)) == failure("MAX_NUM_ORDERS")
