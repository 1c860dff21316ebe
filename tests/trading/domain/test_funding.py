"""Funding: whose side a payment is, and how one side's groups share it."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.domain.funding import PLACES, Holder, shares, sides
from trading.domain.vocabulary import PositionSide

D = Decimal
L, S = PositionSide.LONG, PositionSide.SHORT


def held(*pairs: tuple[PositionSide, str]) -> list[Holder]:
    return [Holder(number, side, D(qty)) for number, (side, qty) in enumerate(pairs, 1)]


@pytest.mark.parametrize(
    ("amounts", "holders", "expected"),
    [
        (["-1"], held((L, "2")), [L]),
        (["1"], held((L, "2")), [L]),
        (["1"], held((S, "2")), [S]),
        (["1"], [], [None]),
        (["-2", "1"], held((L, "2"), (S, "1")), [L, S]),
        (["2", "-1"], held((L, "2"), (S, "1")), [L, S]),
        (["1", "-2"], held((L, "1"), (S, "2")), [L, S]),
        (["-1", "2"], held((S, "2"), (L, "1")), [L, S]),
        (["-1", "1"], held((L, "1"), (S, "1")), [L, S]),
        (["-3", "1"], held((L, "1"), (L, "2"), (S, "1")), [L, S]),
    ],
)
def test_a_payment_belongs_to_the_side_that_held(
    amounts: list[str], holders: list[Holder], expected: list[PositionSide | None]
) -> None:
    assert sides([D(amount) for amount in amounts], holders) == expected


@pytest.mark.parametrize("rate", [D("0.0001"), D("-0.0003")])
@given(long=st.integers(1, 10_000), short=st.integers(1, 10_000))
@settings(max_examples=60)
def test_both_sides_are_told_apart_whatever_the_rate(rate: D, long: int, short: int) -> None:
    """amount = −sign × rate × qty × mark; equal quantities cannot be told apart, and come to nothing together."""
    amounts = [-rate * long * 100, rate * short * 100]
    expected = [L, S] if long != short or rate > 0 else [S, L]
    assert sides(amounts, held((L, str(long)), (S, str(short)))) == expected


@given(
    amount=st.decimals("-1000", "1000", places=8),
    qtys=st.lists(st.integers(1, 10_000), min_size=1, max_size=6),
)
@settings(max_examples=100)
def test_shares_sum_exactly_and_go_by_quantity(amount: D, qtys: list[int]) -> None:
    parts = shares(amount, held(*[(L, str(qty)) for qty in qtys]))
    assert sum(part.amount for part in parts) == amount
    assert [part.group_id for part in parts] == list(range(1, len(qtys) + 1))
    exact = [amount * qty / sum(qtys) for qty in qtys]
    assert all(abs(part.amount - whole) <= PLACES * len(qtys) for part, whole in zip(parts, exact, strict=True))


def test_nobody_shares_what_nobody_held() -> None:
    assert shares(D(1), []) == []
