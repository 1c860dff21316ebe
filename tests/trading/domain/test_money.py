"""Rounding to steps is exact, whatever context the caller's thread has."""

from decimal import ROUND_UP, Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.money import ATOM, ceil_to, floor_to, pct_of, to_atom, total

D = Decimal
VALUES = st.decimals(min_value=-(10**9), max_value=10**9, places=10)
STEPS = st.sampled_from([D("1E-8"), D("0.01"), D("0.25"), D("0.3"), D(1), D(5), D(1000)])


@pytest.mark.parametrize(
    ("value", "step", "floor", "ceiling"),
    [
        ("1.239", "0.01", "1.23", "1.24"),
        ("1.23", "0.01", "1.23", "1.23"),
        ("-1.239", "0.01", "-1.24", "-1.23"),
        ("-1.23", "0.01", "-1.23", "-1.23"),
        ("7", "5", "5", "10"),
        ("0", "0.01", "0", "0"),
        # A division at 28 digits would round this up to the next step.
        ("0.99999999999999999999999999999999", "1", "0", "1"),
    ],
)
def test_steps(value: str, step: str, floor: str, ceiling: str) -> None:
    assert (floor_to(D(value), D(step)), ceil_to(D(value), D(step))) == (D(floor), D(ceiling))


def test_what_lies_just_below_0_is_rounded_up_to_0_without_a_sign() -> None:
    assert str(ceil_to(D("-0.4"), D(1))) == "0"


def test_the_atom_is_the_last_place_of_a_money_column() -> None:
    assert str(D(1) + ATOM) == "1.000000000000000001"


@given(VALUES, STEPS)
def test_floor_and_ceiling_enclose_the_value_within_one_step(value: Decimal, step: Decimal) -> None:
    low, high = floor_to(value, step), ceil_to(value, step)
    assert low <= value <= high
    assert high - low in (0, step)
    assert low % step == 0
    assert high % step == 0


def test_the_callers_context_does_not_matter() -> None:
    with localcontext(Context(prec=3, rounding=ROUND_UP)):
        assert total([D("12345.678"), D("0.001")]) == D("12345.679")
        assert pct_of(D("12345.678"), D(10)) == D("1234.5678")
        assert to_atom(D(1) / D(3)) == D("0.334")  # the division above was the caller's own
