"""What the pump leaves for the kill process: keys only when they changed, holdings as they are, a sign of life."""

import json
import os
import time
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from project.accounts import latch, mode, sealed
from project.accounts.vault import keyring, seal_credentials
from project.journal.models import JournalEntry
from tests.support.factories import Desk
from tests.trading.kill.conftest import Button
from tests.trading.kill.test_sequence import grid
from trading.kill import journal, places, sequence
from trading.kill.journal import Journal
from trading.kill.places import Holdings, Parcel
from trading.models import PositionGroup
from trading.services import emergency, kill_files


def test_the_keys_are_written_once_and_at_each_change(spot: Desk, button: Button) -> None:
    writer = kill_files.Writer(button.home)
    writer.write(now=timezone.now())
    first = sealed.path(button.home).read_bytes()
    writer.write(now=timezone.now())
    assert sealed.path(button.home).read_bytes() == first
    seal_credentials(spot.account, {"apiKey": "new", "secret": "newer"})
    spot.account.save()
    writer.write(now=timezone.now())
    [account] = sealed.read(button.home, keys=keyring())
    assert (account.id, account.venue, account.credentials["apiKey"]) == (spot.account.pk, "binance", "new")


def test_a_new_key_encryption_key_opens_the_file_at_once(spot: Desk, button: Button) -> None:
    button.files()
    call_command("rotate_kek")
    assert len(keyring()) == 1
    assert [account.name for account in sealed.read(button.home, keys=keyring())] == ["paper"]


def test_an_account_whose_keys_do_not_open_stays_in_the_file(spot: Desk, button: Button) -> None:
    """Left out, the kill would find nothing to do and call everything flat."""
    button.files()
    (button.home / "kek").unlink()  # lost: the next look makes a new one
    button.files()
    [account] = sealed.read(button.home, keys=keyring())
    assert (account.id, account.name, account.credentials) == (spot.account.pk, "paper", {})
    assert account.locked
    standing = button.press()
    assert sequence.run(button.around, standing) is False
    assert "LOCKED_KEYS" in [line.get("code") for line in journal.lines(button.home, standing.id)]


@pytest.mark.parametrize(("latched_for", "fresh"), [(None, False), (0, False), (100, True)])
def test_a_picture_is_fresh_by_the_latch_or_without_one_by_now(
    button: Button, latched_for: int | None, fresh: bool
) -> None:
    beat, now = button.home / places.HEARTBEAT, time.time()
    beat.write_text("{}")
    os.utime(beat, (now - 100, now - 100))
    for secs in [] if latched_for is None else [latched_for]:
        button.press()
        os.utime(latch.path(button.home), (now - secs, now - secs))
    assert places.is_fresh(button.home) is fresh


def test_the_picture_of_an_emergency_is_that_of_its_beginning(button: Button) -> None:
    """The engine goes on and books what the kill sells: read anew, it would be subtracted twice."""
    held = {3: Holdings({}, (Parcel("BTC/USDT", "LONG", Decimal(1)),), ("BTC/USDT",))}
    (button.home / places.HOLDINGS).write_text(places.written_holdings(held))
    (button.home / places.HEARTBEAT).write_text('{"mode": "NORMAL"}')
    first = places.picture(button.home, "abc")
    (button.home / places.HOLDINGS).write_text(places.written_holdings({3: Holdings()}))
    assert first.holdings == held
    assert places.picture(button.home, "abc") == first
    assert places.picture(button.home, "def").holdings == {3: Holdings()}


def test_what_the_groups_hold_and_what_is_not_ours(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    held = places.holdings(button.home)[spot.account.pk]
    assert held.symbols == ("BTC/USDT",)
    assert held.not_ours["USDT"] == Decimal(10000)
    assert [(parcel.symbol, parcel.side) for parcel in held.parcels] == [("BTC/USDT", "LONG")]
    assert places.is_fresh(button.home)


def test_the_dust_of_a_closed_group_is_not_ours_to_sell(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    ended = {"status": "DUST_CLOSED", "closed_at": timezone.now(), "dust_qty": Decimal("0.00002")}
    PositionGroup.objects.update(**ended, qty=Decimal("0.00005"))  # what filled afterwards is sold
    button.files()
    held = places.holdings(button.home)[spot.account.pk]
    assert (held.parcels, held.not_ours["BTC"]) == ((), Decimal("0.00002"))


def test_the_heartbeat_tells_the_mode(spot: Desk, button: Button) -> None:
    button.files()
    said, age = places.heartbeat(button.home, now=time.time())
    assert (said, age is not None and age < 60) == ("NORMAL", True)


def test_damaged_files_say_nothing(button: Button) -> None:
    (button.home / places.HOLDINGS).write_text('{"1": {"not_ours": {"BTC": "many"}}}')
    (button.home / places.HEARTBEAT).write_text("{")
    assert places.holdings(button.home) == {}
    assert places.heartbeat(button.home, now=time.time()) == ("", None)


def test_the_pump_makes_the_row_follow_and_takes_the_journal_over(spot: Desk, button: Button) -> None:
    standing = button.press()
    Journal(button.home, standing.id).write("begun", source="test")
    beside = emergency.Beside(button.home)
    beside.tend(now=timezone.now())
    beside.tend(now=timezone.now())
    assert mode.current().mode == "EMERGENCY"
    assert JournalEntry.objects.filter(kind="kill.begun", subject=f"kill:{standing.id}").count() == 1
    found = emergency.standing(button.home)
    assert found is not None
    assert found[0] == standing
    assert found[1] is not None
    assert (found[1].lines, found[1].flat) == (1, False)
    latch.lift(button.home)


def test_a_line_that_a_crash_cut_off_is_left_out(button: Button) -> None:
    book = Journal(button.home, "abc")
    book.write("begun")
    path = button.home / places.JOURNALS / "abc.jsonl"
    path.write_text(path.read_text() + '{"kind": "clo')

    assert [line["kind"] for line in journal.lines(button.home, "abc")] == ["begun"]
    assert json.loads(path.read_text().splitlines()[0])["kind"] == "begun"
