"""PostgreSQL's note of its process id, which a power cut leaves behind and which may then name somebody else's process."""

from pathlib import Path

import psutil

NAME = "postmaster.pid"


def forget_stranger(data: Path) -> int | None:
    """Remove the note where its process runs but is no PostgreSQL of this folder; that process. The lock must be held.

    PostgreSQL refuses to start while the number is in use. A number that nobody has it forgets by itself.
    """
    number = _noted(data / NAME)
    if number is None or not _is_stranger(number, data):
        return None
    (data / NAME).unlink(missing_ok=True)
    return number


def _noted(note: Path) -> int | None:
    """The first line; negative is a server without a postmaster."""
    try:
        return abs(int(note.read_text(encoding="utf-8", errors="replace").partition("\n")[0]))
    except (FileNotFoundError, ValueError):
        return None


def _is_stranger(number: int, data: Path) -> bool:
    """Whether it runs as something else. What may not be looked at is taken for ours."""
    try:
        process = psutil.Process(number)
        return "postgres" not in process.name() or str(data) not in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
