"""The request budget: no minute above the limit, the last part of it for exits and cancels, of that one for cancels alone."""

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


def left(calls: list[tuple[Call, int, float]]) -> tuple[Bucket, float]:
    """The bucket after calls of which those that must wait are given up, and the time."""
    bucket, at = Bucket(BUDGET.burst, 0.0), 0.0
    for call, weight, pause in calls:
        at += pause
        bucket, _ = take(bucket, BUDGET, call=call, weight=weight, at=at)
    return bucket, at


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


USED = {Call.READ: 18, Call.ENTRY: 21, Call.EXIT: 27, Call.CANCEL: 30}
# Of burst 300, in tens: reads leave 120, entries 90, exits 30, cancels nothing.


@pytest.mark.parametrize(
    ("first", "then"), [(first, then) for first in USED for then in USED if USED[first] < USED[then]]
)
def test_what_closes_and_cancels_keeps_its_part_when_others_used_theirs(first: Call, then: Call) -> None:
    assert len(spent([(first, 10, 0.0)] * 40)) == USED[first]
    assert len(spent([(first, 10, 0.0)] * 40 + [(then, 10, 0.0)] * 20)) == USED[then]


WITHOUT_CANCELS = CALLS.map(lambda calls: [one for one in calls if one[0] is not Call.CANCEL])


@given(WITHOUT_CANCELS, st.integers(min_value=1, max_value=3))
def test_whatever_others_spend_cancels_go_out_at_once(calls: list[tuple[Call, int, float]], count: int) -> None:
    """A tenth of the bucket is theirs alone: three of weight ten, at any moment."""
    bucket, at = left(calls)
    for _ in range(count):
        bucket, wait = take(bucket, BUDGET, call=Call.CANCEL, weight=10, at=at)
        assert wait == 0


def test_a_call_heavier_than_the_bucket_goes_out_when_it_is_full() -> None:
    full = Bucket(BUDGET.burst, 0.0)
    bucket, wait = take(full, BUDGET, call=Call.READ, weight=500, at=0.0)
    assert (wait, bucket.tokens) == (0.0, -200.0)
    assert take(bucket, BUDGET, call=Call.READ, weight=1, at=0.0)[1] > 0
