"""What an offset is held against; defaults and ranges stand in the engine's settings. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class TimerStart(StrEnum):
    """What starts a losing group's timer."""

    AFTER_5_PYRAMIDS = "after_5_pyramids"
    AFTER_ALL_DCA_SUBMITTED = "after_all_dca_submitted"
    AFTER_ALL_DCA_FILLED = "after_all_dca_filled"


@dataclass(frozen=True, slots=True)
class OffsetLimits:
    """When a losing group is paid for by winners. Percentages are of cost, the budget's of equity; None = off."""

    loss_threshold_pct: Decimal
    require_full_pyramids: bool
    timer_start: str
    post_full_wait_minutes: int
    min_loss_age_minutes: int | None
    max_winners: int
    loss_budget_pct: Decimal
