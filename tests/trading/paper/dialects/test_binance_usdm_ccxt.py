"""An unmodified ccxt futures client against the live process."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

PERP = "BTC/USDT:USDT"
STOPS = {"trigger": True}


def long(trader: Trader, amount: str = "0.1") -> ccxt.binanceusdm:
    client = trader.usdm()
    client.create_order(PERP, "market", "buy", amount)
    return client


def position(client: ccxt.binanceusdm, side: str | None = None) -> dict[str, Any]:
    return next((one for one in client.fetch_positions([PERP]) if side in (None, one["side"])), {"contracts": "0"})


def test_no_url_points_elsewhere(paper: PaperExchange) -> None:
    hosts = {urlsplit(url).netloc for url in paper.ccxt_usdm().urls["api"].values()}
    assert hosts == {f"127.0.0.1:{paper.port}"}


@pytest.mark.parametrize(
    ("symbol", "tick", "lot", "least"),
    [(PERP, "0.1", "0.001", 50), ("ETH/USDT:USDT", "0.01", "0.001", 20), ("SOL/USDT:USDT", "0.01", "0.01", 5)],
)
def test_markets_carry_their_limits(trader: Trader, symbol: str, tick: str, lot: str, least: int) -> None:
    market = trader.usdm().load_markets()[symbol]
    assert (market["active"], market["swap"], market["linear"], market["settle"]) == (True, True, True, "USDT")
    assert (Decimal(market["precision"]["price"]), Decimal(market["precision"]["amount"])) == (
        Decimal(tick),
        Decimal(lot),
    )
    assert (Decimal(market["limits"]["cost"]["min"]), Decimal(market["contractSize"])) == (least, 1)


def test_public_data_agrees(trader: Trader) -> None:
    client = trader.usdm()
    trader.paper.price("BTCUSDT", "61000")
    book = client.fetch_order_book(PERP, 5)
    best = client.fetch_bids_asks([PERP])[PERP]
    assert Decimal(client.fetch_ticker(PERP)["last"]) == 61000
    assert (best["bid"], best["ask"]) == ("60999.90000000", "61000.10000000")
    assert (Decimal(str(book["bids"][0][0])), Decimal(str(book["asks"][0][0]))) == (
        Decimal("60999.9"),
        Decimal("61000.1"),
    )
    assert Decimal(client.fetch_trades(PERP)[-1]["price"]) == 61000
    assert Decimal(client.fetch_ohlcv(PERP, "1m")[-1][4]) == 61000
    assert Decimal(client.fetch_last_prices([PERP])[PERP]["price"]) == 61000
    assert Decimal(client.fetch_mark_price(PERP)["markPrice"]) == 61000
    assert client.fetch_status()["status"] == "ok"


def test_a_new_wallet_has_its_deposit_and_spot_is_apart(trader: Trader) -> None:
    assert trader.usdm().fetch_balance()["USDT"] == {"free": "10000", "used": "0", "total": "10000"}
    trader.paper.deposit({"USDT": "5"}, trader.name, market="usdm")
    assert trader.usdm().fetch_balance()["USDT"]["total"] == "10005"
    assert trader.ccxt().fetch_balance()["USDT"]["total"] == "10000"


def test_a_position_from_entry_to_exit(trader: Trader) -> None:
    client = long(trader)
    trader.paper.price("BTCUSDT", "61000")
    open_ = position(client)
    assert (open_["side"], open_["contracts"], open_["entryPrice"], open_["marginMode"]) == (
        "long",
        "0.1",
        "60000.1",
        "cross",
    )
    assert Decimal(open_["unrealizedPnl"]) == Decimal("99.99")  # 0.1 × (61,000 − 60,000.1)
    assert Decimal(client.fetch_balance()["USDT"]["used"]) == 305  # 6,100 ÷ 20
    client.create_order(PERP, "market", "sell", "0.1", None, {"reduceOnly": True})
    assert client.fetch_positions([PERP]) == []
    # 0.1 × (60,999.9 − 60,000.1) = 99.98, less 5 bps of 6,000.01 and of 6,099.99: 3.000005 and 3.049995
    assert Decimal(client.fetch_balance()["USDT"]["free"]) == Decimal("10000") + Decimal("99.98") - Decimal("6.05")


def test_a_short_on_the_limit_fills_as_maker(trader: Trader) -> None:
    client = trader.usdm()
    order = client.create_order(PERP, "limit", "sell", "0.1", "60500", {"clientOrderId": "leg/1:a.b", "postOnly": True})
    assert (order["status"], order["clientOrderId"], order["timeInForce"]) == ("open", "leg/1:a.b", "PO")
    trader.paper.price("BTCUSDT", "60600")
    done = client.fetch_order(None, PERP, {"clientOrderId": "leg/1:a.b"})
    assert (done["status"], Decimal(done["average"]), done["filled"]) == ("closed", 60500, "0.1")
    trade = client.fetch_my_trades(PERP)[0]
    assert (trade["order"], trade["takerOrMaker"], trade["fee"]["currency"]) == (order["id"], "maker", "USDT")
    assert Decimal(trade["fee"]["cost"]) == Decimal("1.21")  # 2 bps of 6,050
    assert position(client)["side"] == "short"


def test_leverage_and_margin_mode_and_position_mode(trader: Trader) -> None:
    client = trader.usdm()
    client.set_leverage(10, PERP)
    client.set_margin_mode("isolated", PERP)
    assert client.fetch_leverage(PERP)["longLeverage"] == 10
    assert client.fetch_margin_mode(PERP)["marginMode"] == "isolated"
    with pytest.raises(ccxt.MarginModeAlreadySet):
        client.set_margin_mode("isolated", PERP)
    with pytest.raises(ccxt.OperationRejected, match="-4059"):
        client.set_position_mode(False)
    client.set_position_mode(True)
    assert client.fetch_position_mode()["hedged"]
    assert len(client.fetch_leverage_tiers([PERP])[PERP]) == 9


def test_an_isolated_position_shows_its_own_margin(trader: Trader) -> None:
    client = trader.usdm()
    client.set_margin_mode("isolated", PERP)
    client.set_leverage(10, PERP)
    client.create_order(PERP, "market", "buy", "0.1")
    client.add_margin(PERP, "100")
    found = position(client)
    assert (found["marginMode"], Decimal(found["info"]["isolatedWallet"])) == ("isolated", Decimal("700.001"))
    # 700.001 + 0.1 × (p − 60,000.1) = 0.4 % of 0.1 × p: p = (6,000.01 − 700.001) ÷ 0.0996
    assert abs(Decimal(found["liquidationPrice"]) - Decimal("53212.94")) < 1
    older = client.fetch_positions([PERP], {"useV2": True})[0]
    assert (older["marginMode"], Decimal(older["leverage"])) == ("isolated", 10)


def test_hedge_mode_keeps_long_and_short(trader: Trader) -> None:
    client = trader.usdm()
    client.set_position_mode(True)
    client.create_order(PERP, "market", "buy", "0.1", None, {"hedged": True})
    client.create_order(PERP, "market", "sell", "0.2", None, {"hedged": True})
    assert (position(client, "long")["contracts"], position(client, "short")["contracts"]) == ("0.1", "0.2")
    client.create_order(PERP, "market", "sell", "0.1", None, {"hedged": True, "reduceOnly": True})
    assert [one["side"] for one in client.fetch_positions([PERP])] == ["short"]
    with pytest.raises(ccxt.OperationRejected, match="-4061"):
        client.create_order(PERP, "market", "buy", "0.1")


def test_a_stop_becomes_an_order_with_another_id(trader: Trader) -> None:
    client = long(trader)
    params = {"stopLossPrice": "58000", "reduceOnly": True, "clientOrderId": "stop1"}
    stop = client.create_order(PERP, "market", "sell", "0.1", None, params)
    assert [one["id"] for one in client.fetch_open_orders(PERP, params=STOPS)] == [stop["id"]]
    assert client.fetch_open_orders(PERP) == []
    trader.paper.price("BTCUSDT", "57900")
    told = client.fetch_order(stop["id"], PERP, STOPS)["info"]
    assert (told["algoStatus"], told["clientAlgoId"]) == ("FINISHED", "stop1")
    assert told["actualOrderId"] != stop["id"]
    actual = client.fetch_order(told["actualOrderId"], PERP)
    assert (actual["status"], actual["info"]["origType"], actual["reduceOnly"]) == ("closed", "STOP_MARKET", True)
    assert client.fetch_my_trades(PERP)[-1]["order"] == told["actualOrderId"]
    assert client.fetch_positions([PERP]) == []


@pytest.mark.parametrize(
    ("kind", "price", "params", "order_type"),
    [
        ("limit", "57900", {"stopLossPrice": "58000"}, "STOP"),
        ("market", None, {"takeProfitPrice": "62000"}, "TAKE_PROFIT_MARKET"),
        ("limit", "62100", {"takeProfitPrice": "62000"}, "TAKE_PROFIT"),
        ("market", None, {"trailingPercent": "1.5", "trailingTriggerPrice": "61000"}, "TRAILING_STOP_MARKET"),
        ("market", None, {"stopLossPrice": "58000", "closePosition": True}, "STOP_MARKET"),
    ],
)
def test_every_conditional_kind_is_taken(
    trader: Trader, kind: str, price: str | None, params: dict[str, Any], order_type: str
) -> None:
    client = long(trader)
    order = client.create_order(PERP, kind, "sell", "0.1", price, params)
    found = client.fetch_order(order["id"], PERP, STOPS)["info"]
    assert (found["orderType"], found["algoStatus"]) == (order_type, "NEW")
    assert client.cancel_order(order["id"], PERP, STOPS)["id"] == order["id"]
    assert client.fetch_order(order["id"], PERP, STOPS)["status"] == "canceled"


def test_cancelling_all_plain_orders_leaves_the_conditional_ones(trader: Trader) -> None:
    client = long(trader)
    client.create_order(PERP, "limit", "buy", "0.01", "59000")
    client.create_order(PERP, "market", "sell", "0.1", None, {"stopLossPrice": "58000"})
    client.cancel_all_orders(PERP)
    assert (len(client.fetch_open_orders(PERP)), len(client.fetch_open_orders(PERP, params=STOPS))) == (0, 1)
    client.cancel_all_orders(PERP, STOPS)
    assert client.fetch_open_orders(PERP, params=STOPS) == []


def test_the_lists(trader: Trader) -> None:
    client = trader.usdm()
    orders = client.create_orders(
        [
            {"symbol": PERP, "type": "limit", "side": "buy", "amount": "0.01", "price": price}
            for price in ("59000", "58000", "10000")
        ]
    )
    assert [order["status"] for order in orders] == ["open", "open", "open"]
    ids = [order["id"] for order in orders]
    assert [order["id"] for order in client.fetch_open_orders(PERP)] == ids
    client.cancel_orders(ids[:2], PERP)
    assert [order["status"] for order in client.fetch_orders(PERP)] == ["canceled", "canceled", "open"]
    assert client.fetch_open_order(ids[2], PERP)["id"] == ids[2]


def test_funding_reaches_the_wallet_and_the_records(trader: Trader) -> None:
    client = long(trader)
    trader.paper.funding("0.0002", symbol="BTCUSDT")
    assert Decimal(client.fetch_funding_history(PERP)[-1]["amount"]) == Decimal("-1.2")  # 6,000 × 2 bps
    assert Decimal(client.fetch_funding_rate(PERP)["fundingRate"]) == Decimal("0.0002")
    assert Decimal(client.fetch_funding_rate_history(PERP)[-1]["fundingRate"]) == Decimal("0.0002")
    kinds = [row["info"]["incomeType"] for row in client.fetch_ledger("USDT")]
    assert kinds == ["TRANSFER", "COMMISSION", "FUNDING_FEE"]


def test_a_liquidated_position_is_gone(trader: Trader) -> None:
    client = trader.usdm()
    client.set_leverage(100, PERP)
    client.create_order(PERP, "market", "buy", "10")
    trader.paper.price("BTCUSDT", "59000")
    assert client.fetch_positions([PERP]) == []
    last = client.fetch_orders(PERP)[-1]
    assert (last["info"]["origType"], last["clientOrderId"].startswith("autoclose-")) == ("LIQUIDATION", True)
    forced = trader.signed("GET", "/fapi/v1/forceOrders", symbol="BTCUSDT").json()
    assert [str(order["orderId"]) for order in forced] == [last["id"]]


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        ((PERP, "limit", "buy", "5", "59000"), ccxt.InsufficientFunds, "-2019"),
        ((PERP, "limit", "buy", "0.001", "40000"), ccxt.InvalidOrder, "-4164"),
        ((PERP, "limit", "buy", "0.01", "60001", {"postOnly": True}), ccxt.OrderNotFillable, "-5022"),
        ((PERP, "limit", "buy", "0.01", "59000", {"timeInForce": "FOK"}), ccxt.OrderNotFillable, "-5021"),
        ((PERP, "market", "buy", "0.01", None, {"reduceOnly": True}), ccxt.InvalidOrder, "-2022"),
        ((PERP, "market", "sell", "0.01", None, {"stopLossPrice": "60100"}), ccxt.OrderImmediatelyFillable, "-2021"),
        ((PERP, "limit", "buy", "0.01", "64000"), ccxt.BadRequest, "-4016"),
        ((PERP, "market", "buy", "0.01", None, {"positionSide": "LONG"}), ccxt.OperationRejected, "-4061"),
    ],
)
def test_refusals_arrive_as_the_right_class(trader: Trader, arguments: tuple, error: type, code: str) -> None:
    with pytest.raises(error, match=code):
        trader.usdm().create_order(*arguments)


def test_a_duplicate_open_id_is_an_invalid_order(trader: Trader) -> None:
    client = trader.usdm()
    client.create_order(PERP, "market", "buy", "0.01", None, {"clientOrderId": "twin"})
    second = client.create_order(PERP, "limit", "buy", "0.01", "59000", {"clientOrderId": "twin"})
    with pytest.raises(ccxt.InvalidOrder, match="-4116"):
        client.create_order(PERP, "limit", "buy", "0.01", "59000", {"clientOrderId": "twin"})
    assert client.fetch_order(None, PERP, {"clientOrderId": "twin"})["id"] == second["id"]


def test_unknown_orders_and_wrong_keys(trader: Trader) -> None:
    client = trader.usdm()
    for params in ({}, STOPS):
        with pytest.raises(ccxt.OrderNotFound):
            client.fetch_order("999999", PERP, params)
        with pytest.raises(ccxt.OrderNotFound):
            client.cancel_order("999999", PERP, params)
    with pytest.raises(ccxt.AuthenticationError):
        trader.paper.ccxt_usdm(key=trader.name, secret="wrong").fetch_balance()


def test_fees(trader: Trader) -> None:
    fee = trader.usdm().fetch_trading_fee(PERP)
    assert (fee["maker"], fee["taker"]) == ("0.0002", "0.0005")
