"""Planned faults over the wire: replies, blocks, late orders, streams, maintenance, delisting, clocks; and the errors."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.support.paper import ROOT, PaperExchange
from tests.trading.paper.conftest import Trader
from tests.trading.paper.dialects.test_binance_sockets import hear, hear_until, listen_key, socket

PAIR = "BTC/USDT"
ORDER = {"method": "POST", "path": "/api/v3/order"}
PATIENCE_SECS = 60


def send(trader: Trader, name: str = "one") -> Any:
    return trader.ccxt().create_order(PAIR, "limit", "buy", "0.001", "50000", {"clientOrderId": name})


def names(trader: Trader) -> list[str]:
    return [order["clientOrderId"] for order in trader.ledger().get("orders", [])]


def test_a_scripted_reply_is_the_venues_word(trader: Trader) -> None:
    body = {"code": -4047, "msg": "Margin type cannot be changed if there exists open orders."}
    rule = {"match": {"path": "/fapi/v1/marginType"}, "action": "reply_before_accept", "status": 400, "body": body}
    trader.paper.faults([rule])
    with pytest.raises(ccxt.OperationRejected):
        trader.usdm().set_margin_mode("isolated", "BTC/USDT:USDT")


@pytest.mark.parametrize(("action", "status"), [("ban", 418), ("rate_limit", 429)])
def test_a_block_turns_everything_away_and_says_for_how_long(trader: Trader, action: str, status: int) -> None:
    trader.paper.faults([{"match": ORDER, "action": action, "ms": 3_600_000}])
    with pytest.raises(ccxt.DDoSProtection):
        send(trader)
    reply = trader.paper.get("/api/v3/time")
    assert (reply.status_code, reply.json()["code"]) == (status, -1003)
    assert 0 < int(reply.headers["Retry-After"]) <= 3600
    trader.paper.faults([])
    assert trader.paper.get("/api/v3/time").status_code == 200
    assert names(trader) == []


def test_an_order_appears_late(trader: Trader) -> None:
    trader.paper.faults([{"match": ORDER, "action": "appear_late", "ms": 700}])
    with pytest.raises(ccxt.ExchangeNotAvailable):
        send(trader, "late")
    give_up = time.monotonic() + PATIENCE_SECS
    while not names(trader) and time.monotonic() < give_up:
        time.sleep(0.05)
    order, fault = trader.ledger()["orders"][0], trader.paper.read("ledger")["faults"][-1]
    assert order["clientOrderId"] == "late"
    assert order["time"] - fault["time"] > 600  # by the exchange's own clock


def test_a_request_that_arrives_twice_is_refused_the_second_time(trader: Trader) -> None:
    trader.paper.faults([{"match": ORDER, "action": "duplicate_request"}])
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate order sent"):
        send(trader)
    assert names(trader) == ["one"]


def test_a_doubled_reply_is_no_json(trader: Trader) -> None:
    trader.paper.faults([{"match": ORDER, "action": "duplicate_reply"}])
    assert send(trader)["id"] is None
    assert names(trader) == ["one"]


def test_what_the_plan_did_is_in_the_ledger(trader: Trader) -> None:
    trader.paper.faults([{"match": ORDER, "action": "http_503_after_accept"}])
    with pytest.raises(ccxt.ExchangeNotAvailable):
        send(trader)
    assert trader.paper.read("ledger")["faults"][-1] | {"time": 0} == {
        "time": 0,
        "action": "http_503_after_accept",
        "method": "POST",
        "path": "/api/v3/order",
    }


PRICES = ["60100", "60200", "60300", "60400"]


@pytest.mark.parametrize(
    ("action", "heard"),
    [
        ("stream_drop", ["60200", "60300", "60400"]),
        ("stream_duplicate", ["60100", "60100", "60200", "60300", "60400"]),
        ("stream_reorder", ["60200", "60100", "60300", "60400"]),
    ],
)
def test_stream_events_are_lost_doubled_or_out_of_order(trader: Trader, action: str, heard: list[str]) -> None:
    trader.paper.faults([{"match": {"path": "/ws/*", "contains": '"trade"'}, "action": action}])
    with socket(trader.paper, "/ws/btcusdt@trade") as opened:
        for price in PRICES:
            trader.paper.price("BTCUSDT", price)
        assert [Decimal(hear(opened)["p"]) for _ in heard] == [Decimal(price) for price in heard]


def test_maintenance_answers_nothing_but_its_status(trader: Trader) -> None:
    trader.paper.control("maintenance", {"on": True})
    try:
        with pytest.raises(ccxt.ExchangeNotAvailable):
            trader.ccxt().fetch_time()
        assert trader.paper.get("/sapi/v1/system/status").json()["status"] == 1
    finally:
        trader.paper.control("maintenance", {"on": False})
    assert trader.ccxt().fetch_status()["status"] == "ok"


def test_a_skewed_clock_makes_timestamps_stale(trader: Trader) -> None:
    trader.paper.control("clock", {"skew_ms": 3_600_000})
    try:
        with pytest.raises(ccxt.InvalidNonce):
            trader.ccxt().fetch_balance()
        client = trader.ccxt()
        client.load_time_difference()
        client.options["adjustForTimeDifference"] = True
        assert client.fetch_balance()
    finally:
        trader.paper.control("clock", {"skew_ms": 0})


def test_a_delisted_contract_settles_its_positions_and_ends_its_orders(trader: Trader) -> None:
    trader.paper.price("ETHUSDT", "2000")
    client = trader.usdm()
    client.create_order("ETH/USDT:USDT", "market", "buy", "0.1")
    client.create_order("ETH/USDT:USDT", "limit", "buy", "0.1", "1950")
    client.create_order("ETH/USDT:USDT", "market", "sell", "0.1", None, {"stopLossPrice": 1900})
    with socket(trader.paper, f"/fut/private/ws?listenKey={listen_key(trader)}") as opened:
        trader.paper.control("trading", {"symbol": "ETHUSDT", "on": False})
        hear_until(opened, "ACCOUNT_UPDATE")
    try:
        books = trader.futures()
        assert books["positions"] == []
        assert [order["status"] for order in books["orders"]] == ["FILLED", "CANCELED", "FILLED"]
        assert [order["status"] for order in books["algoOrders"]] == ["EXPIRED"]
        assert client.load_markets(True)["ETH/USDT:USDT"]["active"] is False
        with pytest.raises(ccxt.BadRequest):
            client.create_order("ETH/USDT:USDT", "market", "buy", "0.1")
    finally:
        trader.paper.control("trading", {"symbol": "ETHUSDT", "on": True})


def test_a_plan_file_counts_from_the_start_and_a_broken_one_stops_it(tmp_path: Path) -> None:
    plan = tmp_path / "plan.jsonl"
    plan.write_text('# one lost order\n{"match": {"path": "/api/v3/time"}, "action": "http_503_before_accept"}\n')
    with PaperExchange("--manual", "--faults", str(plan)) as paper:
        assert [paper.get("/api/v3/time").status_code for _ in range(2)] == [503, 200]
    plan.write_text('{"action": "delay_ms"}\n')
    command = [sys.executable, "-m", "trading.paper", "--data", str(tmp_path / "data"), "--faults", str(plan)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECS, check=False)
    assert ended.returncode == 2
    assert "plan.jsonl, line 1: ms: delay_ms needs it" in ended.stderr


ERRORS = json.loads((Path(__file__).parents[1] / "contract" / "errors_binance.json").read_text())


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ccxt.BaseError) as error:
        call()
    return type(error.value).__name__


@pytest.mark.parametrize("venue", ["binance", "binanceusdm"])
def test_every_code_of_the_error_table_raises_its_class(trader: Trader, venue: str) -> None:
    client = trader.ccxt() if venue == "binance" else trader.usdm()
    path = "/api/v3/time" if venue == "binance" else "/fapi/v1/time"
    rows = [row for row in ERRORS if row[0] == venue]
    rule = {"match": {"path": path}, "action": "reply_before_accept"}
    trader.paper.faults([rule | {"status": row[1], "body": {"code": row[2], "msg": row[3]}} for row in rows])
    raised = [[*row[:4], error_of(client.fetch_time)] for row in rows]
    assert raised == rows
