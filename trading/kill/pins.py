"""The board's pins, had as soon as they can be: without them the latch is watched all the same."""

import contextlib
import logging
import threading
import time
from pathlib import Path

from risk.hardware import Lights
from trading.kill.watch import Board, NoBoard

log = logging.getLogger("trading.kill")

AGAIN_SECS = 10.0
# At boot the pins may belong to nobody yet; a library that is not installed is looked for in some milliseconds.


class Pins:
    """A board with a button. trouble: why there is none now, empty when all is well."""

    def __init__(self, *, moved: threading.Event) -> None:
        self._moved = moved
        self._board: Board = NoBoard()
        self._again_at = time.monotonic() + AGAIN_SECS
        self.trouble = ""
        self._build()

    @property
    def settling(self) -> bool:
        """Whether to look again at once."""
        return self._board.settling

    def poll(self, now: float) -> tuple[str, ...]:
        """What has opened. Asks for the board first, as long as there is none; now is the steady clock."""
        if self.trouble and now >= self._again_at:
            self._again_at = now + AGAIN_SECS
            self._build()
        return self._board.poll(now)

    def show(self, lights: Lights) -> None:
        """Set the lamps."""
        self._board.show(lights)

    def _build(self) -> None:
        before, self.trouble = self.trouble, ""
        try:
            self._board = panel(self._moved)
        except Exception as error:  # noqa: BLE001 - the edge: whatever a driver raises, the latch must be watched
            self.trouble = f"{type(error).__name__}: {error}"
            if self.trouble != before:
                log.critical("the button is dead, and only the latch is watched: %s", self.trouble)


def panel(moved: threading.Event) -> Board:
    """The real board. Raises whatever the driver does.

    At its import lgpio makes a pipe in the folder LG_WD, or in the working directory, and opens it relative to that: so
    it moves the whole process to LG_WD. We move back, or the children of this process would not find their modules.
    """
    from risk.hardware import Panel

    with contextlib.chdir(Path.cwd()):
        return Panel(moved=moved.set)
