"""The engine's side of the kill switch, tended by the pump every two seconds: files, the latch, what was done, who watches."""

import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from project.accounts import latch, mode
from project.accounts.models import ExchangeAccount, KillReport
from project.accounts.vault import VaultError
from project.settings.environment import BASE_DIR
from trading import bells
from trading.kill import places, remote
from trading.services import kill_door, kill_files, kill_import

log = logging.getLogger(__name__)

SILENT_SECS = 3 * remote.BEAT_SECS
# A remote button that has not been heard of for three heartbeats cannot stop anything: entries pause.


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


def press(home: Path, *, operator: str, reason: str, source: str) -> latch.Latch:
    """The red button of page and command line: the latch, and somebody who acts on it when no kill process runs.

    The mode row follows by whoever acts; no database is needed here.
    """
    standing = latch.engage(home, operator=operator, reason=reason, source=source)
    if not places.is_watched(home):
        log.error("no kill process watches %s: one is started for this emergency", home)
        subprocess.Popen([sys.executable, "-m", "trading.kill", "--once"], cwd=BASE_DIR, start_new_session=True)
    return standing


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
