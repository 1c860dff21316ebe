"""Candles equal what the trades say, at every interval, and have no holes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.market.bars import INTERVALS_MS, Series
from trading.paper.market.tape import Tape, Trade

START = 1_700_000_000_000

trades = st.lists(
    st.tuples(st.integers(0, 90_000), st.integers(1, 50), st.integers(1, 9), st.booleans()), min_size=1, max_size=60
).map(sorted)


def tape_of(rows: list[tuple[int, int, int, bool]]) -> Tape:
    tape = Tape()
    for number, (at, price, qty, taker) in enumerate(rows):
        tape.add(Trade(id=number, at_ms=START + at, price=price, qty=qty, buyer_is_taker=taker))
    return tape


@given(trades, st.sampled_from(["1s", "1m", "3m"]))
def test_a_candle_is_what_its_trades_say(rows: list, interval: str) -> None:
    width = INTERVALS_MS[interval]
    bars = tape_of(rows).bars(interval, first_ms=0, last_ms=START + 90_000)
    for bar in [bar for bar in bars if bar.trades]:
        inside = [row for row in rows if (START + row[0]) // width * width == bar.start_ms]
        prices = [row[1] for row in inside]
        assert (bar.open, bar.high, bar.low, bar.close) == (prices[0], max(prices), min(prices), prices[-1])
        assert (bar.volume, bar.trades) == (sum(row[2] for row in inside), len(inside))
        assert bar.buyer_volume == sum(row[2] for row in inside if row[3])
    assert sum(bar.trades for bar in bars) == len(rows)


@given(trades)
def test_seconds_without_trades_repeat_the_close(rows: list) -> None:
    bars = tape_of(rows).bars("1s", first_ms=0, last_ms=START + 90_000)
    starts = [bar.start_ms for bar in bars]
    assert starts == list(range(starts[0], START + 90_001, 1000))
    for before, bar in zip(bars, bars[1:], strict=False):
        assert bar.trades or (bar.open, bar.high, bar.low, bar.close) == (before.close,) * 4


@pytest.mark.parametrize(("first", "most", "starts"), [(0, 10, [0, 3, 6]), (1, 10, [3, 6]), (0, 2, [0, 3]), (7, 9, [])])
def test_longer_candles_are_counted_and_bounded_like_shorter_ones(first: int, most: int, starts: list[int]) -> None:
    tape = Tape()
    for minute in (0, 1, 4, 7):
        tape.add(Trade(id=minute, at_ms=minute * 60_000, price=minute + 1, qty=1, buyer_is_taker=True))
    bars = tape.bars("3m", first_ms=first * 60_000, last_ms=8 * 60_000, most=most)
    assert [bar.start_ms // 60_000 for bar in bars] == starts
    # the middle one opens with its first trade in minute 4, not with the flat minute 3
    assert [(bar.open, bar.close, bar.trades) for bar in bars if bar.start_ms == 180_000] == [(5, 5, 1)] * (3 in starts)


def test_reading_starts_inside_and_ends_inside() -> None:
    series = Series(interval_ms=1000)
    for second in range(10):
        series.add(second * 1000 + 500, price=second + 1, qty=1, buyer_is_taker=True)
    assert [bar.start_ms for bar in series.read(first_ms=2500, last_ms=5000)] == [3000, 4000, 5000]
    assert series.read(first_ms=20_000, last_ms=10_000) == []
    assert Series(interval_ms=1000).read(first_ms=0, last_ms=10_000) == []


def test_the_day_forgets_what_is_older() -> None:
    tape = Tape()
    day_ms = 86_400_000
    for number, (at, price) in enumerate([(0, 100), (day_ms, 200), (day_ms + 60_000, 150)]):
        tape.add(Trade(id=number, at_ms=START + at, price=price, qty=2, buyer_is_taker=True))
    day = tape.day(now_ms=START + day_ms + 120_000)
    assert (day.open, day.high, day.low, day.last) == (100, 200, 100, 150)  # the flat minutes carry 100
    assert (day.trades, day.volume) == (2, 4)
    assert day.change_pct == 50 * 10**8
