"""The bytes of the futures side: errors, shapes, parameters, as Binance has them."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000",
}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "0.01",
    "triggerPrice": "58000",
}
TRAILING = {**STOP, "type": "TRAILING_STOP_MARKET", "callbackRate": "1.0"}


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in fields.items() if key != name}


def error(reply: httpx.Response) -> int:
    assert reply.status_code == 400, reply.text
    body = reply.json()
    assert body["msg"]
    return body["code"]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (without(LIMIT, "symbol"), -1102),
        (without(LIMIT, "side"), -1102),
        (without(LIMIT, "type"), -1102),
        (without(LIMIT, "timeInForce"), -1102),
        (without(LIMIT, "quantity"), -1102),
        (without(LIMIT, "price"), -1102),
        (without(MARKET, "quantity"), -1102),
        (MARKET | {"price": "59000"}, -1106),
        (MARKET | {"timeInForce": "GTC"}, -1106),
        (MARKET | {"closePosition": "true"}, -4136),
        (LIMIT | {"symbol": "NOPE"}, -1121),
        (LIMIT | {"side": "LONG"}, -1117),
        (LIMIT | {"type": "ICEBERG"}, -1116),
        (LIMIT | {"type": "STOP_MARKET"}, -4120),
        (LIMIT | {"timeInForce": "DAY"}, -1115),
        (LIMIT | {"timeInForce": "GTD"}, -1102),
        (LIMIT | {"timeInForce": "GTD", "goodTillDate": "1700000000000"}, -5040),
        (LIMIT | {"timeInForce": "GTD", "goodTillDate": "253402300799000"}, -5040),
        (LIMIT | {"priceMatch": "QUEUE"}, -1106),
        (LIMIT | {"priceMatch": "BEST"}, -5037),
        (MARKET | {"priceMatch": "OPPONENT"}, -5038),
        (without(LIMIT, "price") | {"priceMatch": "NONE"}, -1102),
        (LIMIT | {"selfTradePreventionMode": "MAYBE"}, -5039),
        (LIMIT | {"positionSide": "UP"}, -1116),
        (LIMIT | {"positionSide": "LONG"}, -4061),
        (LIMIT | {"price": "59000.01"}, -1111),
        (LIMIT | {"price": "500"}, -4013),
        (LIMIT | {"price": "5000000"}, -4002),
        (LIMIT | {"price": "0"}, -4001),
        (LIMIT | {"price": "63000.1"}, -4016),
        (LIMIT | {"side": "SELL", "price": "56999.9"}, -4024),
        (LIMIT | {"quantity": "0.0001"}, -1111),
        (LIMIT | {"quantity": "0"}, -4003),
        (LIMIT | {"quantity": "1001"}, -4005),
        (MARKET | {"quantity": "121"}, -4005),
        (LIMIT | {"quantity": "1e3"}, -1100),
        (LIMIT | {"price": "-1"}, -1100),
        (MARKET | {"quantity": "10"}, -2019),
        (MARKET | {"quantity": "0.01", "reduceOnly": "true"}, -2022),
        (LIMIT | {"newClientOrderId": "no spaces"}, -1100),
        (LIMIT | {"newClientOrderId": "x" * 37}, -4015),
        (LIMIT | {"newOrderRespType": "FULL"}, -1137),
    ],
)
def test_a_bad_order_gets_binances_code(trader: Trader, order: dict[str, str], code: int) -> None:
    assert error(trader.perp(**order)) == code
    assert trader.futures()["orders"] == []


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (without(STOP, "algoType"), -1102),
        (STOP | {"algoType": "TWAP"}, -1130),
        (without(STOP, "triggerPrice"), -1102),
        (without(STOP, "quantity"), -1102),
        (STOP | {"type": "STOP"}, -1102),  # wants a price
        (STOP | {"type": "LIMIT"}, -1116),
        (STOP | {"closePosition": "true"}, -1106),
        (without(STOP, "quantity") | {"closePosition": "true", "reduceOnly": "true"}, -1106),
        (STOP | {"type": "STOP", "price": "57000", "closePosition": "true"}, -4136),
        (STOP | {"workingType": "INDEX_PRICE"}, -1130),
        (STOP | {"triggerPrice": "58000.05"}, -1111),
        (STOP | {"triggerPrice": "60000"}, -2021),
        (STOP | {"timeInForce": "GTD"}, -1115),
        (without(TRAILING, "callbackRate"), -1102),
        (TRAILING | {"callbackRate": "0.05"}, -2007),
        (TRAILING | {"callbackRate": "11"}, -2007),
        (TRAILING | {"activatePrice": "59000"}, -2021),
        (TRAILING | {"activationPrice": "59000"}, -2021),
        (STOP | {"clientAlgoId": "no spaces"}, -1100),
    ],
)
def test_a_bad_conditional_order_gets_binances_code(trader: Trader, order: dict[str, str], code: int) -> None:
    assert error(trader.algo(**order)) == code
    assert trader.futures()["algoOrders"] == []


@pytest.mark.parametrize(
    ("method", "path", "params", "code"),
    [
        ("POST", "leverage", {"symbol": "BTCUSDT", "leverage": "126"}, -4028),
        ("POST", "leverage", {"symbol": "BTCUSDT"}, -1102),
        ("POST", "marginType", {"symbol": "BTCUSDT", "marginType": "CROSSED"}, -4046),
        ("POST", "marginType", {"symbol": "BTCUSDT", "marginType": "cross"}, -1130),
        ("POST", "positionSide/dual", {"dualSidePosition": "false"}, -4059),
        ("POST", "positionMargin", {"symbol": "BTCUSDT", "amount": "10", "type": "1"}, -4054),
        ("POST", "positionMargin", {"symbol": "BTCUSDT", "amount": "10", "type": "3"}, -1130),
        ("POST", "batchOrders", {"batchOrders": "[]"}, -1130),
        ("POST", "batchOrders", {"batchOrders": "nonsense"}, -1130),
        ("GET", "order", {"symbol": "BTCUSDT"}, -1102),
        ("GET", "order", {"symbol": "BTCUSDT", "orderId": "999"}, -2013),
        ("GET", "openOrder", {"symbol": "BTCUSDT", "orderId": "999"}, -2013),
        ("DELETE", "order", {"symbol": "BTCUSDT", "orderId": "999"}, -2011),
        ("GET", "algoOrder", {}, -1102),
        ("GET", "algoOrder", {"algoId": "999"}, -2013),
        ("DELETE", "algoOrder", {"clientAlgoId": "nobody"}, -2011),
    ],
)
def test_bad_questions_get_an_answer_too(
    trader: Trader, method: str, path: str, params: dict[str, str], code: int
) -> None:
    assert error(trader.signed(method, f"/fapi/v1/{path}", **params)) == code


def test_modes_cannot_change_while_something_is_open(trader: Trader) -> None:
    trader.perp(**LIMIT)
    switch = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
    codes = [error(trader.signed("POST", "/fapi/v1/marginType", **switch))]
    codes.append(error(trader.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")))
    trader.signed("DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    trader.perp(**MARKET)
    codes.append(error(trader.signed("POST", "/fapi/v1/marginType", **switch)))
    codes.append(error(trader.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")))
    assert codes == [-4047, -4067, -4048, -4068]


def test_leverage_bounds_the_position(trader: Trader) -> None:
    trader.paper.deposit({"USDT": "1000000"}, trader.name, market="usdm")
    trader.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage="125")
    assert error(trader.perp(**MARKET | {"quantity": "6"})) == -2027  # 360,000: at 125× only 300,000 may be held
    assert trader.perp(**MARKET | {"quantity": "4"}).status_code == 200


def test_in_hedge_mode_reduce_only_goes_without_saying(trader: Trader) -> None:
    trader.signed("POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")
    sell = MARKET | {"side": "SELL", "positionSide": "LONG"}
    assert error(trader.perp(**sell | {"reduceOnly": "true"})) == -1106
    assert error(trader.perp(**sell)) == -2022  # nothing to close
    trader.perp(**MARKET | {"positionSide": "LONG"})
    assert trader.perp(**sell, newOrderRespType="RESULT").json()["reduceOnly"] is True


@pytest.mark.parametrize(("detail", "status", "filled"), [("ACK", "NEW", "0"), ("RESULT", "FILLED", "0.01")])
def test_the_reply_says_as_much_as_asked(trader: Trader, detail: str, status: str, filled: str) -> None:
    reply = trader.perp(**MARKET, newOrderRespType=detail).json()
    assert (reply["status"], reply["executedQty"]) == (status, filled)


def test_a_result_has_every_field(trader: Trader) -> None:
    reply = trader.perp(**MARKET, newOrderRespType="RESULT", newClientOrderId="mine").json()
    expected = {
        "symbol": "BTCUSDT",
        "status": "FILLED",
        "clientOrderId": "mine",
        "price": "0",
        "avgPrice": "60000.1",
        "origQty": "0.01",
        "executedQty": "0.01",
        "cumQuote": "600.001",
        "timeInForce": "GTC",
        "type": "MARKET",
        "origType": "MARKET",
        "reduceOnly": False,
        "closePosition": False,
        "side": "BUY",
        "positionSide": "BOTH",
    }
    assert {name: reply[name] for name in expected} == expected


def test_an_empty_account_has_no_positions_and_v2_has_all(trader: Trader) -> None:
    def rows(path: str) -> int:
        return len(trader.signed("GET", f"/fapi/{path}").json())

    assert (rows("v3/positionRisk"), rows("v2/positionRisk")) == (0, 3)
    assert trader.signed("GET", "/fapi/v3/account").json()["positions"] == []
    assert len(trader.signed("GET", "/fapi/v2/account").json()["positions"]) == 3


def test_trades_can_be_narrowed(trader: Trader) -> None:
    orders = [trader.perp(**MARKET).json()["orderId"] for _ in range(3)]
    rows = trader.signed("GET", "/fapi/v1/userTrades", symbol="BTCUSDT").json()
    assert [row["orderId"] for row in rows] == orders
    narrowed: list[tuple[dict[str, Any], list[int]]] = [
        ({"orderId": orders[1]}, orders[1:2]),
        ({"fromId": rows[1]["id"]}, orders[1:]),
        ({"limit": 2}, orders[1:]),
        ({"endTime": rows[0]["time"] - 1}, []),
    ]
    for params, found in narrowed:
        reply = trader.signed("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", **params).json()
        assert [row["orderId"] for row in reply] == found


def test_one_account_never_sees_anothers_orders(trader: Trader) -> None:
    trader.paper.add_key("stranger", "stranger-secret", "stranger")
    other = Trader(trader.paper, "stranger")
    order_id, algo_id = trader.perp(**LIMIT).json()["orderId"], trader.algo(**STOP).json()["algoId"]
    assert error(other.signed("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=order_id)) == -2013
    assert error(other.signed("DELETE", "/fapi/v1/algoOrder", algoId=algo_id)) == -2011
    assert other.signed("GET", "/fapi/v1/openOrders").json() == []
    assert other.signed("GET", "/fapi/v1/openAlgoOrders").json() == []


def test_in_a_batch_each_order_stands_alone(trader: Trader) -> None:
    rows = '[{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"0.01"},{"symbol":"BTCUSDT","side":"BUY"},7]'
    first = trader.signed("POST", "/fapi/v1/batchOrders", batchOrders=rows.replace(",7]", "]")).json()
    assert ("orderId" in first[0], first[1]["code"]) == (True, -1102)
    assert error(trader.signed("POST", "/fapi/v1/batchOrders", batchOrders=rows)) == -1130
    assert len(trader.futures()["orders"]) == 1


@pytest.mark.parametrize("path", ["/fapi/v1/nothing", "/fapi/v9/order", "/fapi/"])
def test_an_unknown_path_is_a_plain_404(paper: PaperExchange, path: str) -> None:
    assert paper.get(path).status_code == 404


@pytest.mark.parametrize("path", ["ticker/24hr", "ticker/price", "ticker/bookTicker", "premiumIndex"])
def test_tickers_come_alone_or_in_lists(paper: PaperExchange, path: str) -> None:
    assert isinstance(paper.get(f"/fapi/v1/{path}").json(), list)
    assert paper.get(f"/fapi/v1/{path}", symbol="BTCUSDT").json()["symbol"] == "BTCUSDT"


def test_the_filters_are_todays(paper: PaperExchange) -> None:
    rows = {row["symbol"]: row for row in paper.get("/fapi/v1/exchangeInfo").json()["symbols"]}
    notional = {
        symbol: next(one["notional"] for one in row["filters"] if one["filterType"] == "MIN_NOTIONAL")
        for symbol, row in rows.items()
    }
    assert notional == {"BTCUSDT": "50", "ETHUSDT": "20", "SOLUSDT": "5"}
    assert "STOP_MARKET" in rows["BTCUSDT"]["orderTypes"]
    assert (rows["BTCUSDT"]["pricePrecision"], rows["BTCUSDT"]["quantityPrecision"]) == (1, 3)


def test_amending_an_order_keeps_its_id(trader: Trader) -> None:
    placed = trader.perp(**LIMIT).json()
    fields = {"symbol": "BTCUSDT", "orderId": placed["orderId"], "side": "BUY"}
    told = trader.signed("PUT", "/fapi/v1/order", **fields, quantity="0.02", price="58000").json()
    assert (told["orderId"], told["price"], told["origQty"]) == (placed["orderId"], "58000", "0.02")
    same = trader.signed("PUT", "/fapi/v1/order", **fields, quantity="0.02", price="58000").json()
    dear = trader.signed("PUT", "/fapi/v1/order", **fields, quantity="50", price="58000").json()
    assert (same["code"], dear["code"]) == (-5027, -2019)
    crossing = trader.signed("PUT", "/fapi/v1/order", **fields, quantity="0.02", price="60100").json()
    assert crossing["status"] == "FILLED"
    assert len(trader.futures()["orders"]) == 1


def test_a_dead_mans_countdown_ends_the_orders_and_can_be_called_off(trader: Trader) -> None:
    path = "/fapi/v1/countdownCancelAll"
    trader.perp(**LIMIT)
    trader.signed("POST", path, symbol="BTCUSDT", countdownTime=1)
    assert trader.signed("POST", path, symbol="BTCUSDT").json()["code"] == -1102
    give_up = time.monotonic() + 60
    while trader.futures()["orders"][0]["status"] == "NEW" and time.monotonic() < give_up:
        time.sleep(0.05)
    assert trader.futures()["orders"][0]["status"] == "CANCELED"
    trader.signed("POST", path, symbol="BTCUSDT", countdownTime=3_600_000)
    trader.signed("POST", path, symbol="BTCUSDT", countdownTime=0)
    assert trader.perp(**LIMIT).json()["status"] == "NEW"


@pytest.fixture
def later(paper: PaperExchange) -> Iterator[int]:
    """Three days and an hour from now, Unix ms, by the clock that clients are told."""
    skew_ms = (3 * 24 + 1) * 3_600_000
    yield paper.control("clock", {"skew_ms": skew_ms})["serverTime"]
    paper.control("clock", {"skew_ms": 0})


def asked(trader: Trader, path: str, at_ms: int, **names: Any) -> int:
    """A question by a client whose clock is the exchange's; the error, 200 without."""
    told = trader.signed("GET", path, symbol="BTCUSDT", timestamp=at_ms, **names).json()
    return told.get("code", 200)


