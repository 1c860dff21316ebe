"""Losses in a row: the last ones, and only those that nobody has looked at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.consecutive_losses import Closed, losing_streak

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def closed(pnls: str) -> list[Closed]:
    """One group an hour from noon: + won, − lost, 0 came out even."""
    worth = {"+": Decimal(5), "-": Decimal(-5), "0": Decimal(0)}
    return [Closed(worth[pnl], NOON + timedelta(hours=hour)) for hour, pnl in enumerate(pnls)]


@pytest.mark.parametrize(
    ("pnls", "streak"),
    [("", 0), ("+", 0), ("-", 1), ("---", 3), ("---+", 0), ("-+--", 2), ("-0-", 2), ("+0", 0), ("--+0-0", 1)],
)
def test_the_streak_is_counted_from_the_end(pnls: str, streak: int) -> None:
    assert losing_streak(closed(pnls)) == streak


@pytest.mark.parametrize(("hours", "streak"), [(-1, 4), (0, 3), (1, 2), (3, 0), (9, 0)])
def test_a_reset_forgets_what_closed_before_it(hours: int, streak: int) -> None:
    assert losing_streak(closed("----"), reset_at=NOON + timedelta(hours=hours)) == streak


@given(st.text("+-0", max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(pnls: str, chance: object) -> None:
    rows = closed(pnls)
    chance.shuffle(rows)
    assert losing_streak(rows) == pnls[pnls.rfind("+") + 1 :].count("-")
