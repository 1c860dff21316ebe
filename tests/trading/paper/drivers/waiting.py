"""Waiting for an event of another process, generously."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECS = 60.0
LOOK_SECS = 0.05

T = TypeVar("T")


def until(look: Callable[[], T]) -> T:
    """What `look` finds, once that is anything; the last look decides after a minute."""
    give_up = time.monotonic() + PATIENCE_SECS
    while not (found := look()) and time.monotonic() < give_up:
        time.sleep(LOOK_SECS)
    assert found
    return found
