"""The kill latch: a file in the data folder. While it exists no order leaves, whatever the database says.

Written whole, file and folder synced, before anything else is tried; it survives a reboot. The first one stands: who
presses again leaves a mark beside it, which nobody leaves the emergency past unseen. No Django, no database: the kill process and the door write it too.
"""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from project import failpoints
from project.services.files import sync_folder

NAME = "kill.latch"
AGAIN = "kill.again"
# The last press while a latch stood.
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
    return place(home, Latch(secrets.token_hex(8), datetime.now(UTC).isoformat(), operator[:150], reason[:200], source))


def place(home: Path, latch: Latch) -> Latch:
    """Write a latch down; the one that stands when somebody was first. Raises OSError when the disk refuses."""
    draft = home / f"{NAME}.{latch.id}"
    failpoints.point("kill.latch.before")
    try:
        _write(draft, json.dumps(asdict(latch)))
        failpoints.point("kill.latch.drafted")
        standing = _linked(home, draft)
    finally:
        draft.unlink(missing_ok=True)
    failpoints.point("kill.latch.linked")
    sync_folder(home)
    failpoints.point("kill.latch.after")
    return standing or latch


def _linked(home: Path, draft: Path) -> Latch | None:
    """Make the draft the latch (None), or mark the press beside the one that stands, which is returned.

    One that is lifted between the two lets the draft in after all: no press is lost.
    """
    while True:
        try:
            os.link(draft, path(home))  # fails when one is there: unlike a rename it never replaces
        except FileExistsError:
            _mark(home, draft)
            if is_set(home):
                return read(home)
        except OSError:  # a file system without links: replacing a latch by a latch is no harm
            draft.replace(path(home))
            return None
        else:
            return None


def _mark(home: Path, draft: Path) -> None:
    twin = draft.with_name(f"{draft.name}.again")
    os.link(draft, twin)
    twin.replace(home / AGAIN)
    twin.unlink(missing_ok=True)  # two names of one file: a rename onto itself leaves both


def pressed_again(home: Path, *, since: datetime) -> Latch | None:
    """The last press while a latch stood, if it came at `since` or later."""
    found = _read(home / AGAIN)
    return found if found is not None and datetime.fromisoformat(found.at) >= since else None


def forget_again(home: Path) -> None:
    """The emergency was left: older presses say nothing any more."""
    (home / AGAIN).unlink(missing_ok=True)


def read(home: Path) -> Latch | None:
    """The latch that stands; None without one. A file that says nothing readable is a latch all the same."""
    return _read(path(home))


def _read(file: Path) -> Latch | None:
    try:
        text = file.read_text(encoding="utf-8")
        changed = file.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return _unnamed(_changed(file))
    try:
        found = Latch(**{name: str(value) for name, value in json.loads(text).items()})
        if datetime.fromisoformat(found.at).tzinfo is None:
            raise ValueError("a time without a zone")
    except (AttributeError, TypeError, ValueError):
        return _unnamed(changed)
    return found if ID.fullmatch(found.id) else _unnamed(changed)


def _changed(file: Path) -> int:
    """When a latch that cannot be read was made: each is an emergency of its own. 0 where even that is hidden."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _unnamed(changed_ns: int) -> Latch:
    """A latch that somebody made by hand."""
    at = datetime.fromtimestamp(changed_ns / 1e9, tz=UTC).isoformat()
    return Latch(f"hand{changed_ns:x}"[-16:], at, "unknown", "the latch file was made by hand", "file")


def lift(home: Path) -> None:
    """Take the latch away, durably. Only mode.leave() may: it needs two steps. Raises OSError where it cannot be."""
    try:
        path(home).unlink(missing_ok=True)
    except (IsADirectoryError, PermissionError):
        if not path(home).is_dir():
            raise
        path(home).rmdir()  # somebody made a folder of that name by hand: it stopped every order too
    sync_folder(home)


def _write(target: Path, text: str) -> None:
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
