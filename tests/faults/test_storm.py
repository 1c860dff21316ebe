"""The storm in short: its plan, what it counts, both sides' names for one thing, and a few dozen orders in the weather."""

import os
import random
from collections import Counter
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from signals.market import venues
from tests.faults import ledgers, records, storm
from tests.faults.oracle import Execution
from tests.faults.storm import PATHS, Asked, Storm
from trading.paper.control.faults import Faults


def test_every_venue_of_the_engine_can_be_stormed_and_judged() -> None:
    assert set(PATHS) == set(ledgers.WORDS) == set(venues.VENUES)


@pytest.mark.parametrize("venue", PATHS)
def test_the_exchange_takes_the_plan_and_every_fault_comes_as_often_as_asked(venue: str) -> None:
    faults = Faults()
    faults.plan(storm.plan(venue, random.Random(1), 3))
    paths = PATHS[venue]
    requests = [("POST", paths.order), (paths.cancel_method, paths.cancel.replace("*", "7")), ("GET", paths.questions)]
    for _ in range(1000):
        for method, path in requests:
            faults.draw(method, path.replace("*", "x"), now_ms=0)
    assert storm.happened(faults.happened, venue) == Counter({fault.name: 3 for fault in storm.faults_of(venue)})


def test_the_same_seed_plans_the_same_weather() -> None:
    one, two = (storm.plan("bybit", random.Random("bybit/7"), 5) for _ in range(2))
    assert one == two
    assert one != storm.plan("bybit", random.Random("bybit/8"), 5)


def test_some_requests_pass_between_two_faults() -> None:
    skips = [
        row["skip"] for row in storm.plan("kucoinfutures", random.Random(2), 20) if row["match"]["method"] == "GET"
    ]
    assert skips == sorted(skips)
    assert skips[-1] > 20 * len(skips)


LEDGER: dict[str, Any] = {
    "orders": [
        {"orderId": 1, "clientOrderId": "wone", "status": "FILLED"},
        {"orderId": 2, "clientOrderId": "wstop", "status": "FILLED"},
    ],
    "algoOrders": [
        {"algoId": 900, "clientAlgoId": "wstop", "status": "TRIGGERED", "actualOrderId": 2},
        {"algoId": 901, "clientAlgoId": "wwaits", "status": "NEW", "actualOrderId": None},
    ],
    "fills": [
        {
            "orderId": 2,
            "tradeId": 5,
            "symbol": "XBTUSDTM",
            "qty": "0.010",
            "price": "100.0",
            "fee": "0.1",
            "maker": False,
        }
    ],
}


@pytest.mark.parametrize(
    ("venue", "numbers", "traded"),
    [
        ("binanceusdm", ["1", "2", "901"], ("2", "5", "0.01")),
        (
            "kucoinfutures",
            ["300000000000000001", "300000000000000900", "300000000000000901"],
            ("300000000000000900", "5", "10"),
        ),
    ],
)
def test_a_triggered_order_goes_by_the_number_that_its_venue_tells(
    venue: str, numbers: list[str], traded: tuple[str, str, str]
) -> None:
    assert [order.venue_id for order in ledgers.orders(venue, LEDGER, {})] == numbers
    assert [order.alive for order in ledgers.orders(venue, LEDGER, {})] == [False, False, True]
    sizes = {"XBTUSDTM": Decimal("0.001")} if venue == "kucoinfutures" else {}
    (fill,) = ledgers.fills(venue, LEDGER, sizes)
    number, trade, qty = traded
    assert fill == Execution(number, trade, Decimal(qty).normalize(), Decimal(100).normalize(), Decimal("0.1"))


FOUND = Storm("bybit", 3, 12, 30, {"reset": 2}, 0, 1, 0, 0, ("doubled: x",), (), 9.4, 1.2)


def test_the_table_says_what_happened_and_what_broke() -> None:
    text = storm.table(FOUND)
    assert "bybit, seed 3: 12 orders of 30 deliveries" in text
    assert "lost 0  doubled 1  phantom 0  stuck 0" in text
    assert text.splitlines()[-1] == "doubled: x"
    assert "nothing to check" in storm.table(replace(FOUND, unchecked=("I7",)))


def test_storms_add_up_by_venue(tmp_path: Path) -> None:
    first = records.append(tmp_path / "storms.jsonl", asdict(FOUND))
    again = replace(FOUND, orders=8, faults={"reset": 1, "ban of order": 1}, doubled=0, broken=(), secs=3590.6)
    records.append(tmp_path / "storms.jsonl", asdict(again))
    assert first["at"] > "2026"
    (line,) = records.storms(records.read(tmp_path / "storms.jsonl"))
    assert line.split() == [
        "bybit",
        "2",
        "storms",
        "20",
        "orders",
        "4",
        "faults,",
        "2",
        "kinds,",
        "each",
        "at",
        "least",
        "1",
        "times",
        "(ban",
        "of",
        "order);",
        "lost",
        "0,",
        "doubled",
        "1,",
        "phantom",
        "0,",
        "stuck",
        "0;",
        "1",
        "with",
        "something",
        "broken;",
        "1.0",
        "h",
    ]


@pytest.mark.stack
@pytest.mark.skipif(os.environ.get("WINDLASS_STORM") != "1", reason="takes minutes: WINDLASS_STORM=1 plays it")
def test_a_short_storm_breaks_no_promise() -> None:
    found = storm.storm(Asked("kucoinfutures", orders=20, each=1, minutes=10, seed=5, accounts=2))
    assert found.broken == ()
    assert found.orders >= 20
    assert all(count >= 1 for count in found.faults.values())
