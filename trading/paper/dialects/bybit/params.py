"""Parameters out of query or JSON body, numbers as Bybit writes them, and pages with cursors."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from trading.paper.core import atoms
from trading.paper.dialects.bybit.errors import PARAMS, ByError, bad, missing
from trading.paper.server.http import Request

Params = dict[str, Any]
Json = dict[str, Any]

END_OF_TIME_MS = 10**15


@dataclass(frozen=True, slots=True)
class Told:
    """A result, and what comes beside it in retExtInfo."""

    result: Any
    ext: Any


def read(request: Request) -> Params:
    """Every parameter: of the query where the method is GET, else of the JSON object in the body."""
    if request.method == "GET":
        return dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise ByError(PARAMS, "Request parameter error.") from error
    if not isinstance(body, dict):
        raise ByError(PARAMS, "Request parameter error.")
    return body


def maybe_text(params: Params, name: str) -> str:
    """A text, empty if absent."""
    value = params.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        raise bad(name)
    return str(value)


def text(params: Params, name: str) -> str:
    """A mandatory text."""
    value = maybe_text(params, name)
    if not value:
        raise missing(name)
    return value


def one_of(params: Params, name: str, known: tuple[str, ...], *, default: str = "") -> str:
    """A text that is one of a few."""
    value = maybe_text(params, name) or default
    if value not in known:
        raise bad(name) if value else missing(name)
    return value


def number(params: Params, name: str) -> int:
    """A decimal in atoms, 0 if absent."""
    value = params.get(name)
    written = f"{value:.8f}" if isinstance(value, float) else maybe_text(params, name)
    if not written:
        return 0
    try:
        return atoms.parse(written)
    except ValueError as error:
        raise bad(name) from error


def integer(params: Params, name: str) -> int:
    """A whole number, 0 if absent."""
    value = number(params, name)
    if value % atoms.SCALE:
        raise bad(name)
    return value // atoms.SCALE


def flag(params: Params, name: str) -> bool:
    """A boolean, False if absent."""
    value = params.get(name)
    if isinstance(value, bool) or value is None:
        return bool(value)
    if str(value).lower() not in ("true", "false", ""):
        raise bad(name)
    return str(value).lower() == "true"


def span(params: Params, first: str = "startTime", last: str = "endTime") -> range:
    """The times asked for, Unix milliseconds; all of time if absent."""
    return range(integer(params, first), (integer(params, last) or END_OF_TIME_MS) + 1)


def limit(params: Params, *, default: int, most: int) -> int:
    """The page size, cut to the greatest allowed."""
    return max(1, min(integer(params, "limit") or default, most))


def page(rows: list[Json], params: Params, *, key: str, default: int, most: int) -> Json:
    """One page of rows that are newest first; the cursor is the key of the last row of the page before."""
    cursor, count = maybe_text(params, "cursor"), limit(params, default=default, most=most)
    seen = next((index + 1 for index, row in enumerate(rows) if row[key] == cursor), 0) if cursor else 0
    shown = rows[seen : seen + count]
    more = seen + count < len(rows)
    return {"list": shown, "nextPageCursor": shown[-1][key] if more else ""}


def plain(amount: int) -> str:
    """An amount without trailing zeros."""
    return atoms.show(amount).rstrip("0").rstrip(".")


def ratio(part: int, whole: int) -> str:
    """A quotient with six decimals, "0" of nothing."""
    return plain(part * atoms.SCALE // whole // 100 * 100) if whole else "0"
