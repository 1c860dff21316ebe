"""The last drawdown tier is an emergency: once, and never by play money where real money trades."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts import latch
from project.accounts.models import ExchangeAccount
from tests.support.factories import Desk, make_user
from tests.trading.kill.conftest import Button
from trading.models import PnlPoint
from trading.services import pnl
from trading.services.desk import Desk as Books


def fallen(desk: Desk) -> None:
    """A fifth of the account is lost."""
    for profit in (Decimal(0), Decimal(-2000)):
        at = timezone.now()
        figures = {"equity": 10000 + profit, "realised_pnl": profit, "unrealised_pnl": Decimal(0), "open_groups": 0}
        with transaction.atomic():
            pnl._keep(PnlPoint(account=desk.account, at=at, **figures), Books(desk.account, at))


@pytest.mark.parametrize(("live_elsewhere", "latched"), [(False, True), (True, False)])
def test_the_last_tier_stops_everything(spot: Desk, button: Button, live_elsewhere: bool, latched: bool) -> None:
    for name in ["live"] * live_elsewhere:
        ExchangeAccount.objects.create(user=make_user("other"), name=name, environment="live", armed=True)
    fallen(spot)
    assert latch.is_set(button.home) is latched


def test_once_left_it_does_not_come_again_by_itself(spot: Desk, button: Button) -> None:
    fallen(spot)
    latch.lift(button.home)
    fallen(spot)
    assert not latch.is_set(button.home)
