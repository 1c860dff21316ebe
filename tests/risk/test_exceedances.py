"""Kupiec's and Christoffersen's tests: known statistics, and what makes them doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.risk.exceedances import christoffersen, coverage, kupiec


def every(period: int, count: int) -> list[bool]:
    return [place % period == 0 for place in range(count)]


def test_exactly_as_promised_is_never_doubted() -> None:
    found = coverage(every(20, 1000), confidence=95)
    assert (found.hits, found.rate, round(found.promised, 6)) == (50, 0.05, 0.05)
    assert found.kupiec_p == pytest.approx(1)


def test_kupiec_against_the_written_out_statistic() -> None:
    hits = [place < 10 for place in range(250)]  # 10 of 250 at 1 %
    by_hand = -2 * (240 * -0.0100503 + 10 * -4.6051702 - (240 * -0.0408220 + 10 * -3.2188758))
    assert kupiec(hits, 0.01) == pytest.approx(stats.chi2.sf(by_hand, 1), rel=1e-3)
    assert kupiec(hits, 0.01) < 0.001


def test_bunched_losses_are_doubted_even_when_there_are_as_many_as_promised() -> None:
    bunched = [place < 50 for place in range(1000)]
    assert kupiec(bunched, 0.05) == pytest.approx(1)
    assert christoffersen(bunched, 0.05) < 0.001
    assert not coverage(bunched, confidence=95).believable


@pytest.mark.parametrize("hits", [[], [False] * 10, [True] * 10, [True], [False]])
def test_short_records_are_no_error(hits: list[bool]) -> None:
    found = coverage(hits, confidence=99)
    assert 0 <= found.kupiec_p <= 1
    assert 0 <= found.christoffersen_p <= 1


@given(st.lists(st.booleans(), max_size=200), st.sampled_from([90.0, 95.0, 99.0]))
def test_p_values_are_probabilities(hits: list[bool], confidence: float) -> None:
    found = coverage(hits, confidence=confidence)
    assert 0 <= found.kupiec_p <= 1 + 1e-12
    assert 0 <= found.christoffersen_p <= 1 + 1e-12
