"""A supervisor whose words can be waited for, and small programs to supervise."""

import asyncio
import sys
from pathlib import Path

from project.services.spawn import Launch
from project.services.supervisor import Program, Stage, Supervisor

PATIENCE_SECS = 60.0

WAITS = "print('ready', os.getpid()); signal.pause()"
SAYS_BYE = "signal.signal(signal.SIGTERM, lambda *_: (print('bye'), os._exit(0))); " + WAITS
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS
ENDS = "print('ready', os.getpid()); sys.exit(3)"
# A child that leaves a grandchild behind: it inherits the group and the output pipe.
ABANDONS = "child = os.fork(); child or signal.pause(); print('grandchild', child); sys.exit(0)"


class Watched:
    """What was said, as an event to wait for."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self._news: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.alive: dict[str, int] = {}
        self.supervisor = Supervisor(
            line=self.line,
            say=lambda text: self.line("windlass", text),
            changed=lambda children: self.alive.update({name: process.pid for name, process in children.items()}),
        )

    def line(self, name: str, text: str) -> None:
        """Somebody said something."""
        self.heard.append((name, text))
        self._news.put_nowait((name, text))

    async def until(self, name: str, beginning: str) -> str:
        """Wait for a line that begins so; return it."""
        async with asyncio.timeout(PATIENCE_SECS):
            while not _matches(line := await self._news.get(), name, beginning):
                continue
        return line[1]

    async def pid(self, name: str) -> int:
        """Wait until the program is ready; return its process id."""
        return int((await self.until(name, "ready")).split()[1])

    async def ready(self, *names: str) -> None:
        """Wait until all of these are, in whatever order."""
        async with asyncio.timeout(PATIENCE_SECS):
            while not set(names) <= {name for name, text in self.heard if text.startswith("ready")}:
                await self._news.get()


def _matches(line: tuple[str, str], name: str, beginning: str) -> bool:
    return line[0] == name and line[1].startswith(beginning)


def python(code: str) -> Launch:
    """A Python one-liner, its output unbuffered."""
    return Launch(argv=(sys.executable, "-u", "-S", "-c", f"import os, signal, sys; {code}"), env={}, cwd=Path("/"))


def program(name: str, code: str, stage: Stage = Stage.WORK) -> Program:
    """A Python one-liner to be kept alive."""
    return Program(name=name, launch=python(code), stage=stage)
