"""What a format read is carried on: the sender's own age limit, the source's only pair, wishes nobody carries out."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from signals.evaluate import Meant, evaluate
from signals.verdict import Verdict
from tests.signals.formats.vendor_bodies import OBJECTS
from tests.signals.test_evaluate import ALERT, LISTED, sent


def decided(name: str, body: dict[str, Any] | str, **changed: Any) -> Meant | Verdict:
    text = body if isinstance(body, str) else json.dumps(body)
    found = evaluate(
        replace(ALERT, format=name, raw=text, **changed),
        instruments=LISTED,
        max_age=lambda _symbol: timedelta(seconds=60),
    )
    assert isinstance(found, Meant | Verdict)
    return found


def outcome(found: Meant | Verdict) -> str:
    return found.outcome if isinstance(found, Verdict) else "Meant"


@pytest.mark.parametrize(
    ("own", "secs_ago", "expected"),
    [
        ("30", 30, "Meant"),  # exactly the limit is fresh
        ("30", 31, "STALE"),
        ("300", 60, "Meant"),
        ("300", 61, "STALE"),  # ours is the narrower one
    ],
)
def test_the_narrower_age_limit_holds(own: str, secs_ago: int, expected: str) -> None:
    body = {**OBJECTS["okx"], "instrument": "BTCUSDT", "maxLag": own, "timestamp": sent(secs_ago)}
    assert outcome(decided("okx", body)) == expected


def test_the_sender_is_told_whose_limit_it_was() -> None:
    found = decided("okx", {**OBJECTS["okx"], "instrument": "BTCUSDT", "maxLag": "5", "timestamp": sent(9)})
    assert isinstance(found, Verdict)
    assert (found.details["limit_secs"], "the alert's own" in found.reason) == (Decimal("5.0"), True)


@pytest.mark.parametrize(
    ("whitelist", "expected"),
    [(("BTC/USDT",), "Meant"), ((), "UNKNOWN_SYMBOL"), (("BTC/USDT", "ETH/USDT"), "UNKNOWN_SYMBOL")],
)
def test_without_a_pair_the_sources_only_one_is_meant(whitelist: tuple[str, ...], expected: str) -> None:
    body = {key: value for key, value in OBJECTS["threecommas_dca"].items() if key != "pair"}
    assert outcome(decided("threecommas_dca", body, whitelist=whitelist)) == expected


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("cornix", "BTC/USDT\nEntry 100 99\nStop 90"),
    ],
)
def test_what_is_understood_and_not_carried_out_is_named(name: str, body: Any) -> None:
    found = decided(name, body)
    assert isinstance(found, Verdict)
    assert (found.outcome, bool(found.details["fields"])) == ("NOT_SUPPORTED", True)


def test_suggestions_are_pairs_that_trade() -> None:
    found = decided("csv_line", "OLDUSD,buy")
    assert isinstance(found, Verdict)
    assert (found.outcome, "OLD/USDT" in found.reason) == ("UNKNOWN_SYMBOL", False)
