"""The day's loss: from midnight UTC, without what was paid in or taken out."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.daily_loss import daily_loss_pct, day_start, resumes_at

D = Decimal
MONEY = st.decimals("0.01", 10**6, places=2)


@pytest.mark.parametrize(
    ("start", "equity", "paid_in", "loss"),
    [
        ("10000", "9500", "0", "5"),
        ("10000", "10000", "0", "0"),
        ("10000", "12000", "0", "0"),  # a gain is no negative loss
        ("10000", "11500", "2000", "5"),  # 2000 came from outside: 12 000 − 11 500 = 500
        ("10000", "7500", "-2000", "5"),  # 2000 were taken out: 8000 − 7500 = 500
        ("10000", "-100", "0", "101"),
    ],
)
def test_the_loss(start: str, equity: str, paid_in: str, loss: str) -> None:
    found = daily_loss_pct(equity_at_start=D(start), equity=D(equity), net_deposits=D(paid_in))
    assert found == D(loss)


@pytest.mark.parametrize("start", ["0", "-1"])
def test_a_day_without_equity_at_its_start_has_no_percentage(start: str) -> None:
    assert daily_loss_pct(equity_at_start=D(start), equity=D(100)) is None


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 1, 2, 0, 0, tzinfo=UTC), 2),
        (datetime(2026, 1, 2, 23, 59, 59, 999999, tzinfo=UTC), 2),
        (datetime(2026, 1, 2, 1, 30, tzinfo=timezone(timedelta(hours=2))), 1),  # 23:30 UTC of the day before
        (datetime(2026, 1, 2, 22, 0, tzinfo=timezone(timedelta(hours=-5))), 3),
    ],
)
def test_a_day_begins_at_midnight_utc(now: datetime, day: int) -> None:
    assert day_start(now) == datetime(2026, 1, day, tzinfo=UTC)
    assert resumes_at(now) == datetime(2026, 1, day + 1, tzinfo=UTC)


@given(MONEY, MONEY, st.decimals(-(10**5), 10**5, places=2))
def test_paying_in_changes_no_loss(start: Decimal, equity: Decimal, paid_in: Decimal) -> None:
    plain = daily_loss_pct(equity_at_start=start, equity=equity)
    assert daily_loss_pct(equity_at_start=start, equity=equity + paid_in, net_deposits=paid_in) == plain
