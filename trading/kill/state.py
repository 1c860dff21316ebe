"""What the watcher says of itself: whether it has its pins, and whether database and broker let it in."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from project.services.files import write_private
from project.services.spawn import die_with_parent
from trading.kill import places
from trading.kill.options import Surroundings
from trading.kill.pins import Pins

NAME = "kill-watch.json"
LOOK_SECS = 5.0
FIRST_SECS = 5.0
REACH_SECS = 120.0
# A child asks, for the database's library would stay in the watcher's memory.
CHILD_SECS = 30.0


@dataclass(frozen=True, slots=True)
class State:
    """The watcher's number; its pins (`none`, `gpio`) and their trouble; what did not let it in, asked at a Unix time."""

    pid: int
    pins: str
    trouble: str = ""
    unreached: tuple[str, ...] = ()
    asked_at: float | None = None


def read(home: Path) -> State | None:
    """What the watcher of this moment says; None without one, or where it could not write."""
    try:
        said = json.loads((home / NAME).read_text(encoding="utf-8"))
        found = State(**{**said, "unreached": tuple(map(str, said["unreached"]))})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.pid == places.watcher(home) else None


def write(home: Path, state: State) -> None:
    """For the doctor; a full disk costs no more than that."""
    with suppress(OSError):
        write_private(home / NAME, json.dumps(asdict(state)))


def in_background(around: Surroundings, pins: Pins | None, stop: threading.Event) -> None:
    """Keep it written, from now on."""
    teller = Teller(around, pins)
    teller.look()
    threading.Thread(target=teller.run, args=(stop,), name="kill-state", daemon=True).start()


class Teller:
    """One per watcher."""

    def __init__(self, around: Surroundings, pins: Pins | None) -> None:
        self._around, self._pins = around, pins
        self._said: State | None = None
        self._unreached: tuple[str, ...] = ()
        self._asked_at: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        ask_at = time.monotonic() + FIRST_SECS
        while not stop.wait(LOOK_SECS):
            if self._around.door is None and time.monotonic() >= ask_at:  # a remote button reaches neither
                ask_at = time.monotonic() + REACH_SECS
                self._unreached, self._asked_at = _unreached(), round(time.time(), 1)
            self.look()

    def look(self) -> None:
        """Write down what has changed."""
        pins, trouble = ("gpio", self._pins.trouble) if self._pins else ("none", "")
        now = State(os.getpid(), pins, trouble, self._unreached, self._asked_at)
        if now != self._said:
            write(self._around.home, now)
            self._said = now


def _unreached() -> tuple[str, ...]:
    """Asked by a child, that lives where we live and knows what we would know at a press."""
    command = [sys.executable, "-m", "trading.kill", "--reach"]
    try:
        said = subprocess.run(
            command, timeout=CHILD_SECS, check=False, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent()
        )
    except (OSError, subprocess.SubprocessError) as error:
        return (f"nobody could be asked: {error}",)
    return tuple(said.stdout.splitlines()) or ("nobody could be asked",) * bool(said.returncode)
