"""What an account has done so far, as the gate asks for it: losses, drawdown, the first day, orders of the minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Count, QuerySet, Value

from project.accounts.models import ExchangeAccount
from project.reads import Read
from risk import drawdown
from risk.domain.consecutive_losses import Closed, losing_streak
from risk.domain.daily_loss import daily_loss_pct, day_start
from risk.domain.drawdown import DrawdownTier
from risk.models import RiskState
from trading.domain.arming import first_day_cap
from trading.domain.money import ZERO
from trading.domain.settings import EngineSettings
from trading.models import Order, PnlPoint, PositionGroup

MINUTE = timedelta(minutes=1)

STATE = Read(lambda account_id: RiskState.objects.filter(account_id=account_id))
ORDERS_SINCE = Read(
    lambda account_id, since: (
        Order.objects.filter(account_id=account_id, created_at__gt=since)
        .order_by()
        .values(one=Value(1))
        .annotate(number=Count("id"))
        .values_list("number", flat=True)
    )
)


@cache
def results(most: int) -> Read[tuple[Any, datetime | None]]:
    """The last so many results that were not nothing, newest first."""
    return Read(
        lambda account_id: (
            PositionGroup.objects.filter(account_id=account_id, closed_at__isnull=False)
            .exclude(realised_pnl=0)
            .order_by("-closed_at")
            .values_list("realised_pnl", "closed_at")[:most]
        )
    )


def _points(account_id: int, before: datetime) -> QuerySet[Any]:
    """An account's last point, the last one before a moment, and the first of all."""
    points = PnlPoint.objects.filter(account_id=account_id, equity__gt=0)
    newest = points.annotate(which=Value("last")).order_by("-at")[:1]
    earlier = points.filter(at__lt=before).annotate(which=Value("before")).order_by("-at")[:1]
    oldest = points.annotate(which=Value("earliest")).order_by("at")[:1]
    return newest.union(earlier, oldest, all=True)


POINTS = Read(_points)


@dataclass(frozen=True, slots=True)
class History:
    """What no single decision changes: profit as of the last point, which is a minute old at the most."""

    day_loss_pct: Decimal | None
    losing_streak: int
    drawdown_pct: Decimal
    drawdown_tier: DrawdownTier
    first_day_cap_quote: Decimal | None


def history(account: ExchangeAccount, chosen: EngineSettings, *, now: datetime) -> History:
    """The account's past by its rows."""
    state = STATE.first(account_id=account.pk)
    tiers = chosen.risk.drawdown_tiers_pct
    return History(
        day_loss_pct=_day_loss(account, now),
        losing_streak=_streak(account, state, most=chosen.risk.max_consecutive_losses),
        drawdown_pct=drawdown.fall_pct(state) if state else ZERO,
        drawdown_tier=drawdown.tier(state, at=now, tiers_pct=tiers) if state else DrawdownTier.GREEN,
        first_day_cap_quote=first_day_cap(
            environment=account.environment,
            armed_at=account.first_armed_at,
            now=now,
            cap_quote=chosen.live.live_start_cap_quote,
        ),
    )


def orders_last_minute(account: ExchangeAccount, *, now: datetime) -> int:
    """How many orders were decided in the last minute."""
    return ORDERS_SINCE.get(account_id=account.pk, since=now - MINUTE)


def _day_loss(account: ExchangeAccount, now: datetime) -> Decimal | None:
    """What was lost since midnight UTC, percent of what the equity would be without it; 0 before anything was traded."""
    found = {point.which: point for point in POINTS(account_id=account.pk, before=day_start(now))}
    if not found:
        return ZERO
    last, first = found["last"], found.get("before", found["earliest"])
    return daily_loss_pct(equity_at_start=last.equity - (last.profit - first.profit), equity=last.equity)


def _streak(account: ExchangeAccount, state: RiskState | None, *, most: int) -> int:
    """Losses in a row, counted no further than the limit."""
    closed = [Closed(pnl, at) for pnl, at in results(most)(account_id=account.pk) if at]
    return losing_streak(closed, reset_at=state.looked_at if state else None)
