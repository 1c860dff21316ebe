"""manage.py kill and mode: pressed from a shell, followed until flat, left in two steps."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from project.accounts import latch, mode
from tests.support.factories import Desk
from tests.trading.kill.conftest import Button
from tests.trading.kill.test_process import environ, watching
from tests.trading.kill.test_sequence import grid
from trading.kill import places
from trading.models import SettingOverride
from trading.services import kill_door


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch, button: Button) -> Iterator[Button]:
    """What the command starts finds the test's own folder."""
    for name, value in environ(button.home).items():
        monkeypatch.setenv(name, value)
    yield button


def test_the_command_does_the_work_where_nobody_watches(spot: Desk, ours: Button) -> None:
    grid(spot, "BTCUSDT")
    ours.files()
    told = said("kill", "--yes", "--reason", "smoke")
    assert "Latched" in told
    assert "flat" in told
    assert list(spot.gateway.resting()) == []
    standing = latch.read(ours.home)
    assert standing is not None
    assert (standing.reason, standing.source) == ("smoke", "command")


@pytest.mark.parametrize("trace", ["stack.lock", "engine-token"])
def test_a_folder_where_an_engine_ran_is_no_surprise(spot: Desk, ours: Button, trace: str) -> None:
    ours.files()
    (ours.home / trace).touch()
    told = StringIO()
    call_command("kill", "--yes", stdout=StringIO(), stderr=told)
    assert told.getvalue() == ""


def test_a_folder_where_none_ever_ran_is_told_loudly(spot: Desk, ours: Button) -> None:
    ours.files()
    told, out = StringIO(), StringIO()
    call_command("kill", "--yes", stdout=out, stderr=told)
    assert f"WARNING: no engine has ever run on {ours.home}." in told.getvalue()
    assert "TRADES ON" in told.getvalue()
    assert "no order leaves any more" not in out.getvalue()


def test_a_kill_process_is_followed(spot: Desk, ours: Button) -> None:
    ours.files()
    with watching(ours.home):
        assert "account flat" in said("kill", "--yes")


def test_not_flat_in_time_is_status_1(transactional_db: None, ours: Button) -> None:
    (ours.home / "accounts.enc").write_bytes(b"damaged")
    with watching(ours.home), pytest.raises(SystemExit):
        said("kill", "--yes", "--timeout", "0")


def test_it_asks_first(ours: Button, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was done"):
        said("kill")
    assert not latch.is_set(ours.home)


def test_the_pairing_secret_stays_the_same(ours: Button) -> None:
    first = said("kill", "--pair").strip()
    assert said("kill", "--pair").strip() == first == kill_door.pair(ours.home)
    assert not latch.is_set(ours.home)


@pytest.mark.django_db
def test_the_mode_is_changed_with_a_reason(ours: Button) -> None:
    assert "REDUCED" in said("mode", "reduce", "--reason", "news")
    assert "by nobody" not in said("mode")
    with pytest.raises(CommandError, match="--reason"):
        said("mode", "normal")


@pytest.mark.django_db
def test_two_steps_and_two_people_lead_out(ours: Button) -> None:
    SettingOverride.objects.create(name="approvals", value="on")
    with places.only_watcher(ours.home):
        mode.declare_emergency(operator="mira", reason="smoke", source="test")
    with pytest.raises(CommandError, match="two steps"):
        said("mode", "normal", "--reason", "quick")
    assert "Asked" in said("mode", "leave", "--reason", "a toaster", "--operator", "mira")
    with pytest.raises(CommandError, match="somebody else"):
        said("mode", "confirm", "--phrase", mode.LEAVE_PHRASE, "--operator", "mira")
    assert "PAUSED" in said("mode", "confirm", "--phrase", mode.LEAVE_PHRASE, "--operator", "otto")
    assert not latch.is_set(ours.home)
