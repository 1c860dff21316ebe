"""Who starts when: the dashboard and the door at once, whoever calls venues once the paper exchange listens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from project.services import options, startup
from project.services.logs import Logs
from project.services.nursery import Nursery
from project.services.startup import ENGINE, TRADERS, Stack
from project.services.terminal import Terminal
from tests.project.services.test_up import environ
from tests.project.services.watching import PATIENCE_SECS, WAITS, Watched, program

PROGRAMS = {name: program(name, WAITS) for name in (*ENGINE, *TRADERS)}


@contextlib.asynccontextmanager
async def answering(port: int) -> AsyncIterator[None]:
    """A server that says 200 to everything, on this port."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    yield watched
    await watched.supervisor.stop()


@pytest.fixture
def stack(tmp_path: Path, watched: Watched) -> Stack:
    variables = environ(tmp_path)
    logs = Logs(tmp_path / "logs", Terminal())
    return Stack(options.from_environ(variables), variables, logs, Terminal(), watched.supervisor)


async def test_no_worker_runs_before_the_paper_exchange_listens(
    stack: Stack, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "PAPER_SECS", PATIENCE_SECS)
    ports = stack.options.ports
    async with answering(ports["door"]), answering(ports["web"]):
        starting = asyncio.create_task(stack._engine(PROGRAMS, Nursery({})))
        await watched.ready(*ENGINE)
        assert set(watched.alive) == set(ENGINE)
        async with answering(ports["paper"]):
            await starting
            await watched.ready(*TRADERS)
    assert not stack.unwell


async def test_exits_wait_so_long_for_it_and_no_longer(
    stack: Stack, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "PAPER_SECS", 0.2)
    monkeypatch.setattr(startup, "APPS_SECS", 1.0)
    async with answering(stack.options.ports["door"]), answering(stack.options.ports["web"]):
        await stack._engine(PROGRAMS, Nursery({}))
        await watched.ready(*TRADERS)
    assert [said.partition(",")[0] for said in stack.unwell] == ["paper"]
