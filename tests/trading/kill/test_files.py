"""What the pump leaves for the kill process: keys only when they changed, holdings as they are, a sign of life."""

import json
import time
from decimal import Decimal

from django.core.management import call_command
from django.utils import timezone

from project.accounts import latch, mode, sealed
from project.accounts.vault import keyring, seal_credentials
from project.journal.models import JournalEntry
from tests.support.factories import Desk
from tests.trading.kill.conftest import Button
from tests.trading.kill.test_sequence import grid
from trading.kill import journal, places
from trading.kill.journal import Journal
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


def test_what_the_groups_hold_and_what_is_not_ours(spot: Desk, button: Button) -> None:
    grid(spot, "BTCUSDT")
    button.files()
    held = places.holdings(button.home)[spot.account.pk]
    assert held.symbols == ("BTC/USDT",)
    assert held.not_ours["USDT"] == Decimal(10000)
    assert [(parcel.symbol, parcel.side) for parcel in held.parcels] == [("BTC/USDT", "LONG")]
    assert places.is_fresh(button.home)


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
