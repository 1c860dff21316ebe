"""What an account has done so far, as the gate asks for it: orders of the minute, losses, drawdown, the first day."""

from datetime import timedelta
from decimal import Decimal

from risk import drawdown
from risk.domain.checks import TrackRecord
from risk.domain.consecutive_losses import Closed, losing_streak
from risk.domain.daily_loss import daily_loss_pct, day_start
from risk.domain.drawdown import DrawdownTier
from risk.models import RiskState
from trading.domain.arming import first_day_cap
from trading.domain.money import ZERO
from trading.models import Order, PnlPoint, PositionGroup
from trading.services.desk import Desk

MINUTE = timedelta(minutes=1)
STREAK_MAX = 1000
# As far as max_consecutive_losses can be set.


def track_record(desk: Desk) -> TrackRecord:
    """The account's record by its rows; profit as of the last point, which is a minute old at the most."""
    account, chosen = desk.account, desk.settings("")
    state = RiskState.objects.filter(account=account).first()
    tiers = chosen.risk.drawdown_tiers_pct
    return TrackRecord(
        orders_last_minute=Order.objects.filter(account=account, created_at__gt=desk.now - MINUTE).count(),
        day_loss_pct=_day_loss(desk),
        losing_streak=_streak(desk, state),
        drawdown_pct=drawdown.fall_pct(state) if state else ZERO,
        drawdown_tier=drawdown.tier(state, at=desk.now, tiers_pct=tiers) if state else DrawdownTier.GREEN,
        exposure_quote=desk.exposure_of_all,
        first_day_cap_quote=first_day_cap(
            environment=account.environment,
            armed_at=account.first_armed_at,
            now=desk.now,
            cap_quote=chosen.live.live_start_cap_quote,
        ),
    )


def _day_loss(desk: Desk) -> Decimal | None:
    """What was lost since midnight UTC, percent of the equity then; 0 before anything was traded."""
    points = PnlPoint.objects.filter(account=desk.account, equity__isnull=False)
    before = points.filter(at__lt=day_start(desk.now))
    last, first = points.order_by("-at").first(), before.order_by("-at").first() or points.order_by("at").first()
    if last is None or first is None:
        return ZERO
    return daily_loss_pct(equity_at_start=first.equity, equity=first.equity + last.profit - first.profit)


def _streak(desk: Desk, state: RiskState | None) -> int:
    rows = PositionGroup.objects.filter(account=desk.account, closed_at__isnull=False).order_by("-closed_at")
    limit = min(desk.settings("").risk.max_consecutive_losses, STREAK_MAX)
    closed = [Closed(row.realised_pnl, row.closed_at) for row in rows.exclude(realised_pnl=0)[:limit] if row.closed_at]
    return losing_streak(closed, reset_at=state.looked_at if state else None)
