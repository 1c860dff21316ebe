"""The drawdown of an account: advanced with each reading, reset by a person, journalled when its tier changes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from project.journal.record import record
from risk import portfolio
from risk.domain import drawdown
from risk.domain.daily_loss import daily_loss_pct, day_start
from risk.domain.drawdown import DrawdownState, DrawdownTier
from risk.models import RiskState

Tiers = Sequence[Decimal]


def read(account_id: int, *, profit: Decimal, equity: Decimal, at: datetime, tiers_pct: Tiers) -> DrawdownTier:
    """Advance by a reading: all profit so far and the equity > 0, quote. The account is locked by the caller.

    What equity has gained beside the profit was paid in, or is a holding that is not ours to trade: the peak is scaled
    by it, for a fall of six percent is one of six percent after a withdrawal too.
    """
    row = RiskState.objects.filter(account_id=account_id).first()
    row = row or RiskState(account_id=account_id, base=equity - profit, equity=equity, peak=equity)
    before = tier(row, at=at, tiers_pct=tiers_pct)
    moved = equity - profit - row.base
    day = day_start(at).date()
    first = row.day_base if row.day == day else row.equity
    row.day, row.day_base = day, drawdown.scaled(first, equity=row.equity, moved=moved)
    row.peak = drawdown.scaled(row.peak, equity=row.equity, moved=moved)
    row.base, row.equity = row.base + moved, equity
    portfolio.keep_tier(row)
    _keep(row, drawdown.advance(_state(row), row.equity, at=at, tiers_pct=tiers_pct))
    now = tier(row, at=at, tiers_pct=tiers_pct)
    if now is not before:
        payload = {"from": before.name, "to": now.name, "pct": fall_pct(row)}
        record("risk.drawdown", subject=f"account:{account_id}", payload=payload, account_id=account_id)
    return now


def tier(row: RiskState, *, at: datetime, tiers_pct: Tiers) -> DrawdownTier:
    """The tier that holds at a moment."""
    return drawdown.tier_now(_state(row), row.equity, at=at, tiers_pct=tiers_pct)


def fall_pct(row: RiskState) -> Decimal:
    """How far the account stands below its peak, percent."""
    return drawdown.drawdown_pct(row.equity, peak=row.peak)


def day_loss_pct(row: RiskState, *, now: datetime) -> Decimal | None:
    """What was lost since midnight UTC as of the last reading, percent of the day's first equity; None without any."""
    if row.day != day_start(now).date():
        return Decimal(0)
    return daily_loss_pct(equity_at_start=row.day_base, equity=row.equity)


def reset(account_id: int, *, operator: str, now: datetime) -> bool:
    """Somebody has looked: the present equity is the new peak, and the losing streak begins anew. False: no reading yet."""
    with transaction.atomic():
        row = RiskState.objects.select_for_update(no_key=True).filter(account_id=account_id).first()
        if row is None:
            return False
        payload = {"operator": operator, "pct": fall_pct(row)}
        row.looked_at = now
        _keep(row, drawdown.reset(row.equity))
        record("risk.reset", subject=f"account:{account_id}", payload=payload, account_id=account_id)
        return True


def _state(row: RiskState) -> DrawdownState:
    return DrawdownState(row.peak, row.deepest_pct, row.deepest_at, row.stopped)


def _keep(row: RiskState, state: DrawdownState) -> None:
    row.peak, row.deepest_pct = state.peak, state.deepest_pct
    row.deepest_at, row.stopped = state.deepest_at, state.stopped
    row.save()
