"""CSV that a spreadsheet may open: a text that would be a formula there is marked as text."""

import csv
import re
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import islice

from asgiref.sync import sync_to_async

Cell = str | int | Decimal | datetime | None

LINES_AT_ONCE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# With one of these a spreadsheet begins to compute, whoever wrote the text.
NEXT_FIELD = re.compile(r"""([;|\t\r\n][\s"']*)(?=[=+\-@＝＋－＠])""")
# Where a country's spreadsheets separate by something else than a comma, a text has fields in it.


def written(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Header and rows; numbers without loss and without exponent, times as ISO 8601 UTC."""
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(head)
    return out.getvalue() + _lines(rows)


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue()


class Streamed:
    """The same, some lines at a time, so that a million rows pass through and none stays in memory.

    Only asynchronous: of an ordinary iterator Django makes a list before it sends the first byte. Rows are pulled in
    the request's own thread, which holds its connection to the database.
    """

    def __init__(self, head: Sequence[str], rows: Iterator[Sequence[Cell]]) -> None:
        self.head, self.rows = head, rows

    async def __aiter__(self) -> AsyncIterator[str]:
        """The header at once, then a batch whenever the reader has taken the last one."""
        yield written(self.head, ())
        while text := await sync_to_async(self._next)():
            yield text

    def _next(self) -> str:
        return _lines(islice(self.rows, LINES_AT_ONCE))

    def close(self) -> None:
        """Django calls it when all is sent or the reader has gone: the cursor ends before its connection is given back."""
        if isinstance(self.rows, Generator):
            self.rows.close()


def cell(value: Cell) -> str:
    """A value as text; only text can be a formula, a negative number stays one."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return _plain(value) if isinstance(value, str) else str(value)


def _plain(text: str) -> str:
    """A text in which no field is a formula, however it is split."""
    marked = NEXT_FIELD.sub(r"\1'", text)
    return f"'{marked}" if marked.lstrip(" ").startswith(FORMULA) else marked
