"""The kill latch: a file in the data folder. While it exists no order leaves, whatever the database says.

Written whole, file and folder synced, before anything else is tried; it survives a reboot. The first one stands: who
presses again changes nothing. No Django, no database: the kill process and the door write it too.
"""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

NAME = "kill.latch"
ID = re.compile(r"[0-9a-z]{1,40}")  # journals are named after it


@dataclass(frozen=True, slots=True)
class Latch:
    """Who stopped everything, when, why. `id` names this emergency in every journal; source: pin, page, command, …"""

    id: str
    at: str
    operator: str
    reason: str
    source: str


def path(home: Path) -> Path:
    """Where the latch lies."""
    return home / NAME


def is_set(home: Path) -> bool:
    """Whether no order may leave. What cannot be looked at forbids: only a file that is surely absent allows."""
    try:
        os.stat(path(home))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def engage(home: Path, *, operator: str, reason: str, source: str) -> Latch:
    """Set the latch, durably; the one that stands when somebody was first. Raises OSError when the disk refuses."""
    latch = Latch(secrets.token_hex(8), datetime.now(UTC).isoformat(), operator[:150], reason[:200], source)
    draft = home / f"{NAME}.{latch.id}"
    _write(draft, json.dumps(asdict(latch)))
    try:
        os.link(draft, path(home))  # fails when one is there: unlike a rename it never replaces
    except FileExistsError:
        return read(home) or latch
    except OSError:  # a file system without links: replacing a latch by a latch is no harm
        draft.replace(path(home))
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(home)
    return latch


def read(home: Path) -> Latch | None:
    """The latch that stands; None without one. A file that says nothing readable is a latch all the same."""
    try:
        text = path(home).read_text(encoding="utf-8")
        changed = path(home).stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return _unnamed(_changed(home))
    try:
        found = Latch(**{name: str(value) for name, value in json.loads(text).items()})
        if datetime.fromisoformat(found.at).tzinfo is None:
            raise ValueError("a time without a zone")
    except (AttributeError, TypeError, ValueError):
        return _unnamed(changed)
    return found if ID.fullmatch(found.id) else _unnamed(changed)


def _changed(home: Path) -> int:
    """When a latch that cannot be read was made: each is an emergency of its own. 0 where even that is hidden."""
    try:
        return path(home).stat().st_mtime_ns
    except OSError:
        return 0


def _unnamed(changed_ns: int) -> Latch:
    """A latch that somebody made by hand."""
    at = datetime.fromtimestamp(changed_ns / 1e9, tz=UTC).isoformat()
    return Latch(f"hand{changed_ns:x}"[-16:], at, "unknown", "the latch file was made by hand", "file")


def lift(home: Path) -> None:
    """Take the latch away, durably. Only mode.leave() may: it needs two steps."""
    path(home).unlink(missing_ok=True)
    sync_folder(home)


def _write(target: Path, text: str) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable, not only what the files say."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
