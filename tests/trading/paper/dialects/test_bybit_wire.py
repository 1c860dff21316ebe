"""Bybit's own ways over the wire: one wallet over coins and contracts, modes, batches, pages, refusals, maintenance."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.trading.paper.clients.venues import Running
from tests.trading.paper.dialects.cards.bybit import Bybit, BybitLinear, BybitSpot
from tests.trading.paper.dialects.cards.desk import Asked, number, whole

LIMIT = {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "29000"}
MARKET = {"side": "Buy", "orderType": "Market", "qty": "0.01"}


@pytest.fixture
def key(world: Running) -> str:
    world.paper.price("BTCUSDT", "30000")
    return world.account()


@pytest.fixture
def spot(world: Running, key: str) -> Iterator[BybitSpot]:
    desk = BybitSpot(world, key)
    yield desk
    desk.cancel_all()


@pytest.fixture
def linear(world: Running, key: str) -> Iterator[BybitLinear]:
    desk = BybitLinear(world, key)
    yield desk
    desk.cancel_all()


def usdt(desk: Bybit) -> dict[str, Decimal]:
    return {
        name: number(value) for name, value in desk.coin("USDT").items() if name != "coin" and value not in ("", True)
    }


def test_one_wallet_pays_for_coins_and_backs_contracts(spot: BybitSpot, linear: BybitLinear) -> None:
    linear.place(Asked(qty=Decimal("1")))  # 30,000 at 20×: everything that is free backs it
    assert spot.place(Asked(qty=Decimal("0.2"), price=Decimal("29000"))).code == ""  # 5,800 come back
    found = usdt(spot)
    # 10,000 − 5.5 bps of 30,000.1
    assert found["walletBalance"] == Decimal("10000") - Decimal("16.500055")
    assert (found["locked"], found["totalPositionIM"]) == (5800, 1500)
    assert spot.place(Asked(qty=Decimal("0.2"), price=Decimal("29000"))).code == "170131"
    assert linear.place(Asked(qty=Decimal("3"), price=Decimal("29000"))).code == "110007"


def test_an_account_begins_anew_and_is_topped_up(spot: BybitSpot, linear: BybitLinear, world: Running) -> None:
    spot.place(Asked(price=Decimal("29000")))
    linear.place(Asked())
    world.paper.control("reset", {"account": spot.holder})
    assert (spot.free(), linear.held(), spot.working()) == (10_000, 0, [])
    world.paper.deposit({"USDT": "500"}, spot.holder)
    assert spot.free() == 10_500


def test_the_wallets_of_other_dialects_stay_apart(spot: BybitSpot, world: Running, key: str) -> None:
    spot.place(Asked())
    assert world.paper.ccxt(key=key, secret=f"{key}-secret").fetch_balance()["USDT"]["total"] == "10000"


def test_a_market_buy_is_told_in_quote(spot: BybitSpot) -> None:
    spot.result("POST", "order/create", spot.market | MARKET | {"qty": "300"})
    found = whole(spot.result("GET", "order/history", spot.market)["list"])
    assert (found["marketUnit"], found["qty"], found["cumExecQty"]) == ("quoteCoin", "300", "0.00999")
    assert found["cumFeeDetail"] == {"BTC": "0.00000999"}  # 10 bps of what was bought


@pytest.mark.parametrize(
    ("more", "status", "reason"),
    [
        ({"price": "30100", "timeInForce": "PostOnly"}, "Cancelled", "EC_PostOnlyWillTakeLiquidity"),
        ({"timeInForce": "FOK"}, "Cancelled", "EC_CancelForNoFullFill"),
        ({"timeInForce": "IOC"}, "Cancelled", "EC_NoImmediateQtyToFill"),
    ],
)
def test_what_cannot_work_is_acknowledged_then_cancelled(
    linear: BybitLinear, more: dict[str, str], status: str, reason: str
) -> None:
    placed = linear.result("POST", "order/create", linear.market | LIMIT | more)
    found = whole(linear.result("GET", "order/history", linear.market)["list"])
    assert (found["orderId"], found["orderStatus"], found["rejectReason"]) == (placed["orderId"], status, reason)
    assert linear.free() == 10_000


def test_hedge_mode_keeps_both_sides(linear: BybitLinear) -> None:
    switch = {"category": "linear", "coin": "USDT"}
    assert linear.ask("POST", "position/switch-mode", switch | {"mode": 3})["retCode"] == 0
    assert linear.ask("POST", "position/switch-mode", switch | {"mode": 3})["retCode"] == 110025
    for side, index in (("Buy", 1), ("Sell", 2)):
        linear.result("POST", "order/create", linear.market | MARKET | {"side": side, "positionIdx": index})
    rows = linear.result("GET", "position/list", linear.market)["list"]
    assert [(row["positionIdx"], row["side"], row["size"]) for row in rows] == [(1, "Buy", "0.01"), (2, "Sell", "0.01")]
    assert linear.ask("POST", "order/create", linear.market | MARKET)["retCode"] == 10001


def test_isolated_margin_for_all_contracts(linear: BybitLinear) -> None:
    assert linear.ask("POST", "account/set-margin-mode", {"setMarginMode": "ISOLATED_MARGIN"})["retCode"] == 0
    linear.place(Asked())
    moved = linear.result("POST", "position/add-margin", linear.market | {"margin": "10"})
    assert number(moved["positionBalance"]) == Decimal("25.00005")  # 300.001 ÷ 20 + 10
    assert linear.result("GET", "account/info", {})["marginMode"] == "ISOLATED_MARGIN"
    assert linear.ask("POST", "account/set-margin-mode", {"setMarginMode": "REGULAR_MARGIN"})["retCode"] == 110073


def test_a_zero_that_reduces_and_closes_is_the_whole_position(linear: BybitLinear) -> None:
    linear.place(Asked())
    closing = {"side": "Sell", "qty": "0", "reduceOnly": True, "closeOnTrigger": True}
    linear.result("POST", "order/create", linear.market | MARKET | closing)
    assert linear.held() == 0


@pytest.mark.parametrize("kind", [BybitSpot, BybitLinear])
def test_an_account_does_not_trade_with_itself_if_it_wishes(world: Running, key: str, kind: type[Bybit]) -> None:
    desk = kind(world, key)
    desk.place(Asked(qty=Decimal("0.05")))
    resting = desk.place(Asked(price=Decimal("30000"), name="resting")).order_id
    apart = {"side": "Sell", "price": "29999", "smpType": "CancelMaker"}
    desk.result("POST", "order/create", desk.market | LIMIT | apart)
    assert desk.seen(resting).status == "canceled"
    assert resting not in {trade.order_id for trade in desk.trades()}


def test_a_batch_of_each_kind(linear: BybitLinear) -> None:
    rows = [{"symbol": "BTCUSDT", **LIMIT, "orderLinkId": f"b{one}"} for one in range(3)]
    made = linear.ask("POST", "order/create-batch", {"category": "linear", "request": [*rows, rows[0]]})
    assert [one["code"] for one in made["retExtInfo"]["list"]] == [0, 0, 0, 110072]
    changed = [{"symbol": "BTCUSDT", "orderLinkId": "b0", "price": "28900"}, {"symbol": "BTCUSDT", "orderLinkId": "b9"}]
    told = linear.ask("POST", "order/amend-batch", {"category": "linear", "request": changed})
    assert [one["code"] for one in told["retExtInfo"]["list"]] == [0, 110001]
    assert linear.seen(name="b0").price == 28900
    gone = [{"symbol": "BTCUSDT", "orderLinkId": f"b{one}"} for one in range(3)]
    linear.ask("POST", "order/cancel-batch", {"category": "linear", "request": gone})
    assert linear.working() == []


@pytest.mark.parametrize("kind", [BybitSpot, BybitLinear])
def test_pages_end_and_miss_nothing(world: Running, key: str, kind: type[Bybit]) -> None:
    desk = kind(world, key)
    placed = [desk.place(Asked(price=Decimal("29000"))).order_id for _ in range(5)]
    desk.cancel_all()
    seen: list[str] = []
    cursor = ""
    while len(seen) < 5:
        page = desk.result("GET", "order/history", desk.market | {"limit": 2, "cursor": cursor})
        seen += [row["orderId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
    assert (seen, cursor) == (placed[::-1], "")


def test_funding_is_an_execution(linear: BybitLinear, world: Running) -> None:
    linear.place(Asked())
    world.paper.control("funding", {"market": "bybit", "rate": "0.0002", "symbol": "BTCUSDT"})
    rows = linear.result("GET", "execution/list", linear.market | {"execType": "Funding"})["list"]
    assert (whole(rows)["execFee"], whole(rows)["feeRate"]) == ("0.06", "0.0002")  # 2 bps of 300
    assert len(linear.result("GET", "execution/list", linear.market)["list"]) == 2


def test_a_liquidation_is_told_as_one(linear: BybitLinear, world: Running) -> None:
    linear.result("POST", "position/set-leverage", linear.market | {"buyLeverage": "100", "sellLeverage": "100"})
    linear.place(Asked(qty=Decimal("20")))  # 600,000 on 10,000
    world.paper.price("BTCUSDT", "29600")
    last, *entries = linear.result("GET", "execution/list", linear.market)["list"]
    assert (last["execType"], last["side"], last["execQty"]) == ("BustTrade", "Sell", "20")
    assert {row["execType"] for row in entries} == {"Trade"}
    assert (linear.held(), linear.free() < 10_000) == (0, True)


def test_prices_of_a_spot_stop_say_what_it_is(spot: BybitSpot, world: Running) -> None:
    spot.place(Asked(qty=Decimal("0.03")))
    for trigger in ("29500", "30500"):
        order = {"side": "Sell", "triggerPrice": trigger, "orderFilter": "StopOrder", "marketUnit": "baseCoin"}
        spot.result("POST", "order/create", spot.market | MARKET | order)
    rows = spot.result("GET", "order/realtime", spot.market)["list"]
    assert [(row["triggerPrice"], row["triggerDirection"]) for row in rows] == [("30500", 1), ("29500", 2)]
    assert spot.ask("POST", "order/cancel", spot.market | {"orderId": rows[0]["orderId"]})["retCode"] == 170213
    world.paper.price("BTCUSDT", "30600")
    assert [row["triggerPrice"] for row in spot.result("GET", "order/realtime", spot.market)["list"]] == ["29500"]


REFUSALS: list[tuple[type[Bybit], str, dict[str, Any], int]] = [
    (BybitLinear, "order/amend", {"orderId": "b7b17000-0000-4000-8000-0000000fffff", "qty": "1"}, 110001),
    (BybitLinear, "order/cancel", {}, 10001),
    (BybitLinear, "order/create", {}, 10001),
    (BybitLinear, "order/create", LIMIT | {"category": "option"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"orderLinkId": "a b"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"positionIdx": 1}, 10001),
    (BybitLinear, "order/create", LIMIT | {"positionIdx": 7}, 10001),
    (BybitLinear, "order/create", LIMIT | {"price": "0"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"price": "20000", "side": "Sell"}, 110003),
    (BybitLinear, "order/create", LIMIT | {"qty": "-1"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"qty": ["1"]}, 10001),
    (BybitLinear, "order/create", LIMIT | {"smpType": "CancelAll"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"stopLoss": "28000"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"triggerPrice": "29000"}, 10001),
    (BybitLinear, "order/create", LIMIT | {"triggerPrice": "29000", "triggerDirection": 1}, 110092),
    (BybitLinear, "order/create", LIMIT | {"triggerPrice": "31000", "triggerDirection": 2}, 110093),
    (BybitLinear, "order/create-batch", {"request": "all"}, 10001),
    (BybitLinear, "position/add-margin", {"margin": "1"}, 110034),
    (BybitLinear, "position/add-margin", {"margin": "much"}, 10001),
    (BybitLinear, "position/set-leverage", {"buyLeverage": "126", "sellLeverage": "126"}, 110013),
    (BybitLinear, "position/set-leverage", {"buyLeverage": "20", "sellLeverage": "20"}, 110043),
    (BybitLinear, "position/set-leverage", {"buyLeverage": "5", "sellLeverage": "6"}, 10001),
    (BybitLinear, "position/switch-mode", {"mode": 1}, 10001),
    (BybitSpot, "order/create", LIMIT | {"price": "0"}, 170130),
    (BybitSpot, "order/create", LIMIT | {"price": "2000000"}, 170132),
    (BybitSpot, "order/create", LIMIT | {"price": "100000000000"}, 170132),
    (BybitSpot, "order/create", LIMIT | {"price": "200000"}, 170192),
    (BybitSpot, "order/create", LIMIT | {"qty": "0.000001"}, 170137),
    (BybitSpot, "order/create", LIMIT | {"qty": "100000"}, 170135),
    (BybitSpot, "order/create", LIMIT | {"side": "Hold"}, 10001),
    (BybitSpot, "order/create", LIMIT | {"qty": "0.0001"}, 170140),
    (BybitSpot, "order/create", MARKET | {"qty": "0"}, 170130),
]


@pytest.mark.parametrize(("kind", "path", "params", "code"), REFUSALS)
def test_refusals(world: Running, key: str, kind: type[Bybit], path: str, params: dict[str, Any], code: int) -> None:
    desk = kind(world, key)
    assert desk.ask("POST", path, desk.market | params)["retCode"] == code
    assert (desk.working(), desk.free()) == ([], 10_000)


@pytest.mark.parametrize("path", ["v5/nowhere", "v5/market/option-tickers"])
def test_an_unknown_path(world: Running, path: str) -> None:
    assert world.paper.get(f"/{path}").status_code == 404


@pytest.mark.parametrize("category", ["inverse", "option"])
def test_categories_that_are_empty_here(linear: BybitLinear, category: str) -> None:
    for path in ("market/instruments-info", "market/risk-limit", "order/realtime", "order/history", "position/list"):
        assert linear.result("GET", path, {"category": category})["list"] == []


def test_the_status_answers_while_nothing_else_does(world: Running, linear: BybitLinear) -> None:
    world.paper.control("maintenance", {"on": True})
    try:
        assert whole(world.paper.get("/v5/system/status").json()["result"]["list"])["state"] == "ongoing"
        assert world.paper.get("/v5/market/time").status_code == 503
    finally:
        world.paper.control("maintenance", {"on": False})
    assert world.paper.get("/v5/system/status").json()["result"]["list"] == []
