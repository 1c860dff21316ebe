"""The engine's own processes for a figure: started as `make up` starts them, ended by id."""

import asyncio
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from celery import current_app

from benchmarks.bench import Bench
from benchmarks.lab import end
from project.services import ready, spawn, stack
from project.services.options import BASE_DIR, Options
from project.services.ports import HOST
from project.services.spawn import Launch

START_SECS = 60.0
WORKERS = ("entries", "exits", "sweeps")


class Engine:
    """Some parts of the stack, by the names of its table, and other programs of ours."""

    def __init__(self, bench: Bench, *parts: str, children: int | None = None) -> None:
        """children: another number of pool processes for the workers than the stack's own."""
        self._bench, self._parts, self._pool = bench, parts, children
        self._children: list[tuple[Launch, subprocess.Popen[bytes]]] = []
        self.pids: dict[str, int] = {}

    def __enter__(self) -> Self:
        for name in self._parts:
            self.start(name, _launch(self._bench, name, self._pool))
        self._await_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End what runs, the last started first."""
        while self._children:
            launch, child = self._children.pop()
            end(child, launch)

    def start(self, name: str, launch: Launch) -> None:
        """Start one program; its output goes to a file of the figure's folder."""
        with (self._bench.home / f"{name}.log").open("ab") as log:
            arguments = spawn.popen_arguments(launch)
            child = subprocess.Popen(launch.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **arguments)
        self._children.append((launch, child))
        self.pids[name] = child.pid

    def await_port(self, port: int) -> None:
        """Wait until something listens there, as long as all our children live."""
        asyncio.run(self._listening(port))

    async def _listening(self, port: int) -> None:
        async def check() -> str:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except OSError as error:
                return str(error)
            writer.close()
            return ""

        if reason := await ready.wait(check, seconds=START_SECS, alive=self._all_live):
            raise RuntimeError(f"port {port}: {reason}; see the logs below {self._bench.home}\n{self._last_words()}")

    def _all_live(self) -> bool:
        return all(child.poll() is None for _, child in self._children)

    def _last_words(self) -> str:
        return "\n".join(path.read_text(encoding="utf-8")[-1000:] for path in sorted(self._bench.home.glob("*.log")))

    def _await_all(self) -> None:
        if "door" in self._parts:
            await_http(f"http://{HOST}:{self._bench.ports['door']}/health/live")
        if "web" in self._parts:
            await_http(f"http://{HOST}:{self._bench.ports['web']}/health/live")
        await_workers(sum(name in WORKERS for name in self._parts))


def _launch(bench: Bench, name: str, children: int | None) -> Launch:
    """A part as the stack's table has it."""
    options = Options(bench.home, bench.ports, "", "", "", demo=False, demo_speed=60)
    program = stack.programs(options, dict(os.environ), flower_login="")[name]
    if children is None or name not in WORKERS:
        return program.launch
    words = list(program.launch.argv)
    words[words.index("-c") + 1] = str(children)
    return replace(program.launch, argv=tuple(words))


def python(*words: str, **env: str) -> Launch:
    """A Python program of this checkout."""
    return Launch(argv=(sys.executable, *words), env={**os.environ, **env}, cwd=BASE_DIR)


def await_http(url: str) -> None:
    """Wait until an address answers 200."""
    if reason := asyncio.run(ready.wait(functools.partial(ready.http_answers, url), seconds=START_SECS)):
        raise RuntimeError(f"{url}: {reason}")


def await_workers(count: int) -> None:
    """Wait until so many workers hear us."""
    if not count:
        return
    asyncio.run(_until(lambda: len(current_app.control.inspect(timeout=0.5).ping() or {}) >= count, "the workers"))


async def _until(question: Callable[[], bool], about: str) -> None:
    async def check() -> str:
        return "" if await asyncio.to_thread(question) else f"{about} do not answer"

    if reason := await ready.wait(check, seconds=START_SECS):
        raise RuntimeError(reason)
