"""What closing trades brought, at average entry."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.realised import Trade, realised


def trade(qty: str, price: str) -> Trade:
    return Trade(Decimal(qty), abs(Decimal(qty)) * Decimal(price))


@pytest.mark.parametrize(
    ("trades", "expected"),
    [
        ([], "0"),
        ([("2", "100")], "0"),
        ([("2", "100"), ("-2", "110")], "20"),  # 2 × (110 − 100)
        ([("0", "100"), ("2", "100"), ("0", "90"), ("-2", "110")], "20"),  # two were struck out
        ([("2", "100"), ("-1", "90")], "-10"),
        ([("-2", "100"), ("2", "90")], "20"),  # a short
        ([("1", "100"), ("1", "110"), ("-1", "115")], "10"),  # average 105
        ([("1", "100"), ("-3", "110"), ("2", "100")], "30"),  # turned: 10, then 2 × (110 − 100)
        ([("3", "100"), ("-1", "100.00000001")], "0.00000001"),
        ([("1", "100"), ("2", "100.00000001"), ("-1", "100")], "-0.00000001"),  # −0.0000000067, down
    ],
)
def test_results(trades: list[tuple[str, str]], expected: str) -> None:
    assert realised(trade(*one) for one in trades) == Decimal(expected)


PRICES = st.decimals("0.1", "100000", places=1)


@given(st.lists(st.tuples(st.integers(-50, 50).filter(bool), PRICES), max_size=20), PRICES)
def test_all_that_was_bought_and_sold_is_explained_once_flat(rows: list[tuple[int, Decimal]], last: Decimal) -> None:
    """Flat, the result is what came in less what went out, but for a step a closing trade."""
    left = -sum(qty for qty, _ in rows)
    closed = [*rows, (left, last)] if left else rows
    trades = [Trade(Decimal(qty), abs(qty) * price) for qty, price in closed]
    flow = -sum((one.qty / abs(one.qty) * one.value for one in trades), Decimal(0))
    assert abs(realised(trades) - flow) <= Decimal("0.00000001") * len(trades)
