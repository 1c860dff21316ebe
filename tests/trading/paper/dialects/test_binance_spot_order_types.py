"""Stops, lists, replacing and amending over the wire, and what a crash leaves of them."""

from typing import Any

import ccxt
import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

PAIR = "BTC/USDT"
BASE = {"symbol": "BTCUSDT", "quantity": "0.01"}
LIMIT = BASE | {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "59000"}
OCO = BASE | {
    "side": "SELL",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "61000",
    "belowType": "STOP_LOSS_LIMIT",
    "belowPrice": "58900",
    "belowStopPrice": "59000",
    "belowTimeInForce": "GTC",
}
OLD_OCO = BASE | {
    "side": "SELL",
    "price": "61000",
    "stopPrice": "59000",
    "stopLimitPrice": "58900",
    "stopLimitTimeInForce": "GTC",
}


@pytest.fixture
def rich(trader: Trader) -> Trader:
    trader.paper.deposit({"BTC": "1"}, trader.name)
    return trader


def statuses(trader: Trader) -> list[str]:
    return [order["status"] for order in trader.ledger()["orders"]]


@pytest.mark.parametrize(("path", "order"), [("/api/v3/orderList/oco", OCO), ("/api/v3/order/oco", OLD_OCO)])
def test_a_pair_is_placed_found_and_ended_by_its_first_fill(rich: Trader, path: str, order: dict[str, str]) -> None:
    made = rich.signed("POST", path, **order, listClientOrderId="pair").json()
    assert (made["contingencyType"], made["listOrderStatus"]) == ("OCO", "EXECUTING")
    assert [(one["type"], one["status"]) for one in made["orderReports"]] == [
        ("LIMIT_MAKER", "NEW"),
        ("STOP_LOSS_LIMIT", "NEW"),
    ]
    ids = [one["orderId"] for one in made["orders"]]
    assert [one["orderListId"] for one in rich.signed("GET", "/api/v3/openOrderList").json()] == [made["orderListId"]]
    stop = rich.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=ids[1]).json()
    assert (stop["isWorking"], stop["stopPrice"], stop["workingTime"]) == (False, "59000.00000000", -1)
    rich.paper.price("BTCUSDT", "61000")
    assert statuses(rich) == ["FILLED", "EXPIRED"]
    found = rich.signed("GET", "/api/v3/orderList", orderListId=made["orderListId"]).json()
    assert (found["listOrderStatus"], found["listClientOrderId"]) == ("ALL_DONE", "pair")


def test_a_pair_is_cancelled_whole(rich: Trader) -> None:
    made = rich.signed("POST", "/api/v3/orderList/oco", **OCO).json()
    gone = rich.signed("DELETE", "/api/v3/orderList", symbol="BTCUSDT", orderListId=made["orderListId"]).json()
    assert [one["status"] for one in gone["orderReports"]] == ["CANCELED", "CANCELED"]
    again = rich.signed("DELETE", "/api/v3/orderList", symbol="BTCUSDT", orderListId=made["orderListId"])
    assert again.json()["code"] == -2011
    assert rich.signed("GET", "/api/v3/orderList", orderListId=10**9).json()["code"] == -2018


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"abovePrice": "59500"}, -2010),
        ({"aboveType": ""}, -1102),
        ({"belowStopPrice": "x"}, -1100),
        ({"belowType": "LIMIT_MAKER"}, -1106),
        ({"quantity": "5"}, -2010),
    ],
)
def test_a_bad_pair_changes_nothing(rich: Trader, change: dict[str, str], code: int) -> None:
    assert rich.signed("POST", "/api/v3/orderList/oco", **(OCO | change)).json()["code"] == code
    assert rich.ledger()["orders"] == []


def replace(trader: Trader, **fields: Any) -> Any:
    return trader.signed("POST", "/api/v3/order/cancelReplace", **(LIMIT | fields))


