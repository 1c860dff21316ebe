"""Deliveries turned away, counted by source, address, reason and day: a stranger can't fill the disk."""

from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import IPv6Address, IPv6Network

from signals.authentication import address_of

MAX_KEYS = 5_000
# Rows of one day and process; later ones are counted together as OTHERS.
OTHERS = "others"

UPSERT = """
INSERT INTO signals_refusal (source_id, address, reason, day, count, first_at, last_at)
SELECT source.id, row.address, row.reason, row.day, row.count, row.first_at, row.last_at
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
     AS row (source_id, address, reason, day, count, first_at, last_at)
LEFT JOIN signals_source AS source ON source.id = row.source_id
ORDER BY source.id, row.address, row.reason, row.day
ON CONFLICT (source_id, address, reason, day)
DO UPDATE SET count = signals_refusal.count + excluded.count, last_at = excluded.last_at
"""

Key = tuple[int | None, str, str, date]


@dataclass(slots=True)
class Tally:
    """How often, since the last write, and between when and when."""

    count: int
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class Refusals:
    """Counts in memory until `drain`; the caller writes them once a second at most."""

    waiting: dict[Key, Tally] = field(default_factory=dict)
    seen: set[Key] = field(default_factory=set)
    day: date | None = None

    def count(self, source_id: int | None, address: str, reason: str, *, now: datetime) -> None:
        """Count one refusal."""
        key = self._key(source_id, address, reason, now.date())
        tally = self.waiting.get(key)
        if tally is None:
            self.waiting[key] = Tally(1, now, now)
        else:
            tally.count, tally.last_at = tally.count + 1, now

    def _key(self, source_id: int | None, address: str, reason: str, today: date) -> Key:
        if today != self.day:
            self.day, self.seen = today, set()
        key = (source_id, prefix_of(address), reason, today)
        if key not in self.seen and len(self.seen) >= MAX_KEYS:
            return (source_id, OTHERS, reason, today)
        self.seen.add(key)
        return key

    def drain(self) -> list[list[object]]:
        """The columns of UPSERT's rows, and nothing left here. Empty when there was nothing."""
        rows = [[*key, t.count, t.first_at, t.last_at] for key, t in self.waiting.items()]
        self.waiting = {}
        return [list(column) for column in zip(*rows, strict=True)]

    def put_back(self, columns: list[list[object]]) -> None:
        """Return what could not be written, for the next attempt."""
        for source_id, address, reason, day, count, first_at, last_at in zip(*columns, strict=True):
            key: Key = (source_id, address, reason, day)  # type: ignore[assignment]
            kept = self.waiting.get(key)
            old = Tally(count, first_at, last_at)  # type: ignore[arg-type]
            self.waiting[key] = Tally(old.count + kept.count, old.first_at, kept.last_at) if kept else old


def prefix_of(address: str) -> str:
    """An address as it is counted: one household has a whole IPv6 /64."""
    found = address_of(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), 64), strict=False))
    return str(found) if found else address[:50]
