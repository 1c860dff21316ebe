"""After a fill: what stands beyond its limit is journalled once, and nothing is closed."""

from django.utils import timezone

from project.journal.models import JournalEntry
from tests.support.factories import Desk
from trading import tasks
from trading.models import PositionGroup
from trading.services import aftermath


def breaches() -> list[str]:
    return [row.payload["code"] for row in JournalEntry.objects.filter(kind="risk.breach")]


def test_within_the_limits_nothing_is_told(desk: Desk) -> None:
    desk.buy(price="60000")
    assert aftermath.look(desk.account.pk, now=timezone.now()) == []
    assert breaches() == []


def test_a_limit_that_was_lowered_beneath_what_is_held_is_told_once(desk: Desk) -> None:
    desk.buy(price="60000")
    desk.setting("per_symbol_pct", "0.5")  # of 10 000: 50, and 100 are held or coming
    for _ in range(2):
        found = aftermath.look(desk.account.pk, now=timezone.now())
        assert [denial.code for denial in found] == ["SYMBOL_EXPOSURE"]
    assert breaches() == ["SYMBOL_EXPOSURE"]
    assert PositionGroup.objects.get().closed_at is None


def test_fills_are_looked_at_as_they_come(desk: Desk) -> None:
    desk.alert(symbol="BTCUSDT", action="buy", price="59900", interval="60")
    desk.decide()
    desk.submit()
    desk.setting("per_symbol_pct", "0.5")
    desk.paper.price("BTCUSDT", "59800")
    tasks.poll_fills(desk.account.pk)
    assert breaches() == ["SYMBOL_EXPOSURE"]
