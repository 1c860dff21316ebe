"""CSV that a spreadsheet may open: a text that would be a formula there is marked as text. Pure."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO

Cell = str | int | Decimal | datetime | None

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# With one of these a spreadsheet begins to compute, whoever wrote the text.


def written(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Header and rows; numbers without loss and without exponent, times as ISO 8601 UTC."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue()


def cell(value: Cell) -> str:
    """A value as text; only text can be a formula, a negative number stays one."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.lstrip(" ").startswith(FORMULA) else text
