"""How other commands find the running stack, and how a stale file is recognised."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from project.services import leftovers, lock, stackfile
from project.services.errors import AlreadyRunning
from project.services.stackfile import ProcessId, StackRecord

ME = psutil.Process()
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the tick of a start")
RECORD = StackRecord(
    pid=ME.pid,
    pid_created=ME.create_time(),
    started_at="2026-01-01T12:00:00+00:00",
    ports={"web": 8080},
    database_url="postgresql://app:secret@127.0.0.1/windlass",
    database_owner_url="postgresql://owner:secret@127.0.0.1/windlass",
    redis_url="redis://:secret@127.0.0.1/0",
    demo=True,
)


def test_a_running_stack_is_found(tmp_path: Path) -> None:
    stackfile.write(tmp_path, RECORD)
    assert stackfile.running(tmp_path) == RECORD


def test_the_file_holds_passwords_and_is_private(tmp_path: Path) -> None:
    stackfile.write(tmp_path, RECORD)
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "stale",
    [
        replace(RECORD, pid=2**22 + 1),  # no such process
        replace(RECORD, pid_created=RECORD.pid_created - 3600),  # the number was given to another one
    ],
)
def test_a_stale_file_is_no_stack(tmp_path: Path, stale: StackRecord) -> None:
    stackfile.write(tmp_path, stale)
    assert stackfile.running(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", '{"pid": 1}', '{"unheard_of": 1}'])
def test_a_damaged_file_is_no_stack_and_no_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    (tmp_path / "children.json").write_text(text)
    assert stackfile.running(tmp_path) is None
    assert leftovers.end(tmp_path) == []


def test_no_file_is_no_stack(tmp_path: Path) -> None:
    assert stackfile.running(tmp_path) is None
    stackfile.remove(tmp_path)  # harmless


def test_a_second_stack_on_the_same_data_is_refused(tmp_path: Path) -> None:
    stackfile.write(tmp_path, RECORD)
    with lock.held(tmp_path), pytest.raises(AlreadyRunning) as refused, lock.held(tmp_path):
        pass
    words = f"Windlass already runs here (process {os.getpid()}, data in {tmp_path})."
    assert (
        str(refused.value)
        == f"{words} Stop it with Ctrl-C or `kill {os.getpid()}`, or set WINDLASS_HOME to another folder."
    )


def test_the_data_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with lock.held(tmp_path):
        pass
    with lock.held(tmp_path):
        pass


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    found = ProcessId.find(left.pid)
    assert found is not None
    leftovers.remember(tmp_path, {"worker": found, "long gone": ProcessId(2**22 + 1, 0.0)})
    assert leftovers.end(tmp_path) == ["worker"]
    assert not found.is_alive()
    assert leftovers.end(tmp_path) == []


@linux_only
def test_a_clock_that_is_set_hides_no_stack(tmp_path: Path) -> None:
    me = stackfile.myself()
    hour = replace(me, created=me.created - 3600)  # what was written before the clock went an hour ahead
    stackfile.write(tmp_path, replace(RECORD, pid_created=hour.created, pid_birth=hour.birth))
    assert stackfile.running(tmp_path) is not None
    assert hour.is_alive()


@linux_only
@pytest.mark.parametrize("other", ["another boot/{ticks}", "{boot}/1"])
def test_a_birth_tells_a_stranger(other: str) -> None:
    me = stackfile.myself()
    boot, ticks = me.birth.split("/")
    assert not replace(me, birth=other.format(boot=boot, ticks=ticks)).is_alive()


@linux_only
def test_what_is_left_is_ended_whatever_the_clock_says(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    found = ProcessId.find(left.pid)
    assert found is not None
    leftovers.remember(tmp_path, {"worker": replace(found, created=found.created + 3600)})
    assert leftovers.end(tmp_path) == ["worker"]
    assert not found.is_alive()


def test_where_the_system_tells_no_birth_the_start_time_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stackfile, "BOOT_ID", tmp_path / "none")
    me = stackfile.myself()
    assert me.birth == ""
    assert me.is_alive()
    assert not replace(me, created=me.created - 3600).is_alive()


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    leftovers.remember(tmp_path, {"worker": ProcessId(os.getpid(), RECORD.pid_created - 3600)})
    assert leftovers.end(tmp_path) == []