@pytest.fixture
def placed(trader: Trader) -> dict[str, Any]:
    """One order taken back, one that rests, one that filled, and a stop taken back, by their numbers."""
    gone, rests, filled = (trader.perp(**order).json()["orderId"] for order in (LIMIT, LIMIT, MARKET))
    stop = trader.algo(**STOP).json()["algoId"]
    trader.signed("DELETE", "/fapi/v1/order", symbol="BTCUSDT", orderId=gone)
    trader.signed("DELETE", "/fapi/v1/algoOrder", algoId=stop)
    return {"gone": gone, "rests": rests, "filled": filled, "stop": stop}


def test_after_three_days_an_order_that_was_taken_back_without_a_fill_is_found_no_more(
    trader: Trader, placed: dict[str, Any], later: int
) -> None:
    found = {name: asked(trader, "/fapi/v1/order", later, orderId=placed[name]) for name in ("gone", "rests", "filled")}
    assert found == {"gone": -2013, "rests": 200, "filled": 200}
    assert asked(trader, "/fapi/v1/algoOrder", later, algoId=placed["stop"]) == -2013
    told = trader.signed("GET", "/fapi/v1/allOrders", symbol="BTCUSDT", timestamp=later).json()
    assert [order["orderId"] for order in told] == [placed["rests"], placed["filled"]]
    assert trader.signed("GET", "/fapi/v1/allAlgoOrders", symbol="BTCUSDT", timestamp=later).json() == []
