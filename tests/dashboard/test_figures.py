"""The sums behind the cards."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as Dec

import pytest

from dashboard import figures
from dashboard.figures import Equity, Record

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({}, Equity(None, ())),  # nothing is known, which is not the same as nothing
        ({"USDT": Dec(100)}, Equity(Dec(100), ())),
        ({"USDT": Dec(100), "BTC": Dec("0.5")}, Equity(Dec(30100), ())),  # 100 + 0.5 × 60,000
        ({"USDT": Dec(100), "XYZ": Dec(5)}, Equity(Dec(100), ("XYZ",))),
        ({"USDT": Dec(100), "XYZ": Dec(0)}, Equity(Dec(100), ())),
    ],
)
def test_equity(held: dict[str, Dec], expected: Equity) -> None:
    assert figures.equity(held, quote="USDT", prices={"BTC": Dec(60000)}) == expected


@pytest.mark.parametrize(("won", "closed", "rate"), [(0, 0, None), (5, 7, Dec(500) / 7), (0, 3, Dec(0))])
def test_win_rate(won: int, closed: int, rate: Dec | None) -> None:
    assert Record(Dec(0), 0, Dec(0), won, closed).win_rate_pct == rate


@pytest.mark.parametrize(
    ("result", "equity", "pct"),
    [("50", "1050", Dec(5)), ("-50", "950", Dec(-5)), ("5", None, None), ("5", "5", None)],  # 50 ÷ (1,050 − 50)
)
def test_return(result: str, equity: str | None, pct: Dec | None) -> None:
    assert figures.return_pct(Dec(result), None if equity is None else Dec(equity)) == pct


@pytest.mark.parametrize(("age", "late"), [(3, None), (10, None), (12.5, 2.5)])
def test_late(age: float, late: float | None) -> None:
    assert figures.late_secs(NOON - timedelta(seconds=age), now=NOON, limit_secs=10) == late


def test_what_was_never_seen_is_not_late_but_missing() -> None:
    assert figures.late_secs(None, now=NOON, limit_secs=10) is None
