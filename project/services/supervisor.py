"""Keeps processes alive: starts them, restarts what ended, stops them in order. Runs in the main thread only."""

import asyncio
import contextlib
import functools
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from project.services import child as children
from project.services.backoff import Backoff
from project.services.child import Child, Spawn
from project.services.errors import ChildFailed
from project.services.spawn import Launch
from project.services.stackfile import ProcessId

NOT_STARTED = 127
# The status a shell gives a program it cannot start.


class Stage(IntEnum):
    """When a program is stopped: the highest first, so that nobody loses what it stands on."""

    DATABASE = 0
    BROKER = 1
    VENUE = 2
    WORK = 3
    INTAKE = 4


GRACE_SECS = {Stage.INTAKE: 1.5, Stage.WORK: 3.5, Stage.VENUE: 1.0, Stage.BROKER: 1.0, Stage.DATABASE: 30.0}
# How long a stage may take before it is killed. Before the database 7 s together; it closes within 2, but where the disk
# is slow it has much to write, and killed it must recover at the next start.
HASTY_SECS = {Stage.BROKER: 1.0, Stage.DATABASE: 2.0}
# What servers are left to close their files after a second signal; the other stages have nothing to close.


@dataclass(frozen=True, slots=True)
class Program:
    """A process to be kept alive."""

    name: str
    launch: Launch
    stage: Stage


@dataclass(slots=True)
class Keeper:
    """What the supervisor knows of one program."""

    program: Program
    first: Spawn = children.spawned  # how it is started the first time
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    child: Child | None = None
    task: "asyncio.Task[None] | None" = None


class Supervisor:
    """A set of programs kept alive until stop().

    line(name, text) gets their output, say(text) our own words, changed(children) the processes now alive.
    """

    def __init__(
        self,
        *,
        line: Callable[[str, str], None],
        say: Callable[[str], None],
        changed: Callable[[Mapping[str, ProcessId]], None],
    ) -> None:
        self._line, self._say, self._changed = line, say, changed
        self._keepers: dict[str, Keeper] = {}
        self.hastened = asyncio.Event()

    def keep(self, program: Program, *, by: Spawn = children.spawned) -> None:
        """Start a program and keep it alive; `by` starts it the first time."""
        keeper = Keeper(program, by)
        self._keepers[program.name] = keeper
        keeper.task = asyncio.create_task(self._keep(keeper), name=program.name)
        keeper.task.add_done_callback(self._mourn)

    async def run(self, name: str, launch: Launch, *, by: Spawn = children.spawned) -> list[str]:
        """Run a program to its end and return the lines of its standard output. Raises ChildFailed."""
        output: list[str] = []
        complaints: list[str] = []
        heard = functools.partial(self._heard, name, complaints=complaints)
        process = await children.start(launch, heard, stdout=output.append, by=by)
        try:
            status = await process.wait()
        except asyncio.CancelledError:  # we are being stopped
            process.kill()
            raise
        if status != 0:
            last_words = complaints[-1].rstrip(".") if complaints else "it gave no reason"
            raise ChildFailed(name=name, status=status, detail=last_words)
        return output

    async def stop(self) -> None:
        """Stop everything, stage by stage, each within its grace."""
        for stage in sorted(Stage, reverse=True):
            await self._stop_stage(stage, [k for k in self._keepers.values() if k.program.stage is stage])

    def _heard(self, name: str, text: str, complaints: list[str]) -> None:
        complaints.append(text)
        self._line(name, text)

    def _mourn(self, task: "asyncio.Task[None]") -> None:
        """A keeper must never fail; if it does, say so, for its program is no longer watched."""
        if not task.cancelled() and task.exception():
            self._say(f"{task.get_name()} is no longer watched, restart the stack: {task.exception()!r}")

    async def _keep(self, keeper: Keeper) -> None:
        backoff = Backoff()
        while not keeper.leaving.is_set():
            status, ran_secs = await self._run_once(keeper)
            if keeper.leaving.is_set():
                return
            backoff = backoff.after(ran_secs=ran_secs)
            self._say(f"{keeper.program.name} ended ({in_words(status)}); again in {backoff.delay_secs:g} s")
            await _wait(keeper.leaving, backoff.delay_secs)

    async def _run_once(self, keeper: Keeper) -> tuple[int, float]:
        """Start the program and wait for its end: its status and how long it ran, in seconds."""
        launch, name = keeper.program.launch, keeper.program.name
        try:
            child = keeper.child = await children.start(launch, functools.partial(self._line, name), by=keeper.first)
        except (OSError, subprocess.SubprocessError) as error:
            self._line(name, f"could not be started: {error}")
            return NOT_STARTED, 0.0
        keeper.first = children.spawned
        self._publish()
        if keeper.leaving.is_set():  # stop() came while it was being started
            child.send(launch.stop_signal)
        status = await child.wait()
        keeper.child = None
        return status, child.ran_secs

    def _publish(self) -> None:
        alive = {name: keeper.child.pid for name, keeper in self._keepers.items() if keeper.child}
        found = {name: process for name, pid in alive.items() if (process := ProcessId.find(pid))}
        with contextlib.suppress(OSError):  # a full disk must not end what runs; the list is only for macOS
            self._changed(found)

    async def _stop_stage(self, stage: Stage, keepers: list[Keeper]) -> None:
        tasks = [keeper.task for keeper in keepers if keeper.task is not None]
        for keeper in keepers:
            _ask_to_leave(keeper)
        if tasks and not await self._ended(tasks, stage):
            for keeper in keepers:
                self._kill(keeper)
            await asyncio.wait(tasks)

    def _kill(self, keeper: Keeper) -> None:
        if keeper.child is not None:
            self._say(f"{keeper.program.name} did not stop in time and is killed")
            keeper.child.kill()

    async def _ended(self, tasks: list["asyncio.Task[None]"], stage: Stage) -> bool:
        """Wait for the tasks, no longer than their grace, nor than the little that the user's haste leaves them."""
        impatience = asyncio.create_task(self.hastened.wait())
        everything = asyncio.gather(*tasks, return_exceptions=True)
        waiting: set[asyncio.Future[Any]] = {everything, impatience}
        await asyncio.wait(waiting, timeout=GRACE_SECS[stage], return_when=asyncio.FIRST_COMPLETED)
        impatience.cancel()
        if self.hastened.is_set():
            await asyncio.wait({everything}, timeout=HASTY_SECS.get(stage, 0.0))
        return all(task.done() for task in tasks)


def in_words(status: int) -> str:
    """An exit status: `status 3`, or `killed by SIGKILL`."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _ask_to_leave(keeper: Keeper) -> None:
    keeper.leaving.set()
    if keeper.child is not None:
        keeper.child.send(keeper.program.launch.stop_signal)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event comes, but no longer than this."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
