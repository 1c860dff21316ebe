"""Checks of what was: how fast orders went out, what was lost, how far below the peak, and the first live day. Pure."""

from decimal import Decimal

from risk.domain.checks.base import Finding, Proposed, Snapshot, measured, unknown
from risk.domain.denial import DenialCode
from risk.domain.drawdown import DrawdownTier
from risk.domain.limits import RiskLimits

PASSES = DrawdownTier.RED
# The first tier in which entries stop.


def order_rate(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The plan's orders and those of the last minute stay within the account's rate."""
    if book.record is None or book.record.orders_last_minute is None:
        return unknown("order rate", plan)
    value, limit = book.record.orders_last_minute + plan.orders, limits.order_rate_per_min
    return measured(DenialCode.ORDER_RATE, ok=value <= limit, subject=plan.account, value=value, limit=limit)


def daily_loss(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The day's loss, open positions included, is below its limit."""
    if book.record is None or book.record.day_loss_pct is None:
        return unknown("today's result", plan)
    value, limit, code = round(book.record.day_loss_pct, 2), limits.max_daily_loss_pct, DenialCode.DAILY_LOSS
    ok = book.record.day_loss_pct < limit
    return measured(code, ok=ok, subject=plan.account, value=value, limit=limit, unit="%")


def consecutive_losses(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """Not too many closed groups in a row have lost."""
    if book.record is None or book.record.losing_streak is None:
        return unknown("closed groups", plan)
    value, limit = book.record.losing_streak, limits.max_consecutive_losses
    return measured(DenialCode.CONSECUTIVE_LOSSES, ok=value < limit, subject=plan.account, value=value, limit=limit)


def drawdown_tier(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The account is not in a tier in which entries stop, which begins earlier in a stressed market.

    Half size in the tier before is the sizing's matter.
    """
    if book.record is None or book.record.drawdown_tier is None or book.record.drawdown_pct is None:
        return unknown("drawdown", plan)
    limit: Decimal = limits.drawdown_tiers_pct[PASSES - 1] * book.dynamic.drawdown
    below, code = book.record.drawdown_pct < limit or book.dynamic.drawdown == 1, DenialCode.DRAWDOWN_TIER
    ok = below and book.record.drawdown_tier < PASSES
    value = round(book.record.drawdown_pct, 2)
    return measured(code, ok=ok, subject=plan.account, value=value, limit=limit, unit="%")


def live_start_cap(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """On a live account's first day everything together stays within its cap."""
    if book.record is None or book.record.exposure_quote is None:
        return unknown("exposure", plan)
    value, limit = book.record.exposure_quote + plan.notional, book.record.first_day_cap_quote
    ok, code = limit is None or value <= limit, DenialCode.LIVE_START_CAP
    return measured(code, ok=ok, subject=plan.account, value=value, limit=limit, unit=plan.quote)
