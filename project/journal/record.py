"""record(): one line in the journal, inside the transaction that did the thing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from project.journal.models import JournalEntry


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
    JournalEntry.objects.bulk_create(
        JournalEntry(account_id=e.account_id, kind=e.kind, subject=e.subject, payload=plain(e.payload)) for e in events
    )


def record(kind: str, *, subject: str, payload: Mapping[str, Any], account_id: int | None = None) -> None:
    """Write one event."""
    record_all([Event(kind, subject, payload, account_id)])
