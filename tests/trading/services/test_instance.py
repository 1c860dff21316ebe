"""Two engines on one account: the younger stops, exits go on, and who takes over reconciles first."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from project.accounts.models import ExchangeAccount, Installation, Rival
from project.journal import leases
from project.journal.models import JournalEntry, Lease
from tests.support.factories import Desk
from tests.support.levers import one_leg
from tests.trading.services.levers import entered, states
from trading.domain.client_id import client_order_id, mark, mark_of
from trading.models import Order
from trading.services import connect, instance, reconcile, submit


@pytest.fixture(autouse=True)
def fresh() -> None:
    instance.forget()


def reconciled(desk: Desk) -> str:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())
    return str(ExchangeAccount.objects.values_list("health", flat=True).get(pk=desk.account.pk))


def theirs(desk: Desk, number: int, installation: str = "attic") -> None:
    """An engine with another database places an order on our account."""
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    params = {"clientOrderId": client_order_id(installation, number, 0)}
    client.create_order("BTC/USDT", "limit", "buy", "0.01", "50000", params)


# other databases ---------------------------------------------------------------------------------


def test_the_newcomer_stops_and_says_so(desk: Desk) -> None:
    theirs(desk, 1)
    assert reconciled(desk) == "SECOND_ENGINE"
    desk.account.refresh_from_db()
    assert f"mark {mark('attic')}" in desk.account.health_detail
    assert Rival.objects.get().standing == "YOUNGER"
    theirs(desk, 2)
    assert reconciled(desk) == "SECOND_ENGINE"
    assert Rival.objects.get().orders == 2
    assert JournalEntry.objects.filter(kind="engine.rival").count() == 1


def test_the_first_one_goes_on(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.submit()
    assert states() == ["OPEN"]
    theirs(desk, 1)
    assert reconciled(desk) == ""
    assert Rival.objects.get().standing == "OLDER"


def test_a_restored_backup_is_nobodys_turn_until_a_person_says_so(desk: Desk) -> None:
    theirs(desk, 10**6, Installation.objects.get(id=1).name)
    assert reconciled(desk) == "SECOND_ENGINE"
    assert Rival.objects.get().standing == "UNCLEAR"
    with pytest.raises(CommandError, match="type exactly"):
        call_command("second_engine", str(desk.account.pk), "--phrase", "yes")
    out = StringIO()
    call_command("second_engine", stdout=out)
    assert "restored backup" in out.getvalue()
    call_command("second_engine", str(desk.account.pk), "--phrase", instance.PHRASE, "--operator", "mira", stdout=out)
    assert JournalEntry.objects.get(kind="engine.settled").payload["operator"] == "mira"
    assert reconciled(desk) == ""
    with pytest.raises(CommandError, match="No other engine"):
        call_command("second_engine", str(desk.account.pk), "--phrase", instance.PHRASE)


def test_one_whose_orders_are_gone_is_gone(desk: Desk) -> None:
    theirs(desk, 1)
    reconciled(desk)
    desk.gateway.cancel_all("BTC/USDT")
    assert reconciled(desk) == "SECOND_ENGINE"
    Rival.objects.update(last_seen_at=timezone.now() - timedelta(minutes=11))
    assert reconciled(desk) == ""


def test_one_that_comes_back_is_found_anew_whatever_a_person_said_of_it(desk: Desk) -> None:
    own = Installation.objects.get(id=1).name
    theirs(desk, 10**6, own)
    assert reconciled(desk) == "SECOND_ENGINE"
    instance.settle(desk.account.pk, phrase=instance.PHRASE, operator="mira", now=timezone.now())
    assert reconciled(desk) == ""
    desk.gateway.cancel_all("BTC/USDT")
    Rival.objects.update(last_seen_at=timezone.now() - timedelta(minutes=11))
    theirs(desk, 10**6 + 1, own)
    assert reconciled(desk) == "SECOND_ENGINE"
    assert Rival.objects.get().settled_at is None
    assert JournalEntry.objects.filter(kind="engine.rival").count() == 2


# a copy of the data folder -----------------------------------------------------------------------


@contextmanager
def from_another_place(home: Path) -> Iterator[None]:
    """This process as if its data folder, token and all, had been copied there."""
    copied, (original, remembered) = home / "copied", (settings.WINDLASS, (instance.engine_name, instance.sender))
    shutil.copytree(original.home, copied, ignore=shutil.ignore_patterns("pg", "valkey"))
    try:
        settings.WINDLASS = replace(original, home=copied)
        forget(*remembered)
        yield
    finally:
        settings.WINDLASS = original
        forget(*remembered)


def forget(*remembered: Any) -> None:
    """A new process: it has asked nobody yet who it is, and who holds what."""
    for function in remembered:
        function.cache_clear()
    instance.forget()


def test_a_copied_folder_is_another_engine(desk: Desk, tmp_path: Path) -> None:
    entered(one_leg(desk))
    assert instance.holds(desk.account.pk, now=timezone.now())
    own = instance.engine_name()
    with from_another_place(tmp_path):
        assert instance.engine_name() != own
        assert not instance.holds(desk.account.pk, now=timezone.now())
        assert claimed(desk, opening=True) == 0
    assert claimed(desk, opening=True) == 1


def test_a_copy_with_a_database_of_its_own_is_noticed_by_its_first_order(desk: Desk, tmp_path: Path) -> None:
    """It gives the same number to another order; what the original then finds has its mark, and is not its own."""
    entered(one_leg(desk))
    desk.submit()
    mine = Order.objects.get()
    name = Installation.objects.get(id=1).name
    with from_another_place(tmp_path):
        copied = client_order_id(name, mine.pk, mine.attempt, engine=instance.sender())
    assert (mark_of(copied), copied != mine.client_order_id) == (mark_of(mine.client_order_id), True)
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    client.create_order("BTC/USDT", "limit", "buy", "0.01", "50000", {"clientOrderId": copied})
    assert reconciled(desk) == "SECOND_ENGINE"
    assert Rival.objects.get().standing == "UNCLEAR"
    desk.account.refresh_from_db()
    assert "a restored backup or a copy of this installation" in desk.account.health_detail


# one database ------------------------------------------------------------------------------------


def taken_by_another(desk: Desk, *, secs: float) -> None:
    Lease.objects.filter(name=instance.lease_name(desk.account.pk)).delete()
    now, name = timezone.now(), instance.lease_name(desk.account.pk)
    assert leases.claim(name, holder="the attic's", now=now, span=timedelta(seconds=secs)) == 1


def claimed(desk: Desk, *, opening: bool) -> int:
    instance.forget()
    return len(submit.claim(desk.account.pk, opening=opening, now=timezone.now(), timing=connect.timing()))


def test_while_another_has_the_lease_no_entry_leaves(desk: Desk) -> None:
    entered(one_leg(desk))
    taken_by_another(desk, secs=600)
    assert claimed(desk, opening=True) == 0
    holder = instance.another(desk.account.pk, now=timezone.now())
    assert holder is not None
    assert holder.holder == "the attic's"


def test_it_is_written_down_once_and_told_as_the_accounts_health(desk: Desk) -> None:
    taken_by_another(desk, secs=600)
    for _ in range(3):  # processes of ours, each noticing for itself
        claimed(desk, opening=True)
    entry = JournalEntry.objects.get(kind="engine.turned_away")
    assert entry.payload == {"engine": instance.engine_name(), "holder": "the attic's"}
    code, words = instance.turned_away(desk.account.pk, now=timezone.now())
    assert code == instance.SECOND_ENGINE
    assert words.startswith("Engine the attic's of this database has the lease until ")


def test_who_has_the_lease_is_told_of_no_other(desk: Desk) -> None:
    assert instance.holds(desk.account.pk, now=timezone.now())
    assert instance.turned_away(desk.account.pk, now=timezone.now()) == ("", "")
    assert not JournalEntry.objects.filter(kind="engine.turned_away").exists()


def test_exits_leave_whoever_has_the_lease(desk: Desk) -> None:
    entered(one_leg(desk))
    desk.submit()
    desk.paper.price("BTCUSDT", "59000")
    desk.poll()
    taken_by_another(desk, secs=600)
    assert claimed(desk, opening=False) == 1


def test_who_takes_over_reconciles_before_it_enters(desk: Desk) -> None:
    entered(one_leg(desk))
    taken_by_another(desk, secs=-1)
    assert claimed(desk, opening=True) == 0
    assert ExchangeAccount.objects.get(pk=desk.account.pk).reconciled_at is None
    assert claimed(desk, opening=True) == 0
    assert JournalEntry.objects.filter(kind="engine.took_over").count() == 1
    assert reconciled(desk) == ""
    assert claimed(desk, opening=True) == 1


def test_who_dies_while_taking_over_has_taken_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its next process would enter on what the other engine had reconciled."""
    taken_by_another(desk, secs=-1)
    instance.forget()
    monkeypatch.setattr(instance, "record", raising)
    with pytest.raises(SystemError):
        instance.holds(desk.account.pk, now=timezone.now())
    monkeypatch.undo()
    assert Lease.objects.get(name=instance.lease_name(desk.account.pk)).holder == "the attic's"
    assert not instance.holds(desk.account.pk, now=timezone.now())
    assert ExchangeAccount.objects.get(pk=desk.account.pk).reconciled_at is None


def raising(*_: Any, **__: Any) -> None:
    raise SystemError("it dies here")


def test_a_lease_that_is_given_back_is_free(desk: Desk) -> None:
    now = timezone.now()
    assert instance.holds(desk.account.pk, now=now)
    instance.release(desk.account.pk, now=now)
    later = now + timedelta(seconds=1)
    name = instance.lease_name(desk.account.pk)
    assert leases.claim(name, holder="the attic's", now=later, span=instance.SPAN) == 2
    assert not instance.holds(desk.account.pk, now=later)
