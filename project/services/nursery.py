"""The supervisor's side of mother.py: a program is forked from what is loaded already, and is our child all the same.

Linux only: elsewhere, and when the mother fails, a program is started like any other.
"""

import asyncio
import contextlib
import ctypes
import functools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from project.services import child, stack
from project.services.child import Child
from project.services.mother import MESSAGE_BYTES, PADDING
from project.services.spawn import Launch

MOTHER = "project.services.mother"
PR_SET_CHILD_SUBREAPER = 36
ANSWER_SECS = 60.0
# Loading takes two seconds, on a busy machine ten.


class NoAnswer(OSError):
    """The mother has ended, or does not answer."""


class Forked:
    """A process that the mother forked for us: what asyncio's Process is for one that we started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._loop = asyncio.get_running_loop()
        self._status: asyncio.Future[int] = self._loop.create_future()
        self._descriptor = os.pidfd_open(pid)
        self._loop.add_reader(self._descriptor, self._ended)

    async def wait(self) -> int:
        """Its status once it has ended; below zero the number of the signal that ended it."""
        return await asyncio.shield(self._status)

    def send_signal(self, number: int) -> None:
        """Send it a signal. Raises ProcessLookupError when it is gone."""
        if self._status.done():
            raise ProcessLookupError(self.pid)
        signal.pidfd_send_signal(self._descriptor, number)

    def _ended(self) -> None:
        self._loop.remove_reader(self._descriptor)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._descriptor)
        self._status.set_result(os.waitstatus_to_exitcode(status))


@dataclass(slots=True)
class Nursery:
    """A mother, when there is one, and the surroundings that it was loaded in."""

    env: Mapping[str, str]
    calls: socket.socket | None = None
    mother: Child | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _loaded: bool = False

    async def spawn(self, launch: Launch, output: int, errors: int) -> child.Process:
        """Fork the program; started like any other where that can't be. Raises OSError."""
        async with self._turn:
            if self.calls is not None and launch.env == self.env:
                try:
                    return await asyncio.wait_for(self._forked(self.calls, launch, output, errors), ANSWER_SECS)
                except (OSError, TimeoutError):
                    self.end()
        return await child.spawned(launch, output, errors)

    async def _forked(self, calls: socket.socket, launch: Launch, output: int, errors: int) -> Forked:
        if not self._loaded:
            await _answer(calls)
            self._loaded = True
        with _reaping():  # what its parent leaves becomes ours; for this moment only, for we reap nothing else
            socket.send_fds(calls, [json.dumps(launch.argv).encode()], [output, errors])
            return Forked(int(await _answer(calls)))

    def end(self) -> None:
        """No more of them: the mother ends, what it forked stays. Whoever waits for its answer hears of the end."""
        self.calls = None
        if self.mother is not None:
            self.mother.kill()


async def _answer(calls: socket.socket) -> bytes:
    answer = await asyncio.get_running_loop().sock_recv(calls, MESSAGE_BYTES)
    if not answer:
        raise NoAnswer
    return answer


@contextlib.asynccontextmanager
async def opened(env: Mapping[str, str], say: Callable[[str], None], *, mother: str = MOTHER) -> AsyncIterator[Nursery]:
    """A mother that loads while other things are done; it ends with the block."""
    nursery = Nursery(env)
    if sys.platform != "linux":
        yield nursery
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    with ours:
        with theirs:
            await _start(nursery, say, mother, theirs)
        nursery.calls = ours
        try:
            yield nursery
        finally:
            nursery.end()
            if nursery.mother is not None:
                await nursery.mother.wait()


async def _start(nursery: Nursery, say: Callable[[str], None], mother: str, theirs: socket.socket) -> None:
    launch = stack.python(f"-m {mother} {PADDING}", env=nursery.env)
    spawn = functools.partial(child.spawned, stdin=theirs.fileno())
    try:
        nursery.mother = await child.start(launch, say, by=spawn)
    except (OSError, subprocess.SubprocessError) as error:
        say(f"could not be started: {error}")


@contextlib.contextmanager
def _reaping() -> Iterator[None]:
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
