"""REDUCED on a live exchange: a quarter a step, each step once, until the group has closed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import TradingMode, WorkedDown
from project.journal.models import JournalEntry
from tests.support.factories import Desk
from tests.support.levers import chosen, one_leg
from trading.models import PositionGroup
from trading.services.work_down import work_down

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reduced(desk: Desk) -> Desk:
    chosen(one_leg(desk), first_entry="market", reduce_step_pct="50", reduce_step_minutes=10)
    desk.buy()
    mode.change("REDUCED", operator="mira", reason="winding down")
    return desk


def step(desk: Desk, minutes: int = 0) -> int:
    """The clock moves on: REDUCED began so many minutes ago."""
    count = work_down(desk.account.pk, now=timezone.now() + timedelta(minutes=minutes, seconds=1))
    desk.settle()
    return count


def held() -> str:
    return str(PositionGroup.objects.get().qty.normalize())


def test_half_now_and_the_rest_later(reduced: Desk) -> None:
    before = PositionGroup.objects.get().qty
    assert [step(reduced), step(reduced)] == [1, 0]  # once, whoever sweeps how often
    middle = PositionGroup.objects.get().qty
    assert 0 < middle < before
    assert abs(middle - before / 2) <= PositionGroup.objects.get().instrument.lot_step
    assert step(reduced, minutes=10) == 1
    assert PositionGroup.objects.get().closed_at is not None
    assert WorkedDown.objects.get().step == 2
    assert JournalEntry.objects.filter(kind="mode.worked_down").count() == 2


@pytest.mark.parametrize("other", ["NORMAL", "PAUSED"])
def test_in_other_modes_nothing_is_sold(reduced: Desk, other: str) -> None:
    before = held()
    mode.change(other, operator="mira", reason="test")
    assert (step(reduced), held()) == (0, before)


def test_switched_off_nothing_is_sold(reduced: Desk) -> None:
    chosen(reduced, reduce_step_pct="off")
    assert step(reduced) == 0


def test_a_new_stretch_begins_anew(reduced: Desk) -> None:
    step(reduced)
    mode.change("NORMAL", operator="mira", reason="fine again")
    mode.change("REDUCED", operator="mira", reason="not fine")
    assert TradingMode.objects.get().mode == "REDUCED"
    assert step(reduced) == 1
    assert WorkedDown.objects.count() == 2
