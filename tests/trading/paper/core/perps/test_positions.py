"""A position after trades: quantity, cost, profit."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.paper.core.worlds import a
from trading.paper.core.atoms import SCALE
from trading.paper.core.perps.orders import PositionSide
from trading.paper.core.perps.positions import Position, traded


def after(*trades: tuple[str, str]) -> tuple[Position, int]:
    position, realised = Position("BTCUSDT", PositionSide.BOTH), 0
    for qty, price in trades:
        signed = -a(qty[1:]) if qty.startswith("-") else a(qty)
        change = traded(position, qty=signed, price=a(price))
        position.qty, position.cost, realised = change.qty, change.cost, realised + change.realised
    return position, realised


@pytest.mark.parametrize(
    ("trades", "qty", "entry", "realised"),
    [
        ([("1", "100")], 1, 100, 0),
        ([("1", "100"), ("1", "200")], 2, 150, 0),  # (100 + 200) ÷ 2
        ([("2", "150"), ("-1", "170")], 1, 150, 20),  # 1 × (170 − 150)
        ([("1", "100"), ("-1", "90")], 0, 0, -10),
        ([("-1", "100"), ("1", "90")], 0, 0, 10),  # a short gains where it buys back lower
        ([("1", "100"), ("-3", "110")], -2, 110, 10),  # closes 1, then opens 2 the other way
        ([("-2", "100"), ("1", "105"), ("2", "95")], 1, 95, 0),  # −5, then +5 and one long at 95
    ],
)
def test_trades_make_a_position(trades: list[tuple[str, str]], qty: int, entry: int, realised: int) -> None:
    position, gained = after(*trades)
    assert (position.qty, position.entry_price, gained) == (qty * SCALE, entry * SCALE, realised * SCALE)


@given(
    st.lists(st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 10**6)), min_size=1, max_size=30),
    st.integers(1, 10**6),
)
def test_profit_is_what_the_cash_says(trades: list[tuple[int, int]], mark: int) -> None:
    position, realised, cash = Position("BTCUSDT", PositionSide.BOTH), 0, Fraction(0)
    for lots, price in trades:
        qty = lots * SCALE // 1000 + (1 if lots > 0 else -1)  # odd atoms, so that rounding shows
        change = traded(position, qty=qty, price=price)
        cash -= Fraction(qty * price, SCALE)
        position.qty, position.cost, realised = change.qty, change.cost, realised + change.realised
    worth = cash + Fraction(position.qty * mark, SCALE)
    assert abs(realised + position.unrealised(mark) - worth) <= 2 * len(trades) + 1
    assert position.cost >= 0
