"""Leases: who may do a thing that only one may do, for how long, with a fence that tells old holders apart."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

CLAIM = """
INSERT INTO journal_lease (name, holder, fence, expires_at) VALUES (%(name)s, %(holder)s, 1, %(until)s)
ON CONFLICT (name) DO UPDATE
SET holder = %(holder)s, expires_at = %(until)s,
    fence = journal_lease.fence + (journal_lease.holder <> %(holder)s)::int
WHERE journal_lease.holder = %(holder)s OR journal_lease.expires_at < %(now)s
RETURNING fence
"""

INHERIT = """
UPDATE journal_lease SET holder = %(holder)s, expires_at = %(until)s, fence = fence + 1
WHERE name = %(name)s AND holder = %(dead)s RETURNING fence
"""


def claim(name: str, *, holder: str, now: datetime, span: timedelta) -> int | None:
    """Take or renew a lease; its fence, or None while somebody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"name": name, "holder": holder, "now": now, "until": now + span})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def inherit(name: str, *, holder: str, now: datetime, span: timedelta, is_dead: Callable[[str], bool]) -> int | None:
    """Take a lease over before its end, from a holder that is dead; its fence, or None while somebody holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT holder FROM journal_lease WHERE name = %s", [name])
        row = cursor.fetchone()
        if row is None or not is_dead(row[0]):
            return None
        cursor.execute(INHERIT, {"name": name, "holder": holder, "dead": row[0], "until": now + span})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def release(name: str, *, holder: str, now: datetime) -> None:
    """Give a lease back, so that the next one need not wait for its end."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_lease SET expires_at = %s WHERE name = %s AND holder = %s", [now, name, holder])
