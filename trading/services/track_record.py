"""What an account has done so far, as the gate asks for it: losses, drawdown, the first day, orders of the minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Count, Value

from project.accounts.models import ExchangeAccount
from project.reads import Read
from risk import drawdown
from risk.domain.consecutive_losses import Closed, losing_streak
from risk.domain.drawdown import DrawdownTier
from risk.models import RiskState
from trading.domain.arming import first_day_cap
from trading.domain.money import ZERO
from trading.domain.settings import EngineSettings
from trading.models import Order, PositionGroup

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
        day_loss_pct=drawdown.day_loss_pct(state, now=now) if state else ZERO,
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


def _streak(account: ExchangeAccount, state: RiskState | None, *, most: int) -> int:
    """Losses in a row, counted no further than the limit."""
    closed = [Closed(pnl, at) for pnl, at in results(most)(account_id=account.pk) if at]
    return losing_streak(closed, reset_at=state.looked_at if state else None)
