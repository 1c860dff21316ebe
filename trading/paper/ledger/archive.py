"""Where ended orders go: a private SQLite file beside the ledger, made anew at each start.

Nothing in it is the only copy: the ledger holds every event, and its replay fills the archive again. So it needs no
durability of its own, and is never read by another version of this program.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from trading.paper.core.shelves import ALL_ROWS, Desk, Row, Window

FILE_NAME = "history.sqlite3"

CACHE_KIB = 8 * 1024

_SET_UP = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -{CACHE_KIB};
CREATE TABLE row (
    shelf INTEGER, number INTEGER, desk INTEGER, name TEXT, owner INTEGER, at_ms INTEGER, content TEXT,
    PRIMARY KEY (shelf, number)
) WITHOUT ROWID;
CREATE INDEX row_by_desk ON row (desk, number);
CREATE INDEX row_by_time ON row (desk, at_ms, number);
CREATE INDEX row_by_name ON row (owner, name, number) WHERE name <> '';
CREATE TABLE mark (
    desk INTEGER, key INTEGER, at_ms INTEGER, shelf INTEGER, number INTEGER, PRIMARY KEY (desk, key, number)
) WITHOUT ROWID;
CREATE INDEX mark_by_time ON mark (desk, at_ms, key);
"""

_PAGE = """
SELECT content FROM row WHERE desk = :desk AND number >= :first AND number < :before AND at_ms >= :start AND at_ms < :stop
ORDER BY number {way} LIMIT :most
"""

_PAGE_OF_TIME = """
SELECT content FROM row WHERE desk = :desk AND at_ms >= :start AND at_ms < :stop AND number < :before
ORDER BY at_ms {way}, number {way} LIMIT :most
"""

_MARKED = """
SELECT content FROM row WHERE (shelf, number) IN (
    SELECT shelf, number FROM mark WHERE desk = :desk AND key >= :first AND at_ms >= :start AND at_ms < :stop
    ORDER BY {order} {way} LIMIT :most
) ORDER BY number
"""

_WAYS = ("ASC", "DESC")
_PAGES = tuple(_PAGE.format(way=way) for way in _WAYS)
_PAGES_OF_TIME = tuple(_PAGE_OF_TIME.format(way=way) for way in _WAYS)
_MARKS = tuple(_MARKED.format(order="key", way=way) for way in _WAYS)
_MARKS_OF_TIME = tuple(_MARKED.format(order="at_ms", way=way) for way in _WAYS)
# Each in both directions; by time where no numbers are given, for then the index of times leads straight there.


class SqliteArchive:
    """Rows by shelf and number, by desk, by name and by the trades in them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE_NAME
        self._path.unlink(missing_ok=True)
        self._base = sqlite3.connect(self._path, isolation_level=None, cached_statements=64)
        self._base.executescript(_SET_UP)
        self._path.chmod(0o600)
        self._base.execute("BEGIN")  # and never COMMIT: pages go to disk only where the cache is full
        self._keys: dict[Any, int] = {}

    def close(self) -> None:
        """Let go of the file, and of its space."""
        self._base.close()
        self._path.unlink(missing_ok=True)

    def _key(self, *of: Any) -> int:
        """A small number in place of a shelf or a desk."""
        return self._keys.setdefault(of, len(self._keys))

    def put(self, shelf: str, rows: Iterable[Row]) -> None:
        """Keep these."""
        number, kept = self._key(shelf), list(rows)
        self._base.executemany(
            "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)", [self._cells(shelf, row) for row in kept]
        )
        self._base.executemany(
            "INSERT INTO mark VALUES (?, ?, ?, ?, ?)",
            [(self._key(shelf, row.desk), key, at_ms, number, row.number) for row in kept for key, at_ms in row.marks],
        )

    def _cells(self, shelf: str, row: Row) -> tuple[Any, ...]:
        desk, owner = self._key(shelf, row.desk), self._key(shelf, row.owner)
        return (self._key(shelf), row.number, desk, row.name, owner, row.at_ms, _encode(row.content))

    def get(self, shelf: str, number: int) -> Sequence[Any] | None:
        """The row of a number."""
        return self._one("SELECT content FROM row WHERE shelf = ? AND number = ?", self._key(shelf), _fit(number))

    def named(self, shelf: str, owner: Desk, name: str) -> Sequence[Any] | None:
        """The latest row of a name."""
        wanted = "SELECT content FROM row WHERE owner = ? AND name = ? AND name <> '' ORDER BY number DESC LIMIT 1"
        return self._one(wanted, self._key(shelf, owner), name)

    def _one(self, wanted: str, *given: Any) -> Sequence[Any] | None:
        found = self._base.execute(wanted, given).fetchone()
        return _decode(found[0]) if found else None

    def page(self, shelf: str, desk: Desk, window: Window) -> list[Sequence[Any]]:
        """Rows of a desk, oldest first."""
        by_number = window.first or window.before < ALL_ROWS
        return self._read(_PAGES if by_number else _PAGES_OF_TIME, shelf, desk, window)

    def marked(self, shelf: str, desk: Desk, window: Window) -> list[Sequence[Any]]:
        """Rows of a desk with a mark in the window, oldest first."""
        return self._read(_MARKS if window.first else _MARKS_OF_TIME, shelf, desk, window)

    def _read(self, both: tuple[str, ...], shelf: str, desk: Desk, window: Window) -> list[Sequence[Any]]:
        given = {
            "desk": self._key(shelf, desk),
            "first": _fit(window.first),
            "before": _fit(window.before),
            "start": _fit(window.times.start),
            "stop": _fit(window.times.stop),
            "most": window.most,
        }
        return [_decode(content) for (content,) in self._base.execute(both[window.last], given)]

    def everything(self, shelf: str) -> Iterator[Sequence[Any]]:
        """Every row of a shelf, oldest first."""
        wanted = "SELECT content FROM row WHERE shelf = ? ORDER BY number"
        return (_decode(content) for (content,) in self._base.execute(wanted, (self._key(shelf),)))


def _fit(number: int) -> int:
    """As SQLite can hold it; nothing is numbered or dated beyond."""
    return min(number, 2**63 - 1)


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def _decode(content: str) -> Sequence[Any]:
    found: Sequence[Any] = json.loads(content)
    return found
