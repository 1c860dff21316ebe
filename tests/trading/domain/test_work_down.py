"""REDUCED's schedule: which step is due, what part it sells, and that all steps together sell everything."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.work_down import Schedule, ratio

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUARTERS = Schedule(Decimal(25), timedelta(minutes=15))


@pytest.mark.parametrize(
    ("minutes", "due"),
    [(-60, 0), (-1, 0), (0, 1), (14.9, 1), (15, 2), (44, 3), (45, 4), (60, 4), (6000, 4)],
)
def test_the_first_step_is_due_at_once(minutes: float, due: int) -> None:
    assert QUARTERS.due(since=NOON, now=NOON + timedelta(minutes=minutes)) == due


@pytest.mark.parametrize(("pct", "steps"), [("25", 4), ("30", 4), ("100", 1), ("99.9", 2), ("1", 100)])
def test_how_many_steps_there_are(pct: str, steps: int) -> None:
    assert Schedule(Decimal(pct), timedelta(minutes=1)).steps == steps


@pytest.mark.parametrize(
    ("done", "due", "part"),
    [
        (0, 1, "0.25"),  # 100 → 75
        (1, 2, "0.3333333333"),  # 75 → 50
        (2, 3, "0.5"),  # 50 → 25
        (3, 4, "1"),  # 25 → 0
        (0, 2, "0.5"),  # a missed step is made up for: 100 → 50
        (0, 4, "1"),
        (2, 2, "0"),
        (3, 1, "0"),
        (4, 4, "0"),  # all is sold, nothing is due
        (4, 5, "1"),  # what was left behind goes
    ],
)
def test_the_part_of_what_is_held_now(done: int, due: int, part: str) -> None:
    assert round(ratio(QUARTERS, done=done, due=due), 10) == round(Decimal(part), 10)


@given(st.decimals(1, 100, places=1), st.data())
def test_whatever_is_missed_all_steps_sell_everything(pct: Decimal, data: st.DataObject) -> None:
    schedule = Schedule(pct, timedelta(minutes=1))
    stops = sorted({*data.draw(st.lists(st.integers(1, schedule.steps), max_size=5)), schedule.steps})
    left, done = Decimal(1), 0
    for due in stops:
        part = ratio(schedule, done=done, due=due)
        assert 0 <= part <= 1
        left, done = left * (1 - part), due
    assert left == 0
