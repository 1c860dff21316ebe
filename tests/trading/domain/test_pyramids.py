"""One more pyramid: how many, one per bar, and far enough apart."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain import settings as registry
from trading.domain.pyramids import PyramidView, bar_start, may_add

D = Decimal
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GRID = registry.resolve([{"max_pyramids": 3, "pyramid_min_gap_pct": 1}]).grid
QUARTER = 900


def pyramids(*prices: str) -> list[PyramidView]:
    """The last one at 12:05, the others an hour apart before it."""
    last = NOON + timedelta(minutes=5)
    count = len(prices)
    return [PyramidView(n, D(p), last - timedelta(hours=count - 1 - n)) for n, p in enumerate(prices)]


@pytest.mark.parametrize(
    ("prices", "minutes", "price", "code"),
    [
        ([], 5, "100", None),
        (["100"], 5, "90", "TOO_SOON"),  # the same instant
        (["100"], 14, "90", "TOO_SOON"),  # 12:14 is in the bar of 12:00
        (["100"], 15, "90", None),
        (["100"], -60, "90", "TOO_SOON"),  # clocks differ: never two
        (["100"], 15, "99.01", "TOO_SOON"),  # 0.99 %
        (["100"], 15, "99", None),
        (["100"], 15, "101", None),  # either way
        (["50", "100"], 15, "50", None),  # from the last one only
        (["100", "98", "96"], 60, "90", "MAX_PYRAMIDS"),
    ],
)
def test_when_a_pyramid_may_come(prices: list[str], minutes: int, price: str, code: str | None) -> None:
    at = NOON + timedelta(minutes=minutes)
    found = may_add(pyramids(*prices), settings=GRID, timeframe_secs=QUARTER, price=D(price), at=at)
    assert (found and found.code) == code


@pytest.mark.parametrize(
    ("prices", "minutes", "price", "sentence"),
    [
        (
            ["100"],
            6,
            "90",
            "One pyramid a bar, and this bar of 15m has had its own. "
            "The last one came at 12:05:00, the next may come from 12:15:00 UTC.",
        ),
        (
            ["100"],
            15,
            "99.5",
            "gap to the last pyramid is 0.5 %, the limit is 1 %. "
            "Wait until the price has moved further, or lower pyramid_min_gap_pct.",
        ),
        (
            ["100", "98", "96"],
            60,
            "90",
            "The group has 3 of 3 pyramids. Raise max_pyramids or wait for the group to close.",
        ),
    ],
)
def test_the_reason_in_words(prices: list[str], minutes: int, price: str, sentence: str) -> None:
    at = NOON + timedelta(minutes=minutes)
    found = may_add(pyramids(*prices), settings=GRID, timeframe_secs=QUARTER, price=D(price), at=at)
    assert found is not None
    assert found.sentence() == sentence


@given(st.timedeltas(timedelta(days=-9000), timedelta(days=9000)), st.integers(1, 604800))
def test_bars_hang_from_the_epoch(away: timedelta, secs: int) -> None:
    at = NOON + away
    begun = bar_start(at, timeframe_secs=secs)
    assert timedelta() <= at - begun < timedelta(seconds=secs)
    assert begun.timestamp() % secs == 0


def test_a_timeframe_that_nobody_gave_counts_as_a_second() -> None:
    odd = NOON + timedelta(seconds=1)
    assert bar_start(odd, timeframe_secs=0) == odd
    at = NOON + timedelta(minutes=5)
    found = may_add(pyramids("100"), settings=GRID, timeframe_secs=0, price=D(90), at=at)
    assert found is not None
    assert "this bar of 1s has had its own" in found.sentence()
    assert "the next may come from 12:05:01 UTC" in found.sentence()


@pytest.mark.parametrize(
    ("prices", "minutes", "price", "value", "limit"),
    [
        (["100"], 6, "90", 2, 1),  # it would be the second in this bar, one may come
        (["100", "98", "96"], 60, "90", 3, 3),
        (["90"], 15, "90.111111", D("0.1235"), 1),  # 0.1234566… %, to four places
    ],
)
def test_the_reason_in_numbers(prices: list[str], minutes: int, price: str, value: Decimal, limit: int) -> None:
    at = NOON + timedelta(minutes=minutes)
    found = may_add(pyramids(*prices), settings=GRID, timeframe_secs=QUARTER, price=D(price), at=at)
    assert found is not None
    assert (found.value, found.limit) == (value, limit)
