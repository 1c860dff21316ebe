"""How long a process that ended waits before it is started again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.services.backoff import FIRST_SECS, HEALTHY_SECS, LONGEST_SECS, Backoff


@pytest.mark.parametrize(
    ("ended_young", "delay_secs"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 10.0), (7, 10.0), (5000, 10.0)],
)
def test_the_pause_doubles_up_to_ten_seconds(ended_young: int, delay_secs: float) -> None:
    assert Backoff(ended_young).delay_secs == delay_secs


@pytest.mark.parametrize(
    ("ran_secs", "ended_young"),
    [(0.0, 5), (59.9, 5), (60.0, 1), (86_400.0, 1)],  # after a healthy minute the count begins again
)
def test_a_healthy_run_is_forgiven(ran_secs: float, ended_young: int) -> None:
    assert Backoff(4).after(ran_secs=ran_secs) == Backoff(ended_young)


@given(st.lists(st.floats(min_value=0, max_value=2 * HEALTHY_SECS), min_size=1))
def test_the_pause_stays_in_bounds(runs: list[float]) -> None:
    state = Backoff()
    for ran_secs in runs:
        state = state.after(ran_secs=ran_secs)
        assert FIRST_SECS <= state.delay_secs <= LONGEST_SECS
