"""Bars without their alert, and where a sender stands: tables and properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import expectations
from signals.expectations import MOST_BARS, Arrival, Stance
from signals.intent import MarketPosition

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
MINUTE, QUARTER, WEEK = timedelta(minutes=1), 900, 604_800
EARLIEST, LATEST = (datetime(year, 1, 1) for year in (2024, 2027))  # noqa: DTZ001 - the strategy adds the zone
LONG, SHORT, FLAT = MarketPosition.LONG, MarketPosition.SHORT, MarketPosition.FLAT


@pytest.mark.parametrize(
    ("at", "bar_secs", "closed"),
    [
        (NOON, QUARTER, NOON),
        (NOON + 14 * MINUTE, QUARTER, NOON),
        (NOON + 15 * MINUTE, QUARTER, NOON + 15 * MINUTE),
        (NOON, 86_400, NOON.replace(hour=0)),
        (NOON, WEEK, NOON.replace(hour=0)),  # weeks end on Mondays, not on Thursdays as the epoch would have it
        (NOON - timedelta(days=1), WEEK, NOON.replace(hour=0) - timedelta(days=7)),
    ],
)
def test_the_last_close(at: datetime, bar_secs: int, closed: datetime) -> None:
    assert expectations.last_close(at, bar_secs) == closed


def missing(*arrivals: Arrival, minutes: int = 30) -> list[tuple[str, datetime]]:
    found = expectations.missing_bars(
        arrivals, pairs=["BTC/USDT"], bar_secs=QUARTER, since=NOON, until=NOON + minutes * MINUTE
    )
    return [(bar.symbol, bar.closed_at) for bar in found]


FIRST, SECOND = ("BTC/USDT", NOON + 15 * MINUTE), ("BTC/USDT", NOON + 30 * MINUTE)


@pytest.mark.parametrize(
    ("arrivals", "named"),
    [
        ([], [FIRST, SECOND]),
        ([Arrival("BTC/USDT", NOON + 15 * MINUTE)], [SECOND]),
        ([Arrival("BTC/USDT", NOON + 20 * MINUTE)], [SECOND]),  # late, and still that bar's
        ([Arrival("BTC/USDT", NOON + 15 * MINUTE - timedelta(seconds=3))], [SECOND]),  # the sender's clock is ahead
        ([Arrival("ETH/USDT", NOON + 15 * MINUTE)], [FIRST, SECOND]),
        ([Arrival("BTC/USDT", NOON + 31 * MINUTE, bar_time=NOON)], [SECOND]),  # what it says of its bar counts more
    ],
)
def test_a_bar_without_its_alert_is_named(arrivals: list[Arrival], named: list[tuple[str, datetime]]) -> None:
    assert missing(*arrivals) == named


def test_a_long_stop_names_the_last_bars_only() -> None:
    assert len(missing(minutes=15 * 300)) == MOST_BARS


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(min_value=EARLIEST, max_value=LATEST, timezones=st.just(UTC)),
    st.integers(0, 5_000_000),
    st.sampled_from([60, QUARTER, 3600, 86_400, WEEK]),
)
def test_looking_twice_names_each_bar_once(since: datetime, secs: int, bar_secs: int) -> None:
    middle, until = since + timedelta(seconds=secs // 2), since + timedelta(seconds=min(secs, bar_secs * MOST_BARS))
    whole = expectations.closes(since=since, until=until, bar_secs=bar_secs)
    cut = min(middle, until)
    halves = [
        *expectations.closes(since=since, until=cut, bar_secs=bar_secs),
        *expectations.closes(since=cut, until=until, bar_secs=bar_secs),
    ]
    assert halves == whole
    assert all(since < at <= until for at in whole)


def stance(position: MarketPosition, minutes: int, symbol: str = "BTC/USDT") -> Stance:
    return Stance(symbol, position, NOON + minutes * MINUTE, minutes)


@pytest.mark.parametrize(
    ("newest_first", "holds"),
    [
        ([], []),
        ([stance(LONG, 3)], [(LONG, 3)]),
        ([stance(LONG, 3), stance(LONG, 2), stance(FLAT, 1), stance(LONG, 0)], [(LONG, 2)]),
        ([stance(FLAT, 3), stance(LONG, 2)], [(FLAT, 3)]),
        ([stance(LONG, 3), stance(SHORT, 2, "ETH/USDT"), stance(LONG, 1)], [(LONG, 1), (SHORT, 2)]),
    ],
)
def test_where_a_sender_stands_is_dated_by_the_first_of_its_run(
    newest_first: list[Stance], holds: list[tuple[MarketPosition, int]]
) -> None:
    assert [(said.position, said.alert_id) for said in expectations.stances(newest_first)] == holds
