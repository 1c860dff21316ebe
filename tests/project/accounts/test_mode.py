"""The trading mode: one row, changed with a name and a reason, journalled."""

import pytest
from django.db import IntegrityError

from project.accounts import mode
from project.accounts.models import TradingMode
from project.journal.models import JournalEntry
from tests.support.races import together

pytestmark = pytest.mark.django_db


def test_a_new_installation_is_normal() -> None:
    assert mode.current().mode == "NORMAL"
    assert TradingMode.objects.count() == 1


@pytest.mark.parametrize("to", ["PAUSED", "REDUCED", "EMERGENCY", "NORMAL"])
def test_a_change_is_kept_with_who_and_why(to: str) -> None:
    mode.change(to, operator="mira", reason="news at eight")
    row = mode.current()
    assert (row.mode, row.operator, row.reason) == (to, "mira", "news at eight")
    entry = JournalEntry.objects.get(kind="mode.changed")
    assert entry.payload == {"from": "NORMAL", "to": to, "operator": "mira", "reason": "news at eight"}


def test_a_mode_nobody_knows_changes_nothing() -> None:
    with pytest.raises(ValueError, match="ASLEEP"):
        mode.change("ASLEEP", operator="mira", reason="")
    assert mode.current().mode == "NORMAL"
    assert not JournalEntry.objects.exists()


def test_there_is_no_second_row() -> None:
    mode.current()
    with pytest.raises(IntegrityError, match="one_mode_row"):
        TradingMode.objects.create(id=2, mode="NORMAL")


@pytest.mark.django_db(transaction=True)
def test_processes_that_meet_a_new_database_agree() -> None:
    assert [row.mode for row in together(*[mode.current] * 4)] == ["NORMAL"] * 4
    assert TradingMode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_leave_an_unbroken_story() -> None:
    mode.current()
    together(
        lambda: mode.change("PAUSED", operator="mira", reason="one"),
        lambda: mode.change("REDUCED", operator="otto", reason="two"),
    )
    first, second = JournalEntry.objects.filter(kind="mode.changed").order_by("xid", "id")
    assert (first.payload["from"], first.payload["to"]) == ("NORMAL", second.payload["from"])
    assert second.payload["to"] == mode.current().mode
