"""The last drawdown tier is an emergency: once, and never by play money where real money trades."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts import latch
from project.accounts.models import ExchangeAccount, TradingMode
from risk.models import RiskState
from tests.support.factories import Desk, make_user
from tests.trading.kill.conftest import Button
from tests.trading.services.test_emergency import full
from trading.models import PnlPoint
from trading.services import pnl, press
from trading.services.desk import Desk as Books


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How kill processes were started; none is."""
    found: list[str] = []
    monkeypatch.setattr(press, "_start", found.append)
    return found


def fallen(desk: Desk) -> None:
    """A fifth of the account is lost."""
    for profit in (Decimal(0), Decimal(-2000)):
        at = timezone.now()
        figures = {"equity": 10000 + profit, "realised_pnl": profit, "unrealised_pnl": Decimal(0), "open_groups": 0}
        with transaction.atomic():
            pnl._keep(PnlPoint(account=desk.account, at=at, **figures), Books(desk.account, at))


@pytest.mark.parametrize(("live_elsewhere", "latched"), [(False, True), (True, False)])
def test_the_last_tier_stops_everything(
    spot: Desk, button: Button, started: list[str], live_elsewhere: bool, latched: bool
) -> None:
    for name in ["live"] * live_elsewhere:
        ExchangeAccount.objects.create(user=make_user("other"), name=name, environment="live", armed=True)
    fallen(spot)
    assert latch.is_set(button.home) is latched
    assert started == ["--once"] * latched  # for nobody watches


def test_the_latch_stands_before_the_tier_is_written(spot: Desk, button: Button, started: list[str]) -> None:
    """A process that dies before the commit leaves an emergency that is declared again, never one that is lost."""
    with transaction.atomic():
        fallen(spot)
        transaction.set_rollback(True)
    assert latch.is_set(button.home)
    assert not RiskState.objects.filter(stopped=True).exists()


def test_a_full_disk_stops_it_by_the_mode_row(
    spot: Desk, button: Button, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latch, "engage", full)
    fallen(spot)
    assert (TradingMode.objects.get().mode, started) == ("EMERGENCY", ["--now"])


def test_once_left_it_does_not_come_again_by_itself(spot: Desk, button: Button, started: list[str]) -> None:
    fallen(spot)
    latch.lift(button.home)
    fallen(spot)
    assert not latch.is_set(button.home)
