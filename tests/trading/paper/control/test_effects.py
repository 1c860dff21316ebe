"""Faults that concern the whole exchange, over the wire: thin markets, halts, maintenance, clocks; pause and speed."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt
import httpx
import pytest

from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader
from tests.trading.paper.drivers.waiting import until

PAIR = "BTC/USDT"
PERPETUAL = "BTC/USDT:USDT"
ORDER = {"method": "POST", "path": "/api/v3/order"}


def test_an_order_fills_in_part_and_the_next_in_full(trader: Trader) -> None:
    trader.paper.faults([{"match": ORDER, "action": "partial_fill", "qty": "0.0004"}])
    client = trader.ccxt()
    first = client.create_order(PAIR, "limit", "buy", "0.001", "60100")
    assert (first["status"], Decimal(first["filled"])) == ("open", Decimal("0.0004"))
    client.cancel_order(first["id"], PAIR)
    second = client.create_order(PAIR, "limit", "buy", "0.001", "60100")
    assert (second["status"], Decimal(second["filled"])) == ("closed", Decimal("0.001"))
    trader.paper.faults([{"match": ORDER, "action": "partial_fill", "qty": "0.0004"}])
    market = client.create_order(PAIR, "market", "buy", "0.001")
    assert (market["status"], Decimal(market["filled"])) == ("expired", Decimal("0.0004"))


@pytest.mark.parametrize(("qty", "filled"), [("0.004", "0.004"), ("0.0049", "0.004"), ("0.0002", "0.001")])
def test_a_perpetual_fills_in_part_too_in_whole_lots(trader: Trader, qty: str, filled: str) -> None:
    trader.paper.faults([{"match": {"path": "/fapi/v1/order"}, "action": "partial_fill", "qty": qty}])
    order = trader.usdm().create_order(PERPETUAL, "limit", "buy", "0.01", "60100")
    assert (order["status"], Decimal(order["filled"])) == ("open", Decimal(filled))


def test_a_contract_is_delisted_while_a_position_is_held(trader: Trader) -> None:
    trader.paper.price("SOLUSDT", "150")
    client = trader.usdm()
    client.create_order("SOL/USDT:USDT", "market", "buy", "1")
    rule = {"match": {"path": "/fapi/v1/order"}, "action": "delist", "symbol": "SOLUSDT", "market": "usdm"}
    trader.paper.faults([rule])
    try:
        with pytest.raises(ccxt.BadRequest):
            client.create_order("SOL/USDT:USDT", "market", "sell", "1", None, {"reduceOnly": True})
        assert trader.futures()["positions"] == []
        assert trader.ccxt().create_order("SOL/USDT", "market", "buy", "1")["status"] == "closed"
    finally:
        trader.paper.control("trading", {"symbol": "SOLUSDT", "on": True})


def test_maintenance_begins_with_a_request_and_ends_by_itself(trader: Trader) -> None:
    trader.paper.faults([{"match": ORDER, "action": "maintenance", "ms": 400}])
    with pytest.raises(ccxt.ExchangeNotAvailable):
        trader.ccxt().create_order(PAIR, "limit", "buy", "0.001", "50000")
    assert trader.ledger().get("orders", []) == []
    until(lambda: trader.paper.get("/api/v3/ping").status_code == httpx.codes.OK)


@pytest.mark.parametrize("skew_ms", [3_600_000, -3_600_000])
def test_a_clock_goes_wrong_with_a_request(trader: Trader, skew_ms: int) -> None:
    trader.paper.faults([{"match": {"path": "/api/v3/account"}, "action": "clock_skew", "ms": skew_ms}])
    try:
        with pytest.raises(ccxt.InvalidNonce):
            trader.ccxt().fetch_balance()
        told = trader.paper.get("/api/v3/time").json()["serverTime"]
        assert abs(told - time.time() * 1000 - skew_ms) < 600_000
    finally:
        trader.paper.control("clock", {"skew_ms": 0})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"action": "delist"}, "symbol: delist needs it"),
        ({"action": "delist", "symbol": "NOPE"}, "no market NOPE"),
        ({"action": "partial_fill"}, "qty: partial_fill needs it"),
        ({"action": "partial_fill", "qty": 0.4}, "qty: 0.4 is not a"),
        ({"action": "maintenance"}, "ms: maintenance needs it"),
        ({"action": "maintenance", "ms": -1}, "ms: -1 is not"),
    ],
)
def test_a_broken_rule_changes_nothing(trader: Trader, rule: dict[str, Any], words: str) -> None:
    trader.paper.faults([{"match": {"path": "/api/v3/time"}, "action": "http_503_before_accept"}])
    with pytest.raises(AssertionError, match=words):
        trader.paper.faults([rule])
    assert trader.paper.get("/api/v3/time").status_code == httpx.codes.SERVICE_UNAVAILABLE


def test_a_margin_mode_that_cannot_change_is_refused(trader: Trader) -> None:
    client = trader.usdm()
    client.create_order(PERPETUAL, "limit", "buy", "0.01", "59000")
    with pytest.raises(ccxt.ExchangeError, match="-4047"):
        client.set_margin_mode("isolated", PERPETUAL)
    client.cancel_all_orders(PERPETUAL)
    client.create_order(PERPETUAL, "market", "buy", "0.01")
    with pytest.raises(ccxt.ExchangeError, match="-4048"):
        client.set_margin_mode("isolated", PERPETUAL)
    assert trader.futures()["positions"][0]["isolatedWallet"] == "0.00000000"


@pytest.fixture(scope="module")
def running() -> Iterator[PaperExchange]:
    with PaperExchange("--replay") as found:
        yield found


def prices(paper: PaperExchange) -> Any:
    return paper.read("state")["prices"]


def test_a_paused_market_stands_still_and_goes_on(running: PaperExchange) -> None:
    assert running.control("pause", {"on": True})["paused"] is True
    before = prices(running)
    order = running.ccxt().create_order(PAIR, "market", "buy", "0.001")  # orders go on
    assert order["status"] == "closed"
    time.sleep(0.5)  # the market would have moved twice
    assert prices(running) == before
    assert running.control("pause", {"on": False})["paused"] is False
    until(lambda: prices(running) != before)


def test_the_speed_changes_while_it_runs(running: PaperExchange) -> None:
    assert running.control("speed", {"speed": 600})["speed"] == 600
    before = prices(running)
    until(lambda: prices(running) != before)
    for wrong in (0, 3_001):
        with pytest.raises(AssertionError, match="between 1 and 3000"):
            running.control("speed", {"speed": wrong})
    assert running.read("state")["market"]["speed"] == 600


def test_prices_set_by_hand_cannot_be_paused(paper: PaperExchange) -> None:
    with pytest.raises(AssertionError, match="set by hand"):
        paper.control("pause", {"on": True})
    assert paper.read("state")["market"]["mode"] == "manual"
