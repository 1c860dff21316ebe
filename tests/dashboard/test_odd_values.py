"""Whatever stands in an address or a body, every page and every route of the API has an answer to it: the first and the last
year, numbers without end, NUL, halves of characters, JSON without a bottom.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from dashboard import tokens
from dashboard.roles import Scope
from project.accounts.models import ExchangeAccount
from tests.dashboard import rows
from tests.dashboard.api import world, writes
from tests.dashboard.test_every_address import LOOK, at, desk

__all__ = ["desk"]

LONE = b"\xed\xa0\x80"  # half of a pair, as UTF-8 has it
ODD: tuple[str | bytes, ...] = ("9999-12-31", "9999-12-31T23:59:59-23:00_1", "\0", "9" * 5_000, LONE)
ODD_MOMENTS = ("9999-12-31T23:59:00Z", "0001-01-01T00:00:00+23:00", "\0")
NAMES = (
    *("after", "alert", "at", "before", "category", "code", "days", "format", "from", "level", "minutes", "name"),
    *("open", "outcome", "own", "pair", "period", "price", "q", "scope", "sent", "side", "size", "sort", "source"),
    *("status", "stop_pct", "strategy", "timeframe", "timeframe_secs", "to", "value", "version", "view"),
)
BODIES = (b"[" * 100_000, b'{"reason": "\\ud800"}', b"9" * 5_000, b"\xff")
GIVEN = {"account": 1, "source": 1, "table": "orders", "instrument": 1, "timeframe_secs": 3600, "at": "2026-01-31"}


@pytest.fixture
def boss(desk: rows.Desk) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(rows.admin("boss"))
    return client


@pytest.fixture
def program(desk: rows.Desk, now: datetime) -> Client:
    client = world.bearer(tokens.log_in(rows.admin("boss"), scope=Scope.ADMIN, now=now).access)
    client.raise_request_exception = False
    return client


def joined(address: str, **query: Any) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def test_every_page_answers_to_anything_in_its_address(boss: Client) -> None:
    account = ExchangeAccount.objects.get().pk
    queries = [dict.fromkeys(NAMES, value) | {"account": account} for value in ODD]
    asked = [(name, joined(at(name), **query)) for name in sorted(LOOK) for query in queries]
    assert {(name, place[:300]) for name, place in asked if boss.get(place).status_code >= 500} == set()


def looks(value: str) -> Iterator[str]:
    """Every parameter of every look, with the others as they should be."""
    for path, operations in writes.DOCUMENT["paths"].items():
        parameters = operations.get("get", {}).get("parameters", ())
        names = [one["name"] for one in parameters if one["in"] == "query"]
        given = {name: said for name, said in GIVEN.items() if name in names}
        yield from (joined(re.sub(r"\{\w+\}", "1", path), **given | {name: value}) for name in names)


def test_every_look_of_the_api_answers_to_anything_in_its_query(program: Client) -> None:
    asked = [address for value in ODD_MOMENTS for address in looks(value)]
    assert len(asked) > 300
    assert [address for address in asked if program.get(address).status_code >= 500] == []


def test_every_write_of_the_api_answers_to_any_body(program: Client) -> None:
    places = [(method.upper(), re.sub(r"\{\w+\}", "987654", path)) for method, path in writes.PATHS.values()]
    asked = [(method, place, body, "application/json") for method, place in places for body in BODIES]
    assert [one[:2] for one in asked if program.generic(*one).status_code >= 500] == []
