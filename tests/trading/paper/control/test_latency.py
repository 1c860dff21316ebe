"""Delays by endpoint: which rule counts, what is refused, and what a client sees of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import ccxt
import httpx
import pytest

from tests.support import plain_http
from tests.support.paper import PaperExchange
from tests.trading.paper.dialects.test_binance_sockets import hear, socket
from trading.paper.control.latency import Latency, parse, read_delays
from trading.paper.control.rules import BadRule

ORDERS = {"match": {"method": "POST", "path": "/api/v3/order"}, "median_ms": 40, "sigma": 0.5, "most_ms": 90}
REST = {"match": {"path": "/api/*"}, "ms": 20}


def planned(*rows: object, seed: int = 1) -> Latency:
    latency = Latency(seed)
    latency.plan(list(rows))
    return latency


@pytest.mark.parametrize(
    ("method", "path", "secs"),
    [("GET", "/api/v3/time", 0.02), ("GET", "/api/v3/order", 0.02), ("GET", "/fapi/v1/time", 0.0)],
)
def test_the_first_rule_that_matches_counts(method: str, path: str, secs: float) -> None:
    assert planned(ORDERS, REST).secs(method, path) == secs


def test_a_spread_delay_has_its_median_and_its_end() -> None:
    latency = planned(ORDERS, REST)
    drawn = [latency.secs("POST", "/api/v3/order") for _ in range(2_000)]
    assert median(drawn) == pytest.approx(0.04, rel=0.1)
    assert max(drawn) == 0.09  # e^(0.5 × 1.62) × 40 = 90: one in twenty is cut there
    again = planned(ORDERS, REST)
    assert [again.secs("POST", "/api/v3/order") for _ in range(2_000)] == drawn
    assert [planned(ORDERS, seed=2).secs("POST", "/api/v3/order")] != drawn[:1]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([], "JSON object"),
        ({}, "ms or median_ms: exactly one"),
        ({"ms": 1, "median_ms": 1}, "ms or median_ms: exactly one"),
        ({"ms": "1"}, "ms: '1' is not a number"),
        ({"ms": -1}, "ms: -1 is not a number from 0 to 60000"),
        ({"ms": 1, "sigma": 1}, "sigma: goes with median_ms"),
        ({"median_ms": 1, "sigma": 9}, "sigma: 9 is not a number from 0 to 5"),
        ({"median_ms": True}, "median_ms: True is not"),
        ({"ms": 1, "match": {"verb": "GET"}}, "verb: unknown"),
        ({"ms": 1, "times": 2}, "times: unknown"),
    ],
)
def test_a_broken_rule_is_refused_with_the_field(row: object, words: str) -> None:
    with pytest.raises(BadRule, match=words):
        parse(row)


def test_a_broken_plan_is_refused_whole_and_by_its_line(tmp_path: Path) -> None:
    latency = planned(REST)
    with pytest.raises(BadRule, match="rule 2: "):
        latency.plan([REST, {}])
    assert latency.rows == [REST]
    path = tmp_path / "delays.jsonl"
    path.write_text(f"# slow\n{json.dumps(REST)}\n{{}}\n")
    with pytest.raises(BadRule, match=r"delays\.jsonl, line 3: ms or median_ms"):
        read_delays(path)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperExchange]:
    path = tmp_path_factory.mktemp("plans") / "delays.jsonl"
    path.write_text(json.dumps({"match": {"path": "/api/v3/time"}, "ms": 30_000}) + "\n")
    with PaperExchange("--manual", "--latency", str(path)) as running:
        yield running


def test_only_the_endpoint_of_the_rule_is_late(slow: PaperExchange) -> None:
    with pytest.raises(httpx.ReadTimeout):
        plain_http.get(f"{slow.url}/api/v3/time", timeout=0.3)
    assert plain_http.get(f"{slow.url}/api/v3/ping", timeout=60).status_code == 200


def test_delays_change_while_it_runs_and_levers_are_never_late(slow: PaperExchange) -> None:
    slow.price("BTCUSDT", "60000")
    everything = [{"ms": 20_000}]
    assert slow.control("latency", everything) == {"rules": 1}
    client = slow.ccxt(timeout=300)
    with pytest.raises(ccxt.RequestTimeout):
        client.fetch_time()
    with pytest.raises(AssertionError, match="rule 1: ms"):
        slow.control("latency", [{"ms": "soon"}])
    assert slow.control("latency", []) == {"rules": 0}
    assert slow.ccxt().fetch_time()


def test_messages_of_a_stream_are_late_and_in_order(slow: PaperExchange) -> None:
    prices = [f"{61_000 + number}" for number in range(20)]
    slow.control(
        "latency", [{"match": {"method": "STREAM", "path": "/ws/*"}, "median_ms": 20, "sigma": 2, "most_ms": 400}]
    )
    with socket(slow, "/ws/btcusdt@trade") as opened:
        for price in prices:
            slow.price("BTCUSDT", price, market="spot")
        assert [float(hear(opened)["p"]) for _ in prices] == [float(price) for price in prices]
        slow.control("latency", [{"match": {"method": "STREAM"}, "ms": 30_000}])
        slow.price("BTCUSDT", "61100", market="spot")
        slow.control("latency", [])
        slow.price("BTCUSDT", "61200", market="spot")  # has no delay of its own, and waits for the one before
        with pytest.raises(TimeoutError):
            opened.recv(timeout=0.3)
