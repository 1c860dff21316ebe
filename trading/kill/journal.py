"""The kill process's own journal: one file an emergency, a line a deed, each synced before the next is done.

The engine takes the lines over when it is well again (trading/services/kill_import.py).
"""

import errno
import json
import logging
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from project.services.files import sync_folder
from trading.kill.places import JOURNALS

log = logging.getLogger("trading.kill")

FLAT = "flat"
# The last line: three looks at every venue found nothing.


def path(home: Path, latch_id: str) -> Path:
    """The file of one emergency."""
    return home / JOURNALS / f"{latch_id}.jsonl"


def lines(home: Path, latch_id: str) -> list[dict[str, Any]]:
    """What was written, in order; a last line that was cut off by a crash is left out."""
    try:
        text = path(home, latch_id).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:  # somebody else's file: what cannot be read counts as not done
        log.error("the kill journal cannot be read (%s)", error)
        return []
    return [found for line in text.splitlines() if (found := _parsed(line))]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def is_done(home: Path, latch_id: str) -> bool:
    """Whether an emergency has been brought to its end."""
    return any(line.get("kind") == FLAT for line in lines(home, latch_id))


class Journal:
    """Appends; safe from several threads. A disk that refuses stops nothing: the deed counts, the line is owed and logged."""

    def __init__(self, home: Path, latch_id: str, *, pressed: float | None = None) -> None:
        self._path = path(home, latch_id)
        self._pressed = time.monotonic() if pressed is None else pressed
        self._lock = threading.Lock()
        self._owed: list[str] = []
        self._unsynced = False

    def ms(self) -> float:
        """Milliseconds since the press."""
        return round((time.monotonic() - self._pressed) * 1000, 1)

    def write(self, kind: str, **facts: Any) -> None:
        """One line: what, when (UTC and ms since the press), and its facts (never a secret)."""
        line = {"at": datetime.now(UTC).isoformat(), "ms": self.ms(), "kind": kind, **facts}
        text = json.dumps(line, default=str)
        log.warning("%s", text)
        with self._lock:
            self._owed.append(text)
        self.settle()

    def settle(self) -> bool:
        """Write what the disk would not take before; whether all is written. The engine books by these lines."""
        with self._lock:
            try:
                while self._owed or self._unsynced:
                    self._append(self._owed[:1])
                    del self._owed[:1]
                    self._sync()
            except OSError as error:
                log.error("the kill journal cannot be written (%s): %s lines are owed", error, len(self._owed))
            return not self._owed

    def _append(self, texts: Sequence[str]) -> None:
        """At the end, below whatever was torn there."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        try:
            for text in texts:
                line = b"\n" * _is_torn(descriptor) + text.encode() + b"\n"
                if os.write(descriptor, line) < len(line):  # the rest found no room: written again, whole
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._unsynced = True
        finally:
            os.close(descriptor)

    def _sync(self) -> None:
        """What is written, and that the file is there."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self._path.parent)
        self._unsynced = False


def _is_torn(descriptor: int) -> bool:
    """Whether the last line has no end."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
