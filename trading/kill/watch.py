"""The kill process's life: watch the button, the latch and the engine's heartbeat; act once, stay red until lifted."""

import json
import logging
import secrets
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from project.accounts import latch as latches
from project.accounts.latch import Latch
from project.services.files import write_private
from risk.hardware import Lights
from trading.kill import journal, places, sequence
from trading.kill.journal import Journal
from trading.kill.lights import lights
from trading.kill.options import Surroundings
from trading.kill.remote import BEAT_SECS

log = logging.getLogger("trading.kill")

LOOK_SECS = 0.04
# How soon a latch that somebody else set is seen.
SETTLE_LOOK_SECS = 0.004
AGAIN_SECS = 60.0
# An emergency that ended without being flat, for whatever reason, is begun again after this.
BUTTON, TOLD_BY = "red button", "page or command"
ALARMS = {"tamper": "the button's housing was opened", "case": "the computer's case was opened"}


class Board(Protocol):
    """The pins, or nothing in their place."""

    @property
    def settling(self) -> bool:
        """Whether to look again at once."""

    def poll(self, now: float) -> tuple[str, ...]:
        """What has opened: kill, tamper, case."""

    def show(self, lights: Lights) -> None:
        """Set the lamps."""


class NoBoard:
    """A computer without pins: the page, the command and the door press the button."""

    settling = False

    def poll(self, now: float) -> tuple[str, ...]:
        """Nothing ever opens."""
        return ()

    def show(self, lights: Lights) -> None:
        """There is no lamp."""


class Watch:
    """One per data folder. `stop` ends it; an emergency in progress goes on from the venues' word when it starts again."""

    def __init__(self, around: Surroundings, board: Board, *, moved: threading.Event) -> None:
        self._around, self._board, self._moved = around, board, moved
        self._acting: threading.Thread | None = None
        self._acted = ""  # the emergency that was brought to its end, or is being
        self._again_at = 0.0
        self._alarm = False
        self._told = False
        self._yields = False  # to a process with a button
        self._pending: Latch | None = None  # pressed while another emergency was at work, and on no disk
        self.stop = threading.Event()

    def run(self) -> None:
        """Until told to stop."""
        if self._around.door is not None:
            threading.Thread(target=self._beat, name="kill-beat", daemon=True).start()
        while not self.stop.is_set():
            self.look()
            self._moved.wait(SETTLE_LOOK_SECS if self._board.settling else LOOK_SECS)
            self._moved.clear()
            if self._yields and not self._is_acting():
                self.stop.set()

    def end(self) -> None:
        """Stop at once; for signal handlers."""
        self.stop.set()
        self._moved.set()

    def told(self) -> None:
        """Somebody pressed whom the disk took no latch from; for signal handlers."""
        self._told = True
        self._moved.set()

    def yield_when_idle(self) -> None:
        """Stop when no emergency is at work: a process with a button goes before us; for signal handlers."""
        self._yields = True

    def look(self) -> None:
        """One look at everything."""
        now = time.monotonic()
        if self._told:
            self._told = False
            self._act(pressed_latch(self._around.home, operator=TOLD_BY), pressed=now)
        for name in self._board.poll(now):
            self._opened(name, now)
        if self._pending is not None and not self._is_acting():
            pending, self._pending = self._pending, None
            self._act(pending, pressed=now)
        latched = latches.is_set(self._around.home)
        if latched:
            self._act(pressed=now)
        else:
            self._acted = ""
        mode, age = places.heartbeat(self._around.home, now=time.time())
        self._board.show(lights(mode, latched=latched, beat_age_secs=age, alarm=self._alarm))

    def _opened(self, name: str, now: float) -> None:
        """The button sets the latch; an alarm contact is written down, and the red lamp blinks until the next start."""
        if name == "kill":
            self._forget_the_last()
            return self._act(pressed_latch(self._around.home), pressed=now)
        self._alarm = True
        log.critical("unauthorised access: %s", ALARMS[name])
        Journal(self._around.home, "access").write("alarm", contact=name, words=ALARMS[name])
        return None

    def _forget_the_last(self) -> None:
        """The remote layout: the engine may have left the last emergency; a new press is a new one, with a new number."""
        standing = latches.read(self._around.home) if self._around.door is not None else None
        if standing is not None and journal.is_done(self._around.home, standing.id):
            with suppress(OSError):
                latches.lift(self._around.home)

    def _act(self, standing: Latch | None = None, *, pressed: float) -> None:
        """Begin what the latch asks for, once."""
        if self._is_acting():
            self._pending = standing if standing and standing.source == sequence.MEMORY else self._pending
            return
        standing = standing or latches.read(self._around.home)
        if standing is None:
            return
        if standing.id == self._acted and pressed < self._again_at:
            return
        self._acted, self._again_at = standing.id, pressed + AGAIN_SECS
        if journal.is_done(self._around.home, standing.id):
            return
        Journal(self._around.home, standing.id, pressed=pressed).write("latched")
        work = threading.Thread(target=sequence.run, args=(self._around, standing), kwargs={"pressed": pressed})
        work.daemon = True
        work.start()
        self._acting = work

    def _is_acting(self) -> bool:
        return self._acting is not None and self._acting.is_alive()

    def _beat(self) -> None:
        """The remote layout: say that the button is watched, and keep what the engine answers."""
        assert self._around.door is not None
        while not self.stop.wait(BEAT_SECS):
            answer = self._around.door.beat()
            if answer is not None:
                self._keep(answer)

    def _keep(self, answer: str) -> None:
        """The holdings and the mode, as files, as if the engine stood beside us."""
        for name, text in remembered(answer).items():
            try:
                write_private(self._around.home / name, text)
            except OSError as error:  # the button is watched all the same, and goes on saying so
                log.error("%s could not be kept: %s", name, error)


def pressed_latch(home: Path, *, operator: str = BUTTON) -> Latch:
    """The latch of a pressed button. A disk that is full or broken holds nothing up: the venues are flattened all the same."""
    try:
        return latches.engage(home, operator=operator, reason="the button was pressed", source="pin")
    except OSError as error:
        log.critical("the latch could not be written (%s): nothing but this process stops the engine", error)
        return unwritten(operator=operator, reason="the button was pressed")


def unwritten(*, operator: str, reason: str) -> Latch:
    """A latch that no disk would take: an emergency of this process alone."""
    name = f"unwritten{secrets.token_hex(8)}"
    return Latch(name, datetime.now(UTC).isoformat(), operator, reason, sequence.MEMORY)


def remembered(answer: str) -> dict[str, str]:
    """What the door says to a heartbeat, as the files that a kill reads. Nothing of an answer that cannot be read."""
    try:
        said = json.loads(answer)
        holdings = json.dumps(said["holdings"])
        places.parsed_holdings(holdings)
        return {places.HOLDINGS: holdings, places.HEARTBEAT: json.dumps({"mode": str(said["mode"])})}
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        log.warning("the engine's answer to the heartbeat cannot be read")
        return {}
