"""A market's own time: it never jumps, whatever is turned."""

from hypothesis import given
from hypothesis import strategies as st

from trading.paper.market.pace import Pace
from trading.paper.market.replay import moved, paced, timeline_from

SPEEDS = st.integers(1, 3_000)
WALL = st.integers(0, 10**7)


@given(SPEEDS, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3_000)), max_size=6), WALL)
def test_it_goes_on_without_a_jump_at_any_speed(first: int, changes: list[tuple[int, int]], after: int) -> None:
    pace, wall = Pace(anchor_ms=1_000, source_ms=0, speed=first), 1_000
    for later, speed in changes:
        wall += later
        changed = pace.changed(wall_ms=wall, speed=speed)
        assert changed.source(wall) == pace.source(wall)
        pace = changed
    assert pace.source(wall + after) - pace.source(wall) == after * pace.speed


@given(SPEEDS, WALL)
def test_source_and_wall_are_each_others_opposite(speed: int, wall: int) -> None:
    pace = Pace(anchor_ms=17, source_ms=5, speed=speed)
    assert pace.wall(pace.source(wall)) == wall


def test_what_stands_still_stopped_then() -> None:
    assert Pace(anchor_ms=1_000, source_ms=7, speed=0).wall(99) == 1_000


@given(SPEEDS, SPEEDS, st.integers(0, 10**8))
def test_a_replay_at_another_speed_is_in_the_same_candle_and_about_as_far_in_it(
    before: int, after: int, at_ms: int
) -> None:
    line = timeline_from(0, step=7, speed=before)
    changed = paced(line, at_ms=at_ms, speed=after)
    assert changed.step_at(at_ms) == line.step_at(at_ms)
    over = (at_ms - line.start_of(line.step_at(at_ms))) / line.step_ms
    assert abs((at_ms - changed.start_of(changed.step_at(at_ms))) / changed.step_ms - over) <= 1 / changed.step_ms


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_paused_replay_goes_on_where_it_stood(at_ms: int, pause_ms: int) -> None:
    line = timeline_from(0, step=3, speed=60)
    assert moved(line, pause_ms).step_at(at_ms + pause_ms) == line.step_at(at_ms)
