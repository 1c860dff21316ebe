"""REDUCED works positions down step by step: which step is due, and what part of a position it sells. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from trading.domain.money import HUNDRED, ONE, ZERO, exact


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every `every`, `step_pct` percent of what was held in the beginning; the first step at once."""

    step_pct: Decimal
    every: timedelta

    @property
    def steps(self) -> int:
        """After how many steps nothing is left."""
        return int((HUNDRED / self.step_pct).to_integral_value(ROUND_CEILING))

    def due(self, *, since: datetime, now: datetime) -> int:
        """The step that is due, from 1; a clock that was set back is not yet at the first."""
        return 0 if now < since else min((now - since) // self.every + 1, self.steps)


@exact
def ratio(schedule: Schedule, *, done: int, due: int) -> Decimal:
    """The part of what is held now (0–1) that takes a position from after step `done` to after step `due`.

    After step k there is left 1 − k × step of the beginning: a missed step is made up for, and the last sells all.
    """
    if due <= done:
        return ZERO
    before, after = (max(ONE - k * schedule.step_pct / HUNDRED, ZERO) for k in (done, due))
    return ONE if before == 0 else (before - after) / before
