"""Token buckets: a burst of one minute, then the rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.rates import PER_MINUTE, Limiter


def passed(limiter: Limiter, count: int, *, at: float, endpoint: str = "tradingview", **named: object) -> int:
    """How many of `count` alerts at one moment go through."""
    arguments = {"may_exit": False, "per_minute": None, **named}
    return sum(limiter.wait_secs(1, endpoint, now=at, **arguments) == 0 for _ in range(count))


@pytest.mark.parametrize(("endpoint", "limit"), PER_MINUTE.items())
def test_a_minutes_worth_passes_at_once(endpoint, limit):
    assert passed(Limiter(), limit + 5, at=0, endpoint=endpoint) == limit


@pytest.mark.parametrize(
    ("per_minute", "later_secs", "more"),
    [
        (60, 1, 1),  # one a second
        (60, 30, 30),
        (60, 3600, 60),  # never more than a burst
        (6, 9, 0),  # the next token takes 10 s
        (6, 10, 1),
    ],
)
def test_tokens_come_back_with_time(per_minute, later_secs, more):
    limiter = Limiter()
    assert passed(limiter, 1000, at=100, per_minute=per_minute) == per_minute
    assert passed(limiter, 1000, at=100 + later_secs, per_minute=per_minute) == more


def test_the_wait_is_whole_seconds_until_the_next_token():
    limiter = Limiter()
    assert passed(limiter, 6, at=0, per_minute=6) == 6
    assert limiter.wait_secs(1, "tradingview", may_exit=False, per_minute=6, now=0.5) == 10  # 9.5 s, rounded up


def test_exits_other_endpoints_and_other_sources_have_their_own_bucket():
    limiter = Limiter()
    passed(limiter, 100, at=0)
    assert passed(limiter, 1, at=0) == 0
    assert passed(limiter, 1, at=0, may_exit=True) == 1
    assert passed(limiter, 1, at=0, endpoint="alerts") == 1
    assert limiter.wait_secs(2, "tradingview", may_exit=False, per_minute=None, now=0) == 0


def test_zero_is_no_limit():
    assert passed(Limiter(), 5000, at=0, per_minute=0) == 5000


@given(st.lists(st.floats(0, 5), max_size=80), st.integers(1, 30))
def test_no_stretch_of_time_lets_more_through_than_burst_and_rate(gaps, per_minute):
    limiter, now, through = Limiter(), 0.0, 0
    for gap in gaps:
        now += gap
        through += passed(limiter, 3, at=now, per_minute=per_minute)
    assert through <= per_minute + now * per_minute / 60 + 1e-6
