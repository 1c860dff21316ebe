"""CSV that a spreadsheet may open: a text that would be a formula there is marked as text. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import islice

Cell = str | int | Decimal | datetime | None

LINES_AT_ONCE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# With one of these a spreadsheet begins to compute, whoever wrote the text.
NEXT_FIELD = re.compile(r"""([;|\t\r\n][\s"']*)(?=[=+\-@＝＋－＠])""")
# Where a country's spreadsheets separate by something else than a comma, a text has fields in it.


def written(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Header and rows; numbers without loss and without exponent, times as ISO 8601 UTC."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue()


def streamed(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The same, some lines at a time, so that a million rows pass through and none stays in memory."""
    yield written(head, ())
    for batch in batched(rows, LINES_AT_ONCE):
        out = StringIO()
        csv.writer(out, lineterminator="\r\n").writerows([[cell(value) for value in row] for row in batch])
        yield out.getvalue()


def batched(rows: Iterable[Sequence[Cell]], size: int) -> Iterator[list[Sequence[Cell]]]:
    """Rows in lists of so many."""
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch


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
