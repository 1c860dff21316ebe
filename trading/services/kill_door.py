"""What the door does for the remote red button: a signed kill sets the latch, a signed heartbeat is answered. No database, but where the disk is full."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from project.accounts import latch
from project.services.files import write_private
from project.settings.environment import secret_file
from trading.kill import places
from trading.kill.remote import PATH
from trading.kill.sequence import MEMORY
from trading.kill.signing import is_genuine
from trading.services.press import press
from trading.webhook_replies import POST_ONLY, Receive, Reply, Scope, read_body, refusal

__all__ = ["PATH", "answer", "beat_age", "pair", "paired"]

SECRET = "remote-kill"  # noqa: S105 - a file name
BEAT = "remote-kill-beat"
NOT_PAIRED = refusal(404, "NOT_PAIRED", "No remote kill switch is paired: manage.py kill --pair makes its secret.")
NOT_GENUINE = refusal(
    401, "UNAUTHORIZED", "The signature or its time was not accepted: compare the secret and the clocks."
)
UNREADABLE = refusal(422, "UNREADABLE", 'Send {"action": "kill" or "beat", "id": "…"} as JSON.')
HEARD = "remote-kill-heard"
# The kills that were heard, one a line: the same message again must not undo a person's leaving.
ID = re.compile(r"[0-9a-z]{8,40}")


def pair(home: Path) -> str:
    """Make the shared secret, or read the one there is."""
    return secret_file(home / SECRET)


def paired(home: Path) -> bool:
    """Whether a remote button has a secret."""
    return (home / SECRET).exists()


def beat_age(home: Path, *, now: float) -> float | None:
    """Seconds since the remote button was last heard of, or since it was paired; None where none is paired."""
    if not paired(home):
        return None
    try:
        return now - (home / BEAT).stat().st_mtime
    except FileNotFoundError:  # never heard: the silence began with the pairing
        return now - (home / SECRET).stat().st_mtime


async def answer(scope: Scope, receive: Receive, home: Path) -> Reply:
    """A request to the door's /kill."""
    if not paired(home):
        return NOT_PAIRED
    if scope["method"] != "POST":
        return POST_ONLY
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    raw = await read_body(receive) or b""
    return await asyncio.to_thread(heard, home, headers, raw, now=time.time())  # a full disk asks the database


def heard(home: Path, headers: Mapping[bytes, str], raw: bytes, *, now: float) -> Reply:
    """What a message does, and the reply; now is a Unix time."""
    stamp, given = headers.get(b"x-timestamp", ""), headers.get(b"x-signature", "")
    if not is_genuine(pair(home), timestamp=stamp, given=given, raw=raw, now=now):
        return NOT_GENUINE
    said = _read(raw)
    if said is None:
        return UNREADABLE
    return _kill(home, said) if said["action"] == "kill" else _beat(home)


def _read(raw: bytes) -> Mapping[str, str] | None:
    try:
        said = json.loads(raw)
    except ValueError:
        return None
    known = isinstance(said, dict) and said.get("action") in ("kill", "beat") and ID.fullmatch(str(said.get("id")))
    return {name: str(value) for name, value in said.items()} if known else None


def _kill(home: Path, said: Mapping[str, str]) -> Reply:
    """The latch first; then its number is kept."""
    known = _heard(home)
    if said["id"] not in known:
        operator, reason = said.get("operator", "remote button"), said.get("reason", "the remote button was pressed")
        pressed = press(home, operator=operator, reason=reason, source="remote")
        with suppress(OSError):  # rather a kill too many than none
            write_private(home / HEARD, "\n".join([*known, said["id"]]))
        if pressed.source == MEMORY:
            return Reply(202, {"status": "the disk took no latch: the kill goes on without"})
    return Reply(202, {"status": "latched" if latch.is_set(home) else "lifted since"})


def _heard(home: Path) -> list[str]:
    try:
        return (home / HEARD).read_text(encoding="ascii").split()
    except (OSError, ValueError):  # rather a kill too many than none
        return []


def _beat(home: Path) -> Reply:
    """Noted, and answered with what the button must know to flatten from its own keys."""
    (home / BEAT).touch()
    mode, _ = places.heartbeat(home, now=0.0)
    return Reply(200, {"mode": mode, "holdings": _holdings(home)})


def _holdings(home: Path) -> Any:
    try:
        return json.loads((home / places.HOLDINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
