"""Profit over time: a point a minute and one at each close, so that curve and drawdown survive a restart."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from project.accounts import mode
from project.accounts.models import Environment, ExchangeAccount
from risk import drawdown
from risk.domain.drawdown import DrawdownTier
from risk.models import RiskState
from trading import locks
from trading.domain.money import ZERO
from trading.models import PnlPoint, PositionGroup
from trading.services import results
from trading.services.desk import Desk
from trading.services.press import press

EVERY = timedelta(minutes=1)
SLACK = timedelta(seconds=5)
# A tick that comes a little early is no reason to miss its minute.


def note_minute(account: ExchangeAccount, *, now: datetime) -> bool:
    """Write the account's point of this minute; False when the last one is younger than that."""
    if PnlPoint.objects.filter(account=account, group=None, at__gt=now - EVERY + SLACK).exists():
        return False
    with transaction.atomic():
        locked = locks.account(account.pk)
        _keep(point(locked, now=now), Desk(locked, now))
    results.sweep(account.pk, now=now)
    return True


def note_close(group: PositionGroup, *, now: datetime) -> None:
    """Write the point of a group's end. The account is locked by the caller; a group closes once."""
    _keep(point(group.account, now=now, group=group), Desk(group.account, now))


def _keep(reading: PnlPoint, desk: Desk) -> None:
    """Write a point and let the drawdown see it."""
    reading.save()
    if reading.equity is not None and reading.equity > 0:
        tiers = desk.settings("").risk.drawdown_tiers_pct
        stopped = RiskState.objects.filter(account=desk.account, stopped=True).exists()
        tier = drawdown.read(
            desk.account.pk, profit=reading.profit, equity=reading.equity, at=reading.at, tiers_pct=tiers
        )
        if tier is DrawdownTier.STOP and not stopped:
            _stop_everything(desk.account)


def _stop_everything(account: ExchangeAccount) -> None:
    """The last drawdown tier is an emergency, once; play money never stops accounts with real money, only its own entries."""
    live = ExchangeAccount.objects.filter(environment=Environment.LIVE, armed=True)
    if account.environment == Environment.LIVE or not live.exists():
        reason = f"account {account.name} fell through its last drawdown tier"
        press(mode.home(), operator="drawdown", reason=reason, source="drawdown")  # before the commit: never lost
        transaction.on_commit(mode.follow_latch_soon)


def point(account: ExchangeAccount, *, now: datetime, group: PositionGroup | None = None) -> PnlPoint:
    """The account's profit now, by its groups and the last prices."""
    desk = Desk(account, now)
    realised = PositionGroup.objects.filter(account=account).aggregate(sum=Sum("realised_pnl"))["sum"]
    return PnlPoint(
        account=account,
        group=group,
        at=now,
        equity=desk.equity,
        realised_pnl=realised or ZERO,
        unrealised_pnl=desk.unrealised,
        open_groups=len(desk.groups),
    )
