"""Real small processes: restarted, stopped in order, and never orphaned."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys

import pytest

from project.services.child import DRAIN_SECS
from project.services.errors import ChildFailed
from project.services.options import BASE_DIR
from project.services.spawn import Launch
from project.services.supervisor import GRACE_SECS, HASTY_SECS, Program, Stage, in_words
from tests.project.services import orphans
from tests.project.services.watching import (
    ABANDONS,
    ENDS,
    PATIENCE_SECS,
    SAYS_BYE,
    STUBBORN,
    Watched,
    program,
    python,
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="death signal and pidfd are Linux's")


def gone(pid: int) -> bool:
    """Whether the process ends within the patience; a zombie nobody reaps has ended too."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        ended, _, _ = select.select([descriptor], [], [], PATIENCE_SECS)
        os.close(descriptor)
        return bool(ended)
    return True


async def test_a_process_that_ends_is_started_again() -> None:
    watched = Watched()
    watched.supervisor.keep(program("short", ENDS))
    first = await watched.pid("short")
    await watched.until("windlass", "short ended (status 3); again in 0.5 s")
    second = await watched.pid("short")
    await watched.until("windlass", "short ended (status 3); again in 1 s")  # it ended young twice
    await watched.supervisor.stop()
    assert first != second


@linux_only
async def test_a_killed_process_is_started_again() -> None:
    watched = Watched()
    watched.supervisor.keep(program("worker", SAYS_BYE))
    os.kill(await watched.pid("worker"), signal.SIGKILL)
    await watched.until("windlass", "worker ended (killed by SIGKILL)")
    second = await watched.pid("worker")
    assert watched.alive == {"worker": second}
    await watched.supervisor.stop()
    assert gone(second)


async def test_a_program_that_cannot_be_started_is_tried_again() -> None:
    watched = Watched()
    launch = Launch(argv=("/nowhere/at-all",), env={}, cwd=python("").cwd)
    watched.supervisor.keep(Program("missing", launch, Stage.WORK))
    assert "No such file" in await watched.until("missing", "could not be started")
    await watched.until("windlass", "missing ended (status 127)")
    await watched.supervisor.stop()


async def test_the_stop_goes_from_intake_to_database() -> None:
    watched = Watched()
    for stage in Stage:
        watched.supervisor.keep(program(stage.name, SAYS_BYE, stage))
    for stage in Stage:
        await watched.pid(stage.name)
    await watched.supervisor.stop()
    farewells = [name for name, text in watched.heard if text == "bye"]
    assert farewells == ["INTAKE", "WORK", "VENUE", "BROKER", "DATABASE"]


@linux_only
async def test_haste_kills_what_does_not_listen() -> None:
    watched = Watched()
    watched.supervisor.keep(program("stubborn", STUBBORN))
    pid = await watched.pid("stubborn")
    watched.supervisor.hastened.set()
    await watched.supervisor.stop()
    assert gone(pid)


async def test_haste_still_lets_the_database_close_its_files() -> None:
    watched = Watched()
    watched.supervisor.keep(program("database", SAYS_BYE, Stage.DATABASE))
    await watched.pid("database")
    watched.supervisor.hastened.set()
    await watched.supervisor.stop()
    assert ("database", "bye") in watched.heard


@linux_only
async def test_haste_cuts_the_databases_long_grace_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HASTY_SECS, Stage.DATABASE, 0.1)
    watched = Watched()
    watched.supervisor.keep(program("database", STUBBORN, Stage.DATABASE))
    pid = await watched.pid("database")
    stopping = asyncio.create_task(watched.supervisor.stop())
    watched.supervisor.hastened.set()
    await asyncio.wait_for(stopping, GRACE_SECS[Stage.DATABASE] - 1)
    assert gone(pid)


def test_the_graces_stay_within_the_promise() -> None:
    quick = sum(GRACE_SECS.values()) - GRACE_SECS[Stage.DATABASE] + HASTY_SECS[Stage.DATABASE]
    assert quick < 10  # 1.5 + 3.5 + 1 + 1 + 2 = 9 s where the disk is not slow; Ctrl-C promises 10


def test_the_database_is_left_time_to_write() -> None:
    assert GRACE_SECS[Stage.DATABASE] == 30.0


def test_the_service_asks_the_supervisor_alone_and_waits_for_every_grace() -> None:
    lines = (BASE_DIR / "deploy/systemd/windlass.service").read_text(encoding="utf-8").splitlines()
    service = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert service["KillMode"] == "mixed"
    assert service["KillSignal"] == "SIGINT"
    assert float(service["TimeoutStopSec"]) > sum(GRACE_SECS.values()) + len(GRACE_SECS) * DRAIN_SECS


@linux_only
async def test_a_grandchild_goes_with_its_parent() -> None:
    watched = Watched()
    watched.supervisor.keep(program("parent", ABANDONS))
    grandchild = int((await watched.until("parent", "grandchild")).split()[1])
    await watched.until("windlass", "parent ended (status 0)")  # not held up by the pipe it left open
    assert gone(grandchild)
    await watched.supervisor.stop()


async def test_a_run_returns_what_was_printed_and_logs_the_rest() -> None:
    watched = Watched()
    output = await watched.supervisor.run("once", python("print('secret'); print('a word', file=sys.stderr)"))
    assert output == ["secret"]
    assert watched.heard == [("once", "a word")]


async def test_a_failed_run_says_its_last_words() -> None:
    watched = Watched()
    with pytest.raises(ChildFailed, match="`once` ended with status 1: no such table"):
        await watched.supervisor.run("once", python("sys.exit('no such table')"))


@linux_only
async def test_a_cancelled_run_is_killed() -> None:
    watched = Watched()
    code = "print('ready', os.getpid(), file=sys.stderr); signal.pause()"
    run = asyncio.create_task(watched.supervisor.run("once", python(code)))
    pid = await watched.pid("once")
    run.cancel()
    await asyncio.wait({run})
    assert run.cancelled()
    assert gone(pid)


async def test_long_and_unfinished_lines_arrive() -> None:
    watched = Watched()
    code = "sys.stderr.write('x' * 200_000 + chr(10) + 'no end')"
    await watched.supervisor.run("once", python(code))
    texts = [text for _, text in watched.heard]
    assert "".join(texts) == "x" * 200_000 + "no end"
    assert texts[-1] == "no end"


@pytest.mark.parametrize(("status", "words"), [(0, "status 0"), (3, "status 3"), (-9, "killed by SIGKILL")])
def test_a_status_in_words(status: int, words: str) -> None:
    assert in_words(status) == words


@linux_only
def test_kill_9_of_the_supervisor_leaves_no_orphan() -> None:
    argv = [*orphans.ME, "supervise"]
    with subprocess.Popen(argv, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        _, child, grandchild = supervisor.stdout.readline().split()
        supervisor.kill()
    assert gone(int(child))
    assert gone(int(grandchild))
