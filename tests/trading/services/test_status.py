"""What `manage.py status` counts and how it says it: per account, as the page does, and in words that do not frighten."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from tests.support.factories import Desk, make_user
from tests.support.levers import one_leg
from trading.models import PositionGroup, SettingOverride
from trading.services.status import status


def said() -> str:
    out = StringIO()
    call_command("status", stdout=out)
    return out.getvalue()


@pytest.fixture
def two(desk: Desk) -> ExchangeAccount:
    """A second account with a pool of its own, while the first holds one slot."""
    one_leg(desk).buy(price="60100")
    second = ExchangeAccount.objects.create(user=desk.account.user, name="futures")
    SettingOverride.objects.create(account=second, name="max_open_groups", value="2")
    return second


def test_slots_are_told_per_account_and_summed(two: ExchangeAccount) -> None:
    told = status(now=timezone.now())
    assert told.pools == {"paper": {"open": 1, "size": 10}, "futures": {"open": 0, "size": 2}}
    assert told.slots == {"open": 1, "size": 12}
    assert "slots      paper 1 of 10 taken · futures 0 of 2 taken" in said()


def test_accounts_of_one_name_are_told_apart_by_their_user(two: ExchangeAccount) -> None:
    other = ExchangeAccount.objects.create(user=make_user("vera"), name="paper")
    told = status(now=timezone.now()).accounts
    assert f"vera/{other.name}" in told
    assert len(told) == 3


def test_a_plan_that_was_withdrawn_is_no_failure(desk: Desk) -> None:
    one_leg(desk).buy(price="60100")
    PositionGroup.objects.update(status="FAILED", closed_at=timezone.now())
    assert "1 withdrawn, nothing filled" in said()
    assert "FAILED" not in said()
