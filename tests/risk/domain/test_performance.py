"""Figures of performance, by hand-worked examples, and what must hold for any curve."""

from decimal import Decimal as Dec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.domain import performance
from risk.domain.performance import Tally

# 4 groups: +30, +10, −20, 0
TALLY = Tally(count=4, won=2, lost=1, gross_win=Dec(40), gross_loss=Dec(-20), fees=Dec(3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("net", 20),  # 40 − 20
        ("win_rate_pct", 50),  # 2 ÷ 4
        ("profit_factor", 2),  # 40 ÷ 20
        ("expectancy", 5),  # 20 ÷ 4
        ("average_win", 20),  # 40 ÷ 2
        ("average_loss", -20),
    ],
)
def test_a_tally_by_hand(name: str, value: int) -> None:
    assert getattr(TALLY, name) == Dec(value)


@pytest.mark.parametrize("name", ["win_rate_pct", "profit_factor", "expectancy", "average_win", "average_loss"])
def test_nothing_closed_has_no_figures(name: str) -> None:
    assert getattr(Tally(), name) is None


def test_nothing_lost_has_no_profit_factor() -> None:
    assert Tally(count=1, won=1, gross_win=Dec(5)).profit_factor is None


@pytest.mark.parametrize(
    ("moves", "sharpe", "sortino"),
    [
        # mean 0.01, deviations ±0.02: √(0.0008 ÷ 1) = 0.028284; 0.01 ÷ 0.028284 × √365 = 6.7546
        # downside √(0.01² ÷ 2) = 0.0070711: 0.01 ÷ 0.0070711 × √365 = 27.0185
        (["0.03", "-0.01"], "6.7546", "27.0185"),
        # mean 0.02, √((0.01² + 0.01²) ÷ 1) = 0.0141421: 27.0185; nothing lost: no downside
        (["0.03", "0.01"], "27.0185", None),
        (["0.01", "0.01"], None, None),  # no deviation
        (["0.01"], None, None),
    ],
)
def test_ratios_by_hand(moves: list[str], sharpe: str | None, sortino: str | None) -> None:
    found = [f([Dec(move) for move in moves]) for f in (performance.sharpe, performance.sortino)]
    assert [value and round(value, 4) for value in found] == [Dec(x) if x else None for x in (sharpe, sortino)]


@pytest.mark.parametrize(
    ("curve", "falls"),
    [
        (["100", "110", "99", "121"], ["0", "0", "10", "0"]),  # (110 − 99) ÷ 110
        (["100", "50"], ["0", "50"]),
        (["0", "0"], ["0", "0"]),
        ([], []),
    ],
)
def test_drawdowns_by_hand(curve: list[str], falls: list[str]) -> None:
    assert list(performance.drawdowns_pct([Dec(value) for value in curve])) == [Dec(value) for value in falls]


def test_calmar_by_hand() -> None:
    # 73 days, 100 → 110, once down to 95: (1.1^(365 ÷ 73) − 1) × 100 ÷ 5 = (1.61051 − 1) × 20 = 12.2102
    curve = [Dec(100), Dec(95), *[Dec(100)] * 71, Dec(110)]
    assert round(performance.calmar(curve), 4) == Dec("12.2102")


def test_a_few_days_have_no_ratios_but_a_return() -> None:
    found = performance.ratios([Dec(100), Dec(102), Dec(101)])
    assert (found.sharpe, found.sortino, found.calmar, found.return_pct) == (None, None, None, Dec(1))


values = st.decimals(min_value=1, max_value=10**6, places=2)


@settings(max_examples=100)
@given(st.lists(values, min_size=1, max_size=60), st.decimals(min_value=2, max_value=9, places=0))
def test_scale_changes_nothing(curve: list[Dec], factor: Dec) -> None:
    one, other = performance.ratios(curve), performance.ratios([value * factor for value in curve])
    assert one.max_drawdown_pct == pytest.approx(other.max_drawdown_pct)
    assert (one.sharpe is None) == (other.sharpe is None)


@settings(max_examples=100)
@given(st.lists(values, min_size=2, max_size=60))
def test_a_rising_curve_never_falls_and_no_fall_exceeds_all(curve: list[Dec]) -> None:
    assert performance.max_drawdown_pct(sorted(curve)) == 0
    assert all(0 <= fall < 100 for fall in performance.drawdowns_pct(curve))
