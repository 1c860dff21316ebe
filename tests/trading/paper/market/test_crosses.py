"""Crosses against averages in fractions."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from trading.paper.core.orders import Side
from trading.paper.market.crosses import FAST, SLOW, above, cross

closes = st.lists(st.integers(1, 50), min_size=SLOW + 1, max_size=40)


def mean(values: list[int]) -> Fraction:
    return Fraction(sum(values), len(values))


@given(closes)
def test_above_is_the_comparison_of_two_means(values: list[int]) -> None:
    for index in range(SLOW - 1, len(values)):
        fast, slow = mean(values[index + 1 - FAST : index + 1]), mean(values[index + 1 - SLOW : index + 1])
        assert above(values, index) is (fast > slow)


@given(closes)
def test_crosses_alternate(values: list[int]) -> None:
    found = [side for index in range(len(values)) if (side := cross(values, index))]
    assert all(one is not two for one, two in zip(found, found[1:], strict=False))


def test_a_rise_after_a_fall_is_a_buy() -> None:
    values = [10, 9, 8, 7, 6, 5, 4, 3, 2, 30]
    assert [cross(values, index) for index in range(len(values))] == [None] * 9 + [Side.BUY]
