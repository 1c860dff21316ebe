"""I4 by the journal's order and the pool that was set, whatever the clocks and the takers say."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from project.journal.models import JournalEntry
from project.journal.record import record
from tests.support.factories import Desk
from tests.support.levers import chosen, one_leg
from tests.trading.services.test_invariants import broken
from trading.models import PositionGroup, SettingOverride, Slot
from trading.services import setting_versions
from trading.services.overrides import Place, Wish
from trading.services.setting_versions import Said

LATER = timedelta(hours=1)


def one_after_the_other(desk: Desk) -> None:
    """A group that ends, then one in its place."""
    one_leg(desk).buy(price="60000")
    desk.price("BTCUSDT", "59600")
    desk.settle()
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.settle()
    desk.buy("ETHUSDT", price="2990")
    assert Slot.objects.count() == 2
    assert PositionGroup.objects.filter(closed_at=None).count() == 1


def pool(desk: Desk, size: str | None, place: Place | None = None) -> None:
    """A person changes the pool the way persons do."""
    where = place or Place(account_id=desk.account.pk)
    setting_versions.write([Wish("max_open_groups", where, size)], Said("mira"))


def taken(desk: Desk, number: int, believed: int) -> None:
    """One more slot, taken by somebody who does not count."""
    group = PositionGroup.objects.get(closed_at=None)
    facts: Mapping[str, Any] = {"number": number, "pool_size": believed, "taken_at": timezone.now()}
    with transaction.atomic():
        Slot.objects.create(account=desk.account, group=group, **facts)
        record("slot.taken", subject=f"group:{group.pk}", payload=facts, account_id=desk.account.pk)


def aged(kind: str, *, hours: int = 1) -> None:
    """What is new of a kind was written so long ago."""
    fresh = JournalEntry.objects.filter(kind=kind, at__gt=timezone.now() - LATER / 2)
    fresh.update(at=timezone.now() - hours * LATER)


def test_a_clock_that_was_read_before_the_lock_is_no_violation(desk: Desk) -> None:
    """The closing transaction's clock ran ahead: by the clocks both groups were open."""
    chosen(desk, max_open_groups=1)
    one_after_the_other(desk)
    assert Slot.objects.exclude(released_at=None).update(released_at=timezone.now() + LATER) == 1
    assert broken("I4") == ()


def test_a_slot_that_was_taken_before_another_was_free_is_named_whatever_the_clocks_say(desk: Desk) -> None:
    chosen(desk, max_open_groups=1)
    one_after_the_other(desk)
    closed = JournalEntry.objects.get(kind="group.closed")
    JournalEntry.objects.filter(pk=closed.pk).update(payload={**closed.payload, "slots": []})
    second = PositionGroup.objects.get(closed_at=None)
    assert broken("I4") == (f"group:{second.pk} took slot 1 with 1 of 1 open",)


def test_a_taker_who_believes_in_a_larger_pool_than_was_set_is_named(desk: Desk) -> None:
    pool(desk, "1")
    aged("setting.changed")
    one_leg(desk).buy(price="59900")
    assert broken("I4") == ()
    taken(desk, 2, believed=10)
    group = PositionGroup.objects.get()
    assert broken("I4") == (f"group:{group.pk} took slot 2 with 1 of 1 open",)


def test_the_narrowest_scope_decides_how_large_the_pool_was(desk: Desk) -> None:
    pool(desk, "1", Place())
    pool(desk, "3", Place(user_id=desk.account.user_id))
    aged("setting.changed", hours=3)
    one_leg(desk).buy(price="59900")
    taken(desk, 2, believed=10)
    aged("slot.taken", hours=2)
    pool(desk, None, Place(user_id=desk.account.user_id))
    aged("setting.changed", hours=1)
    assert broken("I4") == ()  # both were taken while it was 3
    taken(desk, 3, believed=10)
    group = PositionGroup.objects.get()
    assert broken("I4") == (f"group:{group.pk} took slot 3 with 2 of 1 open",)


def test_a_decision_of_the_same_minute_may_have_seen_the_pool_of_before(desk: Desk) -> None:
    pool(desk, "2")
    aged("setting.changed")
    one_leg(desk).buy(price="59900")
    pool(desk, "1")
    taken(desk, 2, believed=2)
    assert broken("I4") == ()


def test_where_a_size_was_set_behind_the_journals_back_the_taker_is_believed(desk: Desk) -> None:
    pool(desk, "1")
    aged("setting.changed")
    SettingOverride.objects.filter(name="max_open_groups").update(value=10)
    one_leg(desk).buy(price="59900")
    taken(desk, 2, believed=10)
    assert broken("I4") == ()


def test_a_slot_of_which_the_journal_tells_nothing_is_named(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    row = Slot.objects.get()
    Slot.objects.update(number=7)
    assert broken("I4") == (f"slot row {row.pk} was taken without a word in the journal",)
