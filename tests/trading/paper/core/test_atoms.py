"""Fixed-point numbers: exact both ways, and strict about what is a number."""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.core import atoms

numbers = st.integers(min_value=0, max_value=10**26)
E8 = Decimal(1).scaleb(-8)


@given(numbers)
def test_showing_and_parsing_give_back_the_same(number: int) -> None:
    assert atoms.parse(atoms.show(number)) == number
    assert Decimal(atoms.show(number)) == Decimal(number).scaleb(-8)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1", 10**8),
        ("0.00000001", 1),
        ("0.1", 10**7),
        ("60000.50", 6_000_050_000_000),
        ("1.100000000000", 110_000_000),
    ],
)
def test_plain_decimals_are_read(text: str, value: int) -> None:
    assert atoms.parse(text) == value


@pytest.mark.parametrize("text", ["", "-1", "+1", "1e5", "1.", ".5", "NaN", "Infinity", " 1", "1,5", "٣", "1" * 21])
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(atoms.NotANumber):
        atoms.parse(text)


def test_a_ninth_decimal_is_too_precise() -> None:
    with pytest.raises(atoms.TooPrecise):
        atoms.parse("0.000000001")


@given(st.integers(0, 10**14), st.integers(0, 10**13))
def test_notionals_agree_with_decimal_arithmetic(price: int, qty: int) -> None:
    exact = Decimal(price).scaleb(-8) * Decimal(qty).scaleb(-8)
    assert Decimal(atoms.times(price, qty)).scaleb(-8) == exact.quantize(E8, ROUND_DOWN)
    assert Decimal(atoms.times_up(price, qty)).scaleb(-8) == exact.quantize(E8, ROUND_UP)


@given(st.integers(0, 10**14), st.integers(0, 10**10))
def test_flooring_stays_below_within_one_step(value: int, step: int) -> None:
    floored = atoms.floor_to(value, step)
    assert floored <= value < floored + max(step, 1)
    assert floored % max(step, 1) == 0
