"""How many closed groups in a row have lost. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed group: its realised PnL after fees, quote, and when it closed."""

    pnl: Decimal
    closed_at: datetime


def losing_streak(closed: Iterable[Closed], *, reset_at: datetime | None = None) -> int:
    """Losses since the last win, whatever order they come in; one that ended at exactly 0 neither counts nor ends it.

    What closed before reset_at, or at it, is forgotten: somebody has looked at it.
    """
    streak = 0
    for group in sorted(closed, key=lambda one: one.closed_at, reverse=True):
        if group.pnl > 0 or (reset_at is not None and group.closed_at <= reset_at):
            return streak
        streak += group.pnl < 0
    return streak
