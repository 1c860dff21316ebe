"""Where the lines of the processes go: the terminal, and a file each below the data folder."""

from datetime import UTC, datetime
from pathlib import Path

from project.services.logfiles import LogFile
from project.services.terminal import Terminal

SUPERVISOR = "windlass"


class Logs:
    """Every process's lines, prefixed on the terminal and plain in home/logs/<name>.log."""

    def __init__(self, folder: Path, terminal: Terminal) -> None:
        self.folder = folder
        self._terminal = terminal
        self._files: dict[str, LogFile] = {}

    def line(self, name: str, text: str) -> None:
        """A line some process wrote."""
        self._terminal.line(name, text)
        self._file(name).write(text)

    def say(self, text: str) -> None:
        """A line of the supervisor itself."""
        self._terminal.line(SUPERVISOR, text)
        self._file(SUPERVISOR).write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}")

    def path(self, name: str) -> Path:
        """The log file of a process."""
        return self.folder / f"{name}.log"

    def close(self) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> LogFile:
        return self._files.setdefault(name, LogFile(self.path(name)))
