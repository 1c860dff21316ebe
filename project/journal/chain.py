"""The hash chain over journal rows: pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Row:
    """A journal row as the chain sees it."""

    xid: int
    id: int
    account_id: int | None
    kind: str
    subject: str
    payload: dict[str, Any]
    at: datetime


def encoded(row: Row) -> bytes:
    """One row in the one way it is hashed: sorted keys, no spaces, ASCII."""
    fields = [row.xid, row.id, row.account_id, row.kind, row.subject, row.payload, row.at.isoformat()]
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def extend(head: bytes, rows: Iterable[Row]) -> bytes:
    """The head after these rows: SHA-256(head ‖ row), row by row."""
    for row in rows:
        head = hashlib.sha256(head + encoded(row)).digest()
    return head
