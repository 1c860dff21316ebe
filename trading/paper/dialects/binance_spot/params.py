"""Parameters out of query and body, each read by its kind."""

import json
import re
from typing import TypeVar
from urllib.parse import unquote_plus

from trading.paper.core import atoms
from trading.paper.core.shelves import Window
from trading.paper.dialects.binance_spot.errors import WireError, illegal, imprecise, missing
from trading.paper.server.http import Request

Params = dict[str, str]

NUMBER = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
CLIENT_ID = "^[a-zA-Z0-9-_]{1,36}$"

END_OF_TIME_MS = 10**15

MOST_ROWS = 1_000
DEFAULT_ROWS = 500

Row = TypeVar("Row")

_CLIENT_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}")
_INTEGER = re.compile(r"[0-9]{1,20}")


def read(request: Request) -> Params:
    """Every parameter; where query and body disagree, the query holds."""
    params = _pairs(request.body) if request.body else {}
    if request.query:
        params.update(_pairs(request.query))
    return params


def _pairs(raw: bytes) -> Params:
    text = raw.decode("latin-1")
    plain = "%" not in text and "+" not in text
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    if plain:
        return {name: value for name, _, value in pairs}
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def text(params: Params, name: str) -> str:
    """A mandatory text."""
    value = params.get(name, "")
    if not value:
        raise missing(name)
    return value


def number(params: Params, name: str) -> int:
    """A mandatory decimal, in atoms."""
    return _atoms(name, text(params, name))


def maybe_number(params: Params, name: str) -> int:
    """A decimal in atoms, 0 if absent."""
    value = params.get(name, "")
    return _atoms(name, value) if value else 0


def _atoms(name: str, value: str) -> int:
    try:
        return atoms.parse(value)
    except atoms.NotANumber as error:
        raise illegal(name, NUMBER) from error
    except atoms.TooPrecise as error:
        raise imprecise(name) from error


def maybe_integer(params: Params, name: str) -> int | None:
    """An integer, None if absent."""
    value = params.get(name, "")
    if not value:
        return None
    if not _INTEGER.fullmatch(value):
        raise illegal(name, "^[0-9]{1,20}$")
    return int(value)


def span(params: Params) -> range:
    """The times asked for, Unix milliseconds; all of time if absent."""
    start = maybe_integer(params, "startTime") or 0
    end = maybe_integer(params, "endTime")
    return range(start, END_OF_TIME_MS if end is None else end + 1)


def limit(params: Params, *, default: int, most: int) -> int:
    """The page size, cut to the greatest allowed."""
    value = maybe_integer(params, "limit")
    return default if value is None else max(1, min(value, most))


def page(rows: list[Row], params: Params, *, from_start: bool) -> list[Row]:
    """As many rows as asked for: the first where a start was given, else the latest."""
    count = limit(params, default=DEFAULT_ROWS, most=MOST_ROWS)
    return rows[:count] if from_start or "startTime" in params else rows[-count:]


def window(params: Params, *, first: int | None = None, default: int = DEFAULT_ROWS) -> Window:
    """The rows asked for: from a number on, or the first after startTime, else the latest; as many as the limit."""
    return Window(
        first=first or 0,
        times=span(params),
        most=limit(params, default=default, most=MOST_ROWS),
        last=first is None and "startTime" not in params,
    )


def client_id(params: Params, name: str = "newClientOrderId") -> str:
    """A client order id, empty if absent."""
    value = params.get(name, "")
    if value and not _CLIENT_ID.fullmatch(value):
        raise illegal(name, CLIENT_ID)
    return value


def symbols(params: Params) -> list[str] | None:
    """The symbols asked for by `symbol` or `symbols`; None means all."""
    if "symbol" in params:
        return [text(params, "symbol")]
    if "symbols" not in params:
        return None
    try:
        wanted = json.loads(params["symbols"])
    except (ValueError, RecursionError) as error:
        raise illegal("symbols", '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$') from error
    if not isinstance(wanted, list) or not wanted:
        raise WireError(-1105, "Parameter 'symbols' was empty.")
    return [str(symbol) for symbol in wanted]
