"""The gate's checks: one small function each, one line in the registry. Pure."""

from risk.domain.checks import past, present
from risk.domain.checks.base import (
    Check,
    CheckLine,
    Finding,
    GateResult,
    Proposed,
    Snapshot,
    TrackRecord,
    VenueFacts,
    run,
)

__all__ = ["CHECKS", "Check", "CheckLine", "Finding", "GateResult", "Proposed"]
__all__ += ["Snapshot", "TrackRecord", "VenueFacts", "run"]


def _at_venue(plan: Proposed, book: Snapshot) -> bool:
    return book.venue is not None


def _derivative(plan: Proposed, book: Snapshot) -> bool:
    return plan.derivative


def _both_sides(plan: Proposed, book: Snapshot) -> bool:
    return plan.derivative and book.venue is not None


def _has_past(plan: Proposed, book: Snapshot) -> bool:
    return book.record is not None


def _first_live_day(plan: Proposed, book: Snapshot) -> bool:
    return book.record is not None and book.record.first_day_cap_quote is not None


CHECKS: tuple[Check, ...] = (
    Check("mode", present.mode, entries_only=False),
    Check("armed", present.armed),
    Check("account_health", present.account_health, asks=_at_venue),
    Check("clock_offset", present.clock_offset, asks=_at_venue),
    Check("stale_price", present.stale_price),
    Check("minimums", present.minimums, entries_only=False),
    Check("opposite_side", present.opposite_side, asks=_both_sides),
    Check("open_order_cap", present.open_order_cap, asks=_at_venue),
    Check("order_rate", past.order_rate, asks=_has_past),
    Check("slots", present.slots),
    Check("daily_loss", past.daily_loss, asks=_has_past),
    Check("consecutive_losses", past.consecutive_losses, asks=_has_past),
    Check("drawdown_tier", past.drawdown_tier, asks=_has_past),
    Check("symbol_exposure", present.symbol_exposure),
    Check("live_start_cap", past.live_start_cap, asks=_first_live_day),
    Check("leverage", present.leverage, asks=_derivative),
    Check("reserved_funds", present.reserved_funds),
)
# In the order in which they run: the cheapest and most general first.
