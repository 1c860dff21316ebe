"""Who watches where two could: the stack's own kill process stands behind one with a button."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from trading.kill import places, state

LOOK_SECS = 0.05
YIELD_SECS = 5.0
WAIT_SECS = 1.0


def wait(home: Path) -> None:
    """Until nobody watches."""
    while places.is_watched(home):
        time.sleep(WAIT_SECS)


def take(home: Path) -> None:
    """A button goes first: who watches without pins is asked to end when it is idle, and waited for a while."""
    said = state.read(home)
    if said is None or said.pins != "none":
        return
    with suppress(OSError):
        os.kill(said.pid, signal.SIGUSR2)
    give_up = time.monotonic() + YIELD_SECS
    while places.is_watched(home) and time.monotonic() < give_up:
        time.sleep(LOOK_SECS)
