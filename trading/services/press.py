"""The one way in which the engine presses: the latch first, then whoever acts on it; also where a disk takes no latch."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

from project.accounts import latch
from project.settings.environment import BASE_DIR
from trading.kill import places
from trading.kill.watch import unwritten

log = logging.getLogger(__name__)


def press(home: Path, *, operator: str, reason: str, source: str) -> latch.Latch:
    """The red button of whoever presses it: the latch, and somebody who acts on it when no kill process runs.

    The mode row follows by whoever acts; no database is needed here.
    """
    try:
        standing = latch.engage(home, operator=operator, reason=reason, source=source)
    except OSError as error:
        return _without_a_latch(home, operator=operator, reason=reason, error=error)
    if not places.is_watched(home):
        log.error("no kill process watches %s: one is started for this emergency", home)
        _start_for_this_one()
    return standing


def _start_for_this_one() -> None:
    try:
        _start("--once")
    except OSError as trouble:
        log.critical("no kill process could be started (%s): the latch stands; close the positions by hand", trouble)


def _without_a_latch(home: Path, *, operator: str, reason: str, error: OSError) -> latch.Latch:
    """A disk that takes no latch: the mode row, and a kill process that is told by signal, stop and flatten all the same."""
    from project.accounts import mode  # the door knows this module before Django is ready

    log.critical("the latch could not be written (%s): the kill goes on by mode row and process", error)
    number = places.watcher(home)
    try:
        if number is None:
            _start("--now")
        else:
            os.kill(number, signal.SIGUSR1)
    except OSError as trouble:
        log.critical("no kill process could be told (%s): close the positions at the venue by hand", trouble)
    mode.declare_without_latch(operator=operator, reason=reason)
    return unwritten(operator=operator, reason=reason)


def _start(how: str) -> None:
    subprocess.Popen([sys.executable, "-m", "trading.kill", how], cwd=BASE_DIR, start_new_session=True)
