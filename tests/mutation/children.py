"""Forked children: bounded in time and memory, silent, and with one thing to say before they end."""

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

KILLED, SURVIVED, CIRCLES, BROKEN = "killed", "survived", "circles", "broken"
_STATUS = {0: SURVIVED, 1: KILLED, -signal.SIGXCPU: CIRCLES}
_FAILED = 3
# A child that could not do its work: neither killed nor survived.
MEMORY_BYTES = 3 << 30


@dataclass(frozen=True, slots=True)
class Child:
    """A process at work, and where its words arrive."""

    pid: int
    reads: int


def born(work: Callable[[], str], *, limit_secs: int | None = None) -> Child:
    """Fork a child that works and says something; it ends with 1 if it said anything, else with 0."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reads)
        _live(work, writes, limit_secs)
    os.close(writes)
    return Child(pid, reads)


def last_words(child: Child) -> str:
    """All that it said; waits until it has ended."""
    with os.fdopen(child.reads) as file:
        return file.read()


def said(work: Callable[[], str]) -> str:
    """What a child has to say that must not fail."""
    child = born(work)
    words = last_words(child)
    _, status = os.waitpid(child.pid, 0)
    if meaning(status) not in (KILLED, SURVIVED):
        raise RuntimeError(words or f"a child ended with {status}")
    return words


def meaning(status: int) -> str:
    """What became of the mutant in a child, from how the child ended."""
    return _STATUS.get(os.waitstatus_to_exitcode(status), BROKEN)


def _live(work: Callable[[], str], writes: int, limit_secs: int | None) -> None:
    code = _FAILED
    try:
        _bounded(limit_secs)
        words = work()
        _say(writes, words)
        code = 1 if words else 0
    except BaseException:  # noqa: BLE001 - told to the parent; no child may go on as if it were the parent
        _say(writes, traceback.format_exc())
    finally:
        os._exit(code)


def _bounded(limit_secs: int | None) -> None:
    """CPU seconds, memory, no output, no core."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.__stdout__.fileno())
    os.dup2(nowhere, sys.__stderr__.fileno())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limit_secs is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (limit_secs, limit_secs + 5))


def _say(writes: int, words: str) -> None:
    with os.fdopen(writes, "w") as file:
        file.write(words)
