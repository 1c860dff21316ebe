"""Parameters out of query or JSON body, and numbers as KuCoin writes them."""

import json
from typing import Any
from urllib.parse import parse_qsl

from trading.paper.core import atoms
from trading.paper.core.perps.contract import Contract
from trading.paper.dialects.kucoin_futures.errors import bad
from trading.paper.server.http import Request

Params = dict[str, Any]

END_OF_TIME_MS = 10**15


def read(request: Request) -> Params:
    """Every parameter of query and body; a body that is a list comes under "rows"."""
    given: Params = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
    if not request.body:
        return given
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise bad("body") from error
    return given | (body if isinstance(body, dict) else {"rows": body})


def text(params: Params, name: str) -> str:
    """A mandatory text."""
    value = params.get(name)
    if value in (None, ""):
        raise bad(name)
    return str(value)


def number(params: Params, name: str) -> int:
    """A decimal in atoms, 0 if absent."""
    value = params.get(name)
    if value in (None, ""):
        return 0
    try:
        return atoms.parse(f"{value:.8f}" if isinstance(value, float) else str(value))
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
    return str(params.get(name, "")).lower() == "true"


def span(params: Params, first: str, last: str) -> range:
    """The times asked for, Unix milliseconds; all of time if absent."""
    return range(integer(params, first), (integer(params, last) or END_OF_TIME_MS) + 1)


def page(rows: list[Any], params: Params) -> dict[str, Any]:
    """One page of rows, newest first."""
    number_, size = max(1, integer(params, "currentPage")), integer(params, "pageSize") or 50
    newest = rows[::-1]
    return {
        "currentPage": number_,
        "pageSize": size,
        "totalNum": len(rows),
        "totalPage": -(-len(rows) // size),
        "items": newest[(number_ - 1) * size : number_ * size],
    }


def plain(amount: int) -> str:
    """An amount without trailing zeros."""
    return atoms.show(amount).rstrip("0").rstrip(".")


def loose(amount: int) -> float:
    """An amount as the JSON number that KuCoin writes in some places; nothing here calculates with it."""
    return float(atoms.show(amount))


def lots(qty: int, contract: Contract) -> int:
    """Base units as a number of contracts."""
    return qty // contract.multiplier if qty >= 0 else -(-qty // contract.multiplier)
