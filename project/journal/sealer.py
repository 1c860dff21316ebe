"""The sealer: chains journal rows after they are committed, numbers them without gaps, and only then publishes.

A row may be sealed once every transaction that could still slip in before it has ended: its xid lies below the
snapshot's xmin. So numbers are dense, rollbacks leave no hole, and an event is published after it is durable.
"""

import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from project import failpoints
from project.journal import leases
from project.journal.chain import GENESIS, Row, extend
from project.journal.models import JournalEntry, Seal

log = logging.getLogger(__name__)

LEASE = "sealer"
LEASE_SPAN = timedelta(seconds=5)
BATCH = 1000  # rows a seal; a bigger batch only delays the first of its events
HEAD_EVERY = 1000  # rows between two heads written outside the database

CATCH_UP = """
DO $$
DECLARE past bigint := (SELECT coalesce(max(xid), 0) FROM journal_journalentry);
BEGIN
  WHILE pg_current_xact_id()::text::bigint <= past LOOP COMMIT; END LOOP;
END $$
"""
# Asked before anything is written: a look at an idle journal must not cost a lease and a commit, 20 times a second.
WAITING = """
WITH last AS (SELECT last_xid, last_entry_id FROM journal_seal ORDER BY first_number DESC LIMIT 1)
SELECT EXISTS (
    SELECT FROM journal_journalentry
    WHERE (xid, id) > (coalesce((SELECT last_xid FROM last), -1), coalesce((SELECT last_entry_id FROM last), -1))
)
"""
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
COLUMNS = "SELECT xid, id, account_id, kind, subject, payload::text, at FROM journal_journalentry "
UNSEALED = COLUMNS + "WHERE (xid, id) > (%s, %s) AND xid < %s ORDER BY xid, id LIMIT %s"
SEALED = COLUMNS + "WHERE (xid, id) > (%s, %s) AND (xid, id) <= (%s, %s) ORDER BY xid, id"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch that was just sealed: its first event number and its rows in order."""

    first_number: int
    rows: Sequence[Row]
    head: bytes

    @property
    def last_number(self) -> int:
        return self.first_number + len(self.rows) - 1

    def events(self) -> list[dict[str, Any]]:
        """The rows as the messages browsers and listeners get, numbered."""
        return [
            {
                "number": self.first_number + index,
                "account_id": row.account_id,
                "kind": row.kind,
                "subject": row.subject,
                "payload": row.payload,
                "at": row.at.isoformat(),
            }
            for index, row in enumerate(self.rows)
        ]


def seal_batch(*, holder: str, now: datetime) -> Sealed | None:
    """Seal the next batch; None when there is nothing to seal or another sealer holds the lease."""
    if not _anything_waits():
        return None
    with failpoints.span("seal"), transaction.atomic():
        if leases.claim(LEASE, holder=holder, now=now, span=LEASE_SPAN) is None:
            return None
        last = Seal.objects.order_by("-first_number").first()
        horizon, rows = _next_rows(last)
        return _write_seal(last, rows, horizon) if rows else None


def _anything_waits() -> bool:
    """Whether a row lies behind the last seal; it may not be ripe yet."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def _next_rows(last: Seal | None) -> tuple[int, list[Row]]:
    """The rows behind the last seal that no running transaction can still get in front of."""
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        horizon = int(cursor.fetchone()[0])
        place = (last.last_xid, last.last_entry_id) if last else (-1, -1)
        cursor.execute(UNSEALED, [*place, horizon, BATCH])
        found = cursor.fetchall()
    return horizon, [_row(fields) for fields in found]


def _row(fields: Sequence[Any]) -> Row:
    xid, id_, account_id, kind, subject, payload, at = fields
    return Row(xid, id_, account_id, kind, subject, json.loads(payload), at)


def _write_seal(last: Seal | None, rows: list[Row], horizon: int) -> Sealed:
    first = last.first_number + last.count if last else 1
    head = extend(bytes(last.head) if last else GENESIS, rows)
    Seal.objects.create(
        first_number=first,
        count=len(rows),
        from_xid=rows[0].xid,
        last_xid=rows[-1].xid,
        last_entry_id=rows[-1].id,
        horizon=horizon,
        head=head,
    )
    return Sealed(first, rows, head)


def seal_all(*, holder: str, now: datetime, publish: Callable[[Sealed], None], heads: Path) -> int:
    """Seal until nothing is left, publishing each batch after its commit; how many rows were sealed."""
    count = 0
    while sealed := seal_batch(holder=holder, now=now):
        failpoints.point("seal.unpublished")
        publish(sealed)
        failpoints.point("seal.published")
        _keep_head(sealed, heads)
        count += len(sealed.rows)
    return count


def _keep_head(sealed: Sealed, heads: Path) -> None:
    """Every 1,000 rows the head goes to a file and the log, out of reach of whoever could rewrite the tables.

    A full disk stops neither the bells nor the next seal: then the log alone has it.
    """
    if sealed.last_number // HEAD_EVERY == (sealed.first_number - 1) // HEAD_EVERY:
        return
    line = f"{sealed.last_number} {sealed.head.hex()}"
    log.info("journal head %s", line)
    try:
        _append(heads, line)
    except OSError as error:
        log.error("journal head %s is not kept in %s: %s", line, heads, error)


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def catch_up() -> None:
    """Lead the server's transaction numbers past the journal's: those of a new server begin small after a restore.

    Without it nothing new would come behind the last seal. Some 200,000 numbers a second; none where all is well.
    """
    with connection.cursor() as cursor:
        cursor.execute(CATCH_UP)


def broken_seals() -> list[int]:
    """The first numbers of seals whose rows no longer give their head; empty when the chain is whole."""
    head, place, broken = GENESIS, (-1, -1), []
    for seal in Seal.objects.order_by("first_number").iterator():
        rows = _sealed_rows(place, seal)
        if len(rows) != seal.count or extend(head, rows) != bytes(seal.head):
            broken.append(seal.first_number)
        head, place = bytes(seal.head), (seal.last_xid, seal.last_entry_id)
    return broken


def _sealed_rows(place: tuple[int, int], seal: Seal) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(SEALED, [*place, seal.last_xid, seal.last_entry_id])
        return [_row(fields) for fields in cursor.fetchall()]


def unsealed_age(*, now: datetime) -> timedelta | None:
    """How long the oldest unsealed row has been waiting; None when all are sealed."""
    last = Seal.objects.order_by("-first_number").values_list("last_xid", "last_entry_id").first() or (-1, -1)
    waiting = JournalEntry.objects.extra(where=["(xid, id) > (%s, %s)"], params=list(last))
    oldest = waiting.order_by("at").values_list("at", flat=True).first()
    return None if oldest is None else max(now - oldest, timedelta())