def test_cancel_and_replace(trader: Trader) -> None:
    old = trader.order(**LIMIT).json()["orderId"]
    reply = replace(trader, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=old, price="59100").json()
    assert (reply["cancelResult"], reply["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert statuses(trader) == ["CANCELED", "NEW"]


@pytest.mark.parametrize(
    ("mode", "cancels", "quantity", "status", "code", "results", "left"),
    [
        ("STOP_ON_FAILURE", False, "0.01", 400, -2022, ("FAILURE", "NOT_ATTEMPTED"), ["NEW"]),
        ("ALLOW_FAILURE", False, "0.01", 409, -2021, ("FAILURE", "SUCCESS"), ["NEW", "NEW"]),
        ("STOP_ON_FAILURE", True, "5", 409, -2021, ("SUCCESS", "FAILURE"), ["CANCELED"]),
        ("ALLOW_FAILURE", False, "5", 400, -2022, ("FAILURE", "FAILURE"), ["NEW"]),
        ("STOP_ON_FAILURE", True, "0.000001", 409, -2021, ("SUCCESS", "FAILURE"), ["CANCELED"]),
    ],
)
def test_each_half_answers_for_itself(
    trader: Trader, mode: str, cancels: bool, quantity: str, status: int, code: int, results: Any, left: list[str]
) -> None:
    old = trader.order(**LIMIT).json()["orderId"]
    cancel_id = old if cancels else 10**9
    reply = replace(trader, cancelReplaceMode=mode, cancelOrderId=cancel_id, quantity=quantity)
    body = reply.json()
    assert (reply.status_code, body["code"]) == (status, code)
    assert (body["data"]["cancelResult"], body["data"]["newOrderResult"]) == results
    assert statuses(trader) == left


@pytest.mark.parametrize(("given", "code"), [({}, -1102), ({"cancelReplaceMode": "MAYBE"}, -1130)])
def test_a_malformed_replacement_costs_nothing(trader: Trader, given: dict[str, str], code: int) -> None:
    old = trader.order(**LIMIT).json()["orderId"]
    assert replace(trader, cancelOrderId=old, **given).json()["code"] == code
    assert replace(trader, cancelOrderId=old, cancelReplaceMode="ALLOW_FAILURE", price="x").json()["code"] == -1100
    assert statuses(trader) == ["NEW"]


def test_amending_keeps_id_and_place(trader: Trader) -> None:
    order_id = trader.order(**LIMIT).json()["orderId"]
    path, known = "/api/v3/order/amend/keepPriority", {"symbol": "BTCUSDT", "orderId": order_id}
    told = trader.signed("PUT", path, **known, newQty="0.004").json()["amendedOrder"]
    assert (told["orderId"], told["origQty"]) == (order_id, "0.00400000")
    assert trader.ledger()["balances"]["USDT"]["locked"] == "236.00000000"  # 0.004 × 59,000
    assert trader.signed("PUT", path, **known, newQty="0.01").json()["code"] == -2038


def test_a_stop_through_ccxt_keeps_its_id_when_it_fills(rich: Trader) -> None:
    client = rich.ccxt()
    order = client.create_order(PAIR, "limit", "sell", "0.01", "58000", {"stopLossPrice": "59000"})
    assert client.fetch_order(order["id"], PAIR)["triggerPrice"] == "59000.00000000"
    rich.paper.price("BTCUSDT", "58990")
    found = client.fetch_order(order["id"], PAIR)
    assert (found["status"], found["id"]) == ("closed", order["id"])


def test_self_trade_prevention_over_the_wire(rich: Trader) -> None:
    rich.order(**(LIMIT | {"side": "SELL", "price": "60100"}))
    rich.paper.depth("BTCUSDT", levels=0)
    try:
        fields = LIMIT | {"price": "60100", "selfTradePreventionMode": "EXPIRE_TAKER"}
        assert rich.order(**fields).json()["status"] == "EXPIRED_IN_MATCH"
        assert rich.order(**(fields | {"selfTradePreventionMode": "SOMETIMES"})).json()["code"] == -2010
    finally:
        rich.paper.depth("BTCUSDT", levels=20)


def test_everything_new_survives_a_crash() -> None:
    with PaperExchange(deposit="USDT=10000,BTC=1") as paper:
        paper.price("BTCUSDT", "60000")
        paper.signed("POST", "/api/v3/orderList/oco", OCO)
        paper.signed("POST", "/api/v3/order", LIMIT | {"icebergQty": "0.002"})
        trail = BASE | {"side": "SELL", "type": "STOP_LOSS", "trailingDelta": "100"}
        paper.signed("POST", "/api/v3/order", trail)
        paper.price("BTCUSDT", "60500")
        before = paper.ledger()
        paper.kill()
        paper.start()
        assert paper.ledger() == before
        paper.price("BTCUSDT", "59895")  # 60,500 × 0.99: the extreme is remembered
        assert [order["status"] for order in paper.ledger()["orders"]] == ["NEW", "NEW", "NEW", "FILLED"]
        with pytest.raises(ccxt.InsufficientFunds):
            paper.ccxt().create_order(PAIR, "market", "sell", "0.99")
