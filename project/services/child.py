"""One run of a program: started, its output read line by line, its whole process group gone at the end."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from project.services import spawn
from project.services.spawn import Launch

CHUNK_BYTES = 65536
LONGEST_LINE_BYTES = 65536
DRAIN_SECS = 0.5
# After a process ended its pipe may be held open by a grandchild; its last words come at once or not at all.

Say = Callable[[str], None]


class Process(Protocol):
    """What is asked of a running process, whoever started it; asyncio's own is one."""

    @property
    def pid(self) -> int:
        """Its process id."""

    async def wait(self) -> int:
        """Its status, once it has ended."""

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal. Raises ProcessLookupError."""


Spawn = Callable[[Launch, int, int], Awaitable[Process]]
# Starts a program whose standard output and error are these descriptors. Raises OSError.


@dataclass(slots=True)
class Child:
    """A running process and the task that reads its output."""

    process: Process
    readers: tuple["asyncio.Task[None]", ...]
    started: float

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's."""
        return self.process.pid

    @property
    def ran_secs(self) -> float:
        """How long it has been running, or ran."""
        return time.monotonic() - self.started

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it and everything it started."""
        spawn.end_group(self.pid)

    async def wait(self) -> int:
        """Its status once it has ended, its group is gone and its output read."""
        status = await self.process.wait()
        self.kill()
        await asyncio.wait(self.readers, timeout=DRAIN_SECS)
        for reader in self.readers:
            reader.cancel()
        return status


async def spawned(
    launch: Launch, output: int, errors: int, *, stdin: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    """A program started in the ordinary way. Raises OSError."""
    return await asyncio.create_subprocess_exec(
        *launch.argv, stdin=stdin, stdout=output, stderr=errors, **spawn.popen_arguments(launch)
    )


async def start(launch: Launch, say: Say, *, stdout: Say | None = None, by: Spawn = spawned) -> Child:
    """Start a program; its lines go to say, those of its standard output to stdout when given. Raises OSError.

    The pipes are our own: asyncio's wait() does not return before a pipe it made is closed by every grandchild.
    """
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as childs:
        errors = _pipe(ours, childs)
        output = _pipe(ours, childs) if stdout else None
        process = await by(launch, (output or errors)[1], errors[1])
        ours.pop_all()  # from here on the readers own them
    readers = [asyncio.create_task(_relay(errors[0], say))]
    readers += [asyncio.create_task(_relay(output[0], stdout))] if output and stdout else []
    return Child(process, tuple(readers), time.monotonic())


def _pipe(ours: contextlib.ExitStack, childs: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe; its reading end is closed with ours, its writing end with the child's."""
    reading, writing = os.pipe()
    ours.callback(os.close, reading)
    childs.callback(os.close, writing)
    return reading, writing


async def _relay(descriptor: int, say: Say) -> None:
    """Hand on every line until the pipe is closed."""
    reader = asyncio.StreamReader()
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            async for line in _lines(reader):
                say(line)
        finally:
            transport.close()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Complete lines; a line without end is cut so that it cannot fill the memory."""
    rest = b""
    while chunk := await reader.read(CHUNK_BYTES):
        *complete, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE_BYTES:
            complete, rest = [*complete, rest], b""
        for line in complete:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")
