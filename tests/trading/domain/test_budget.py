"""The request budget: no minute above the limit, and the last part of it for exits and cancels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.budget import Bucket, Budget, Call, of_limit, take

LIMIT = 1200
BUDGET = of_limit(LIMIT)
CALLS = st.lists(
    st.tuples(st.sampled_from(Call), st.integers(min_value=1, max_value=80), st.floats(min_value=0, max_value=20)),
    max_size=80,
)


def spent(calls: list[tuple[Call, int, float]], budget: Budget = BUDGET) -> list[tuple[float, int]]:
    """When what was spent; a call that must wait is given up."""
    bucket, at, found = Bucket(budget.burst, 0.0), 0.0, []
    for call, weight, pause in calls:
        at += pause
        bucket, wait = take(bucket, budget, call=call, weight=weight, at=at)
        found += [] if wait else [(at, weight)]
    return found


@given(CALLS)
def test_no_minute_is_above_the_limit(calls: list[tuple[Call, int, float]]) -> None:
    found = spent(calls)
    for start, _ in found:
        assert sum(weight for at, weight in found if start <= at < start + 60) <= LIMIT + 1e-6


@given(CALLS.filter(bool))
def test_whoever_waits_as_long_as_was_said_may_spend(calls: list[tuple[Call, int, float]]) -> None:
    bucket, at = Bucket(BUDGET.burst, 0.0), 0.0
    for call, weight, pause in calls:
        bucket, wait = take(bucket, BUDGET, call=call, weight=weight, at=at + pause)
        at += pause + wait
        if wait:
            bucket, wait = take(bucket, BUDGET, call=call, weight=weight, at=at + 1e-6)
        assert wait == 0


@pytest.mark.parametrize(("first", "then"), [(Call.READ, Call.EXIT), (Call.READ, Call.CANCEL), (Call.ENTRY, Call.EXIT)])
def test_exits_and_cancels_keep_their_part_when_others_used_theirs(first: Call, then: Call) -> None:
    # burst 300: reads leave 120, entries 90
    used = len(spent([(first, 10, 0.0)] * 40))
    assert used == {Call.READ: 18, Call.ENTRY: 21}[first]
    after = spent([(first, 10, 0.0)] * 40 + [(then, 10, 0.0)] * 20)
    assert len(after) - used == {Call.READ: 12, Call.ENTRY: 9}[first]


def test_a_call_heavier_than_the_bucket_goes_out_when_it_is_full() -> None:
    full = Bucket(BUDGET.burst, 0.0)
    bucket, wait = take(full, BUDGET, call=Call.READ, weight=500, at=0.0)
    assert (wait, bucket.tokens) == (0.0, -200.0)
    assert take(bucket, BUDGET, call=Call.READ, weight=1, at=0.0)[1] > 0
