"""The terminal: prefixed, coloured lines. A slow or closed one never holds up the stack."""

import os
import queue
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
NAME_WIDTH = 9
WAITING_LINES = 2000
FLUSH_SECS = 1.0


@dataclass(slots=True)
class Terminal:
    """Lines to a file descriptor, written by a thread of its own; what does not fit is counted and left out.

    A pipe nobody reads would otherwise block the supervisor, then every child's next log line.
    """

    descriptor: int = 1
    coloured: bool = False
    _colours: dict[str, int] = field(default_factory=dict)
    _lines: "queue.Queue[str | None]" = field(default_factory=lambda: queue.Queue(WAITING_LINES))
    _left_out: int = 0
    _writer: threading.Thread | None = None

    def open(self) -> None:
        """Start writing."""
        self._writer = threading.Thread(target=self._write_all, name="terminal", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Write what waits, for a second at most."""
        if self._writer is not None and self._offer(None):
            self._writer.join(FLUSH_SECS)

    def line(self, name: str, text: str) -> None:
        """One line of a process."""
        prefix = f"{datetime.now(UTC).astimezone():%H:%M:%S} {name:{NAME_WIDTH}} │"
        if self.coloured:
            prefix = f"\x1b[{self._colour(name)}m{prefix}\x1b[0m"
        self.plain(f"{prefix} {text}")

    def plain(self, text: str) -> None:
        """Text as it is."""
        if self._left_out and self._offer(f"… {self._left_out} lines not shown here, see the log files\n"):
            self._left_out = 0
        if not self._offer(text + "\n"):
            self._left_out += 1

    def _offer(self, text: str | None) -> bool:
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            return False
        return True

    def _colour(self, name: str) -> int:
        return self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])

    def _write_all(self) -> None:
        while (text := self._lines.get()) is not None:
            if not self._write(text.encode("utf-8", "replace")):
                return

    def _write(self, data: bytes) -> bool:
        """False when nobody reads any more: the log files go on without the terminal."""
        while data:
            try:
                data = data[os.write(self.descriptor, data) :]
            except OSError:
                return False
        return True
