"""record(): one line in the journal, inside the transaction that did the thing."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

# One statement of four arrays, whatever the number of events; their ids follow their order. xid is the table's default.
INSERT = """
INSERT INTO journal_journalentry (at, account_id, kind, subject, payload)
SELECT %s, account_id, kind, subject, payload::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
     WITH ORDINALITY AS event (account_id, kind, subject, payload, place)
ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Event:
    """What `record_all` writes: kind (`order.state`), subject (`order:7`), payload (JSON-able, Decimals allowed)."""

    kind: str
    subject: str
    payload: Mapping[str, Any]
    account_id: int | None = None


def plain(value: Any) -> Any:
    """A value as JSON keeps it without loss: Decimals and times become text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def record_all(events: Iterable[Event]) -> None:
    """Write events in their order. Raises RuntimeError outside a transaction: a journal row must share its deed's fate."""
    if not connection.in_atomic_block:
        raise RuntimeError("record() needs the transaction of the deed it records")
    rows = [(e.account_id, e.kind, e.subject, json.dumps(plain(e.payload))) for e in events]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [timezone.now(), *map(list, zip(*rows, strict=True))])


def record(kind: str, *, subject: str, payload: Mapping[str, Any], account_id: int | None = None) -> None:
    """Write one event."""
    record_all([Event(kind, subject, payload, account_id)])
