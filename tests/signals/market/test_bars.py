"""Which candles are wanted and missing, and how a venue's answer is taken."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.market.bars import Bar, Span, finished, flat, missing, opening, sane, window
from signals.timeframes import DAY, HOUR

D = Decimal
NOW = datetime(2026, 1, 1, 12, 34, 56, tzinfo=UTC)
WANTED = window(HOUR, now=NOW, count=6)  # 6:00 to 11:00
TIMES = list(WANTED.openings())


def at(hour: int) -> datetime:
    return NOW.replace(hour=hour, minute=0, second=0)


def bar(opened_at: datetime, close: int = 100) -> Bar:
    return Bar(opened_at, D(100), D(110), D(90), D(close), D(5))


@pytest.mark.parametrize(("secs", "opened"), [(HOUR, at(12)), (DAY, at(0)), (300, NOW.replace(minute=30, second=0))])
def test_when_a_bar_opened(secs: int, opened: datetime) -> None:
    assert opening(NOW, secs) == opened


def test_the_bar_that_is_growing_is_never_wanted() -> None:
    assert (TIMES[0], TIMES[-1], WANTED.end) == (at(6), at(11), at(12))


@pytest.mark.parametrize(
    ("held", "begins", "spans"),
    [
        ([], None, [(6, 6)]),
        ([6, 7, 8, 9, 10, 11], None, []),
        ([6, 7, 8, 9, 10], None, [(11, 1)]),
        ([8, 9], None, [(6, 2), (10, 2)]),
        ([6, 8, 11], None, [(7, 1), (9, 2)]),
        ([8, 9], 8, [(10, 2)]),  # the venue has nothing before 8
        ([1, 2, 3], None, [(6, 6)]),
    ],
)
def test_what_is_missing(held: list[int], begins: int | None, spans: list[tuple[int, int]]) -> None:
    found = missing([at(hour) for hour in held], WANTED, begins=None if begins is None else at(begins))
    assert found == [Span(at(hour), count, HOUR) for hour, count in spans]


@given(st.sets(st.integers(0, 5)))
def test_what_is_held_and_what_is_missing_are_all_of_it(held: set[int]) -> None:
    known = [TIMES[place] for place in held]
    asked = [opened for span in missing(known, WANTED) for opened in span.openings()]
    assert sorted([*known, *asked]) == TIMES


def test_an_answer_is_sorted_unique_and_without_the_growing_bar() -> None:
    answer = [bar(at(8)), bar(at(7), 1), bar(at(7), 2), bar(at(12)), bar(at(5))]
    assert finished(answer, WANTED) == [bar(at(7), 2), bar(at(8))]


def test_an_hour_without_trades_is_written_flat() -> None:
    found = finished([bar(at(7), 95), bar(at(10))], WANTED)
    assert found == [bar(at(7), 95), flat(at(8), D(95)), flat(at(9), D(95)), bar(at(10))]


def test_a_bar_that_opens_at_an_odd_time_is_none() -> None:
    assert finished([bar(at(7) + timedelta(minutes=1))], WANTED) == []


@pytest.mark.parametrize(
    ("changed", "ok"),
    [
        ((100, 110, 90, 95, 0), True),
        ((100, 100, 100, 100, 0), True),
        ((100, 99, 90, 95, 1), False),
        ((100, 110, 96, 95, 1), False),
        ((0, 110, 0, 95, 1), False),
        ((100, 110, 90, 95, -1), False),
    ],
)
def test_what_can_be_a_bar(changed: tuple[int, ...], ok: bool) -> None:
    assert sane(Bar(NOW, *(D(number) for number in changed))) is ok
