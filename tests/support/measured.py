"""Which processes of a test count for coverage: its own, and those that it starts with `environ()`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import coverage

VARIABLE = "COVERAGE_PROCESS_CONFIG"
_found: dict[str, str] = {}


def unset() -> None:
    """From here on a child is not measured, unless it is started with `environ()`."""
    if VARIABLE in os.environ:
        _found[VARIABLE] = os.environ.pop(VARIABLE)


def environ() -> dict[str, str]:
    """The environment of a child that is measured as this process is."""
    return {**os.environ, **_found}


@contextmanager
def paused() -> Iterator[None]:
    """Nothing is counted meanwhile: counting takes as long as what it counts, and the hundredth time tells nothing new."""
    counting = coverage.Coverage.current()
    if counting is None:
        yield
        return
    counting.stop()
    try:
        yield
    finally:
        counting.start()
