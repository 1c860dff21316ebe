"""One log file per process, kept small."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

LARGEST_BYTES = 10_000_000
KEPT = 3
# Older files beside the current one: .1 is the youngest.


@dataclass(slots=True)
class LogFile:
    """A process's log; turned over at start and while running when it has grown too large."""

    path: Path
    largest_bytes: int = LARGEST_BYTES
    _file: BinaryIO | None = field(default=None)

    def write(self, line: str) -> None:
        """Append a line; it is lost when the disk is full, for a process that cannot log would stand still."""
        with contextlib.suppress(OSError):
            file = self._current()
            file.write(line.encode("utf-8", "replace") + b"\n")
            file.flush()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _current(self) -> BinaryIO:
        if self._file is None or self._file.tell() >= self.largest_bytes:
            self._file = self._reopened()
        return self._file

    def _reopened(self) -> BinaryIO:
        self.close()
        if self.path.exists() and self.path.stat().st_size >= self.largest_bytes:
            turn_over(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("ab")


def turn_over(path: Path) -> None:
    """name.log becomes name.log.1, that becomes .2 and so on; the oldest goes."""
    for number in range(KEPT, 1, -1):
        older = path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    path.replace(path.with_name(f"{path.name}.1"))
