"""Where database and broker are is asked at the press: the watcher starts long before the stack, whose file holds the passwords."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from project.services import stackfile
from project.services.stackfile import StackRecord
from tests.trading.kill.conftest import Button
from trading.kill import bells, drill, engine, journal, state
from trading.kill.journal import Journal
from trading.kill.options import FALLBACK_DATABASE, Surroundings, from_environment
from trading.kill.sequence import Emergency
from trading.kill.state import State
from trading.management.commands import doctor

DATABASE, BROKER = "postgresql://windlass_app:secret@127.0.0.1:9/windlass", "redis://:secret@127.0.0.1:9/0"


def broken() -> str:
    raise OSError(errno.EIO, "a bad sector")


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """Of a watcher that started before the stack."""
    monkeypatch.setenv("WINDLASS_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return from_environment()


def test_a_stack_that_starts_later_is_found(around: Surroundings) -> None:
    assert around.database_url == FALLBACK_DATABASE
    me = stackfile.myself()
    stackfile.write(around.home, StackRecord(me.pid, me.created, "", {}, DATABASE, DATABASE, BROKER, demo=True))
    assert (around.database_url, around.redis_url) == (DATABASE, BROKER)


def test_a_disk_that_fails_holds_no_kill_up(around: Surroundings) -> None:
    around = replace(around, find_database=broken, find_broker=broken)
    assert [step.trouble for step in drill.reach(around)] == [True, True]
    standing = Button(around.home, around).press()
    emergency = Emergency(around, standing, Journal(around.home, standing.id))
    emergency._note("row", emergency._write_mode)
    [line] = journal.lines(around.home, standing.id)
    assert line["words"] == "not done: [Errno 5] a bad sector"
    assert emergency._mode_row() == ""


def test_a_broker_that_lets_us_in_and_one_that_does_not() -> None:
    assert engine.ask_broker(settings.REDIS_URL).endswith("entry bells wait")
    with pytest.raises(bells.Refused):
        engine.ask_broker(settings.REDIS_URL.replace("redis://", "redis://:wrong@").replace("wrong@:", "wrong"))


def test_the_watcher_tells_what_does_not_let_it_in(button: Button, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDLASS_HOME", str(button.home))
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("REDIS_URL", BROKER)
    missed = state._unreached()
    assert [line.partition(":")[0] for line in missed] == ["mode row", "broker"]


@pytest.mark.parametrize(
    ("said", "stack", "level"),
    [
        (None, True, "OK"),
        (State(7, "none"), True, "OK"),
        (State(7, "gpio", "", ("broker: refused",), 1.0), True, "WARN"),
        (State(7, "gpio", "", ("broker: refused",), 1.0), False, "OK"),
        (State(7, "gpio", "no pipe"), False, "FAIL"),
    ],
)
def test_the_doctor_shows_it(said: State | None, stack: bool, level: str) -> None:
    assert doctor.watcher(said, stack=stack).level.name == level


def test_what_one_wrote_that_watches_no_more_says_nothing(tmp_path: Path) -> None:
    state.write(tmp_path, State(os.getpid(), "gpio"))
    assert state.read(tmp_path) is None
