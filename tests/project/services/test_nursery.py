"""What a mother forks is our own child: with our words, our pipes, our signals, and without her when she is gone."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import psutil
import pytest

from project.services import child, nursery, stack
from project.services.child import Child
from project.services.nursery import Forked, Nursery
from project.services.spawn import Launch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process has one mother for ever elsewhere")

PATIENCE_SECS = 60.0
ENV = {"PATH": os.defpath, "PYTHONPATH": str(stack.BASE_DIR)}
LIGHT = "tests.project.services.light_mother"


def launch(word: str, **more: str) -> Launch:
    return stack.python(f"-m tests.project.services.born {word}", env=ENV | more)


class Said:
    """The lines of one program, by pipe."""

    def __init__(self) -> None:
        self.output: asyncio.Queue[str] = asyncio.Queue()
        self.errors: asyncio.Queue[str] = asyncio.Queue()

    async def start(self, born: Nursery, word: str, **more: str) -> Child:
        """The program, once it has said who it is."""
        made = await child.start(
            launch(word, **more), self.errors.put_nowait, stdout=self.output.put_nowait, by=born.spawn
        )
        async with asyncio.timeout(PATIENCE_SECS):
            assert await self.output.get() == f"{os.getpid()} True True"
            assert await self.errors.get() == "to standard error"
        return made


@pytest.fixture
async def born() -> AsyncIterator[Nursery]:
    async with nursery.opened(ENV, print, mother=LIGHT) as opened:
        yield opened


async def test_it_is_our_child_with_its_own_words_and_pipes_and_tells_its_status(born: Nursery) -> None:
    waiting = await Said().start(born, "wait")
    assert isinstance(waiting.process, Forked)
    assert psutil.Process(waiting.pid).cmdline() == list(launch("wait").argv)
    ended = await Said().start(born, "end")
    assert await asyncio.wait_for(ended.wait(), PATIENCE_SECS) == 3
    waiting.send(signal.SIGTERM)
    assert await asyncio.wait_for(waiting.wait(), PATIENCE_SECS) == -signal.SIGTERM
    waiting.send(signal.SIGTERM)  # it is gone: nothing happens
    assert not psutil.pid_exists(waiting.pid)


async def test_it_outlives_its_mother_and_what_comes_later_is_started_without_her(born: Nursery) -> None:
    first = await Said().start(born, "wait")
    assert born.mother is not None
    born.mother.kill()
    second = await Said().start(born, "wait")
    assert psutil.Process(first.pid).is_running()
    assert not isinstance(second.process, Forked)
    for made in (first, second):
        made.kill()
        assert await asyncio.wait_for(made.wait(), PATIENCE_SECS) == -signal.SIGKILL


async def test_other_surroundings_than_hers_are_no_work_for_a_mother(born: Nursery) -> None:
    made = await Said().start(born, "end", MORE="1")
    assert not isinstance(made.process, Forked)
    assert await asyncio.wait_for(made.wait(), PATIENCE_SECS) == 3


async def test_a_mother_that_cannot_load_is_told_and_done_without() -> None:
    told: list[str] = []
    async with nursery.opened(ENV, told.append, mother="tests.project.services.no_such_mother") as born:
        made = await Said().start(born, "end")
        assert await asyncio.wait_for(made.wait(), PATIENCE_SECS) == 3
    assert not isinstance(made.process, Forked)
    assert "no_such_mother" in told[-1]
