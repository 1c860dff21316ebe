"""Order lists, fees and futures terms over the wire, as Binance writes them, and what survives a kill."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

OTO = {
    "symbol": "BTCUSDT",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "59000",
    "workingQuantity": "0.01",
    "workingTimeInForce": "GTC",
    "workingClientOrderId": "first",
    "pendingSide": "SELL",
    "pendingQuantity": "0.009",
    "listClientOrderId": "chain",
}
ONE = OTO | {"pendingType": "LIMIT", "pendingPrice": "61000", "pendingTimeInForce": "GTC"}
PAIR = OTO | {
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "61000",
    "pendingBelowType": "STOP_LOSS",
    "pendingBelowStopPrice": "58000",
    "pendingBelowClientOrderId": "last",
}


def statuses(trader: Trader) -> list[str]:
    found = trader.signed("GET", "/api/v3/allOrders", symbol="BTCUSDT").json()
    return [order["status"] for order in found]


def test_one_triggers_the_other(trader: Trader) -> None:
    placed = trader.signed("POST", "/api/v3/orderList/oto", **ONE).json()
    assert (placed["contingencyType"], placed["listOrderStatus"]) == ("OTO", "EXECUTING")
    assert [one["status"] for one in placed["orderReports"]] == ["NEW", "PENDING_NEW"]
    second = placed["orderReports"][1]
    found = trader.signed("GET", "/api/v3/order", symbol="BTCUSDT", orderId=second["orderId"]).json()
    assert (found["isWorking"], found["workingTime"]) == (False, -1)
    trader.paper.price("BTCUSDT", "58999")
    assert statuses(trader) == ["FILLED", "NEW"]
    trader.paper.price("BTCUSDT", "61001")
    assert statuses(trader) == ["FILLED", "FILLED"]
    ended = trader.signed("GET", "/api/v3/orderList", orderListId=placed["orderListId"]).json()
    assert ended["listOrderStatus"] == "ALL_DONE"


def test_one_triggers_a_pair(trader: Trader) -> None:
    placed = trader.signed("POST", "/api/v3/orderList/otoco", **PAIR).json()
    assert len(placed["orderReports"]) == 3
    assert placed["listClientOrderId"] == "chain"
    trader.paper.price("BTCUSDT", "58999")
    assert statuses(trader) == ["FILLED", "NEW", "NEW"]
    trader.paper.price("BTCUSDT", "57999")
    assert statuses(trader) == ["FILLED", "EXPIRED", "FILLED"]


def test_cancelling_the_list_cancels_what_pends(trader: Trader) -> None:
    placed = trader.signed("POST", "/api/v3/orderList/otoco", **PAIR).json()
    ended = trader.signed("DELETE", "/api/v3/orderList", symbol="BTCUSDT", orderListId=placed["orderListId"]).json()
    assert [one["status"] for one in ended["orderReports"]] == ["CANCELED"] * 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"workingType": "MARKET"}, -1106),
        ({"workingType": "STOP_LOSS"}, -1106),
        ({"pendingPrice": "61000.001"}, -1013),
        ({"workingQuantity": "1"}, -2010),
        ({"pendingType": "NOTHING"}, -1116),
        ({"quoteOrderQty": "50"}, -1106),
    ],
)
def test_a_bad_list_changes_nothing(trader: Trader, changed: dict[str, str], code: int) -> None:
    reply = trader.signed("POST", "/api/v3/orderList/oto", **(ONE | changed))
    assert (reply.status_code, reply.json()["code"]) == (400, code)
    assert statuses(trader) == []


def limit(trader: Trader, **more: Any) -> dict[str, Any]:
    given = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    found: dict[str, Any] = trader.perp(**(given | {"newOrderRespType": "RESULT"} | more)).json()
    return found


@pytest.mark.parametrize(("wanted", "price"), [("OPPONENT", "60000.1"), ("QUEUE", "59999.9")])
def test_a_futures_price_from_the_book(trader: Trader, wanted: str, price: str) -> None:
    placed = limit(trader, priceMatch=wanted)
    assert (placed["price"], placed["priceMatch"]) == (price, wanted)


def test_a_futures_order_with_an_end(trader: Trader) -> None:
    until = int(time.time() * 1000) + 3_600_000
    placed = limit(trader, timeInForce="GTD", goodTillDate=until, price="59000")
    assert (placed["timeInForce"], placed["status"]) == ("GTD", "NEW")
    assert placed["goodTillDate"] == until // 1000 * 1000


def test_self_trade_prevention_of_futures(trader: Trader) -> None:
    trader.paper.depth("BTCUSDT", levels=0, market="usdm")
    mine = limit(trader, side="SELL", price="60000")
    placed = limit(trader, price="60000", selfTradePreventionMode="EXPIRE_MAKER")
    trader.paper.depth("BTCUSDT", levels=20, market="usdm")
    assert (placed["status"], placed["selfTradePreventionMode"]) == ("NEW", "EXPIRE_MAKER")
    found = trader.signed("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=mine["orderId"]).json()
    assert found["status"] == "EXPIRED_IN_MATCH"


@pytest.fixture
def generous() -> Iterator[PaperExchange]:
    arguments = ("--manual", "--fee-ladder", "--discount-coin", "BNB=25")
    with PaperExchange(*arguments, deposit="USDT=100000000,BTC=1000,BNB=1000") as running:
        running.price("BTCUSDT", "60000")
        running.price("BNBUSDT", "500")
        yield running


def test_fees_fall_with_the_volume_and_are_paid_in_the_coin_also_after_a_kill(generous: PaperExchange) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "20"}
    first = generous.signed("POST", "/api/v3/order", order).json()
    assert {fill["commissionAsset"] for fill in first["fills"]} == {"BTC"}
    assert generous.signed("POST", "/sapi/v1/bnbBurn", {"spotBNBBurn": "true"}).json()["spotBNBBurn"] is True
    generous.signed("POST", "/api/v3/order", order | {"quantity": "1"})
    before = generous.signed("GET", "/api/v3/account/commission", {"symbol": "BTCUSDT"}).json()
    assert before["standardCommission"]["maker"] == "0.00090000"  # more than a million: 90 % of 10 bps
    assert before["discount"] == {
        "enabledForAccount": True,
        "enabledForSymbol": True,
        "discountAsset": "BNB",
        "discount": "0.75000000",
    }
    generous.kill()
    generous.start()
    assert generous.signed("GET", "/api/v3/account/commission", {"symbol": "BTCUSDT"}).json() == before
    last = generous.signed("POST", "/api/v3/order", order | {"quantity": "1"}).json()
    assert {fill["commissionAsset"] for fill in last["fills"]} == {"BNB"}


def test_pending_orders_and_their_end_survive_a_kill(generous: PaperExchange) -> None:
    generous.signed("POST", "/api/v3/orderList/otoco", PAIR)
    generous.kill()
    generous.start()
    generous.price("BTCUSDT", "58999")
    generous.kill()
    generous.start()
    found = generous.signed("GET", "/api/v3/allOrders", {"symbol": "BTCUSDT"}).json()
    assert [order["status"] for order in found] == ["FILLED", "NEW", "NEW"]
    generous.price("BTCUSDT", "61001")
    found = generous.signed("GET", "/api/v3/allOrders", {"symbol": "BTCUSDT"}).json()
    assert [order["status"] for order in found] == ["FILLED", "FILLED", "EXPIRED"]
