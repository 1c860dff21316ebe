"""The engine's side of the kill switch, tended by the pump every two seconds: files, the latch, what was done, who watches."""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from project.accounts import latch, mode
from project.accounts.models import ExchangeAccount, KillReport
from project.accounts.vault import VaultError
from trading import bells
from trading.kill import remote, sequence
from trading.services import kill_door, kill_files, kill_import
from trading.services.press import press

log = logging.getLogger(__name__)

SILENT_SECS = 3 * remote.BEAT_SECS
# A remote button that has not been heard of for three heartbeats cannot stop anything: entries pause.
REASON_LENGTH = range(3, 201)
NO_REASON = "A reason of 3 to 200 characters is needed: it is what the journal will say later."
NO_PHRASE = f"Type {mode.KILL_PHRASE} in capital letters to confirm. Nothing was done."
LATCHED = "The latch is set: no order leaves, every order is cancelled and every position closed."


class Beside:
    """One per pump."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._writer = kill_files.Writer(home)

    def tend(self, *, now: datetime) -> None:
        """Whatever an emergency needs to find, and whatever it left behind. Raises DatabaseError."""
        mode.follow_latch()
        try:
            self._writer.write(now=now)
        except (OSError, VaultError) as error:
            log.error("the kill process would find old keys or holdings: %s", error)
        if kill_import.take_over(self._home):
            _ring_reconcile()
        pause_when_unwatched(self._home, now=now)


def _ring_reconcile() -> None:
    """What the kill sold is booked by the accounts' own tasks."""
    for account_id in ExchangeAccount.objects.values_list("pk", flat=True):
        bells.ring("reconcile_books", account_id)


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of a press: the latch that stands, and what to know about it; durable: it survives a reboot."""

    latch: latch.Latch
    words: str

    @property
    def durable(self) -> bool:
        """False when no disk took the latch."""
        return self.latch.source != sequence.MEMORY


class KillRefused(Exception):
    """A press that was not meant, or not by somebody who may: the code and what to do. Nothing was done."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


def kill(home: Path, *, operator: str, reason: str, phrase: str, source: str) -> Pressed:
    """The red button for page and API, whose caller has checked the role: the typed word, a reason, and all stops.

    Raises KillRefused. Works without database, broker, and with a disk that takes no latch.
    """
    if len(reason) not in REASON_LENGTH:
        raise KillRefused("NO_REASON", NO_REASON)
    if phrase != mode.KILL_PHRASE:
        raise KillRefused("NOT_CONFIRMED", NO_PHRASE)
    pressed = press(home, operator=operator, reason=reason, source=source)
    if pressed.source == sequence.MEMORY:
        return Pressed(pressed, mode.NO_LATCH)
    mode.follow_latch_soon()
    return Pressed(pressed, LATCHED)


def pause_when_unwatched(home: Path, *, now: datetime) -> bool:
    """Pause entries when the remote button is silent; whether that was needed now. A person resumes."""
    age = kill_door.beat_age(home, now=now.timestamp())
    if age is None or age <= SILENT_SECS or mode.current().mode != mode.Mode.NORMAL:
        return False
    reason = f"the remote kill switch has been silent for {age:.0f} s"
    mode.change(mode.Mode.PAUSED, operator=kill_import.OPERATOR, reason=reason)
    log.error("entries pause: %s", reason)
    return True


def standing(home: Path) -> tuple[latch.Latch, KillReport | None] | None:
    """The emergency that stands and how far it has come; None without one."""
    found = latch.read(home)
    return None if found is None else (found, KillReport.objects.filter(latch=found.id).first())
