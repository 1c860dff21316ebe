"""A door on the test database, a sender to knock with, and a look at what was stored."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import psycopg
from django.db import connections
from psycopg.rows import dict_row

from project.accounts.models import ExchangeAccount, User
from project.accounts.vault import seal
from signals.models import Source
from trading.webhooks import Door, build, conninfo

T = TypeVar("T")

TOKEN = "t" * 43
SECRET = "correct-horse-battery"
API_KEY = "key-for-the-door"
HMAC_KEY = b"0123456789abcdef0123456789abcdef"


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def make_source(**values: Any) -> Source:
    """A source with a token and a body secret, unlimited, on an account of its own user; values override."""
    user, _ = User.objects.get_or_create(username=values.pop("username", "ada"))
    account, _ = ExchangeAccount.objects.get_or_create(user=user, name=values.pop("account_name", "main"))
    values = {"name": "pine", "token_hash": digest(TOKEN), "secret_hash": digest(SECRET), "rate_per_min": 0, **values}
    return Source.objects.create(user=user, account=account, **values)


def give_hmac_key(source: Source, key: bytes = HMAC_KEY, **values: Any) -> Source:
    """Seal an HMAC key for a source."""
    source.hmac_sealed = seal(key, aad=f"source:{source.pk}".encode())
    for name, value in values.items():
        setattr(source, name, value)
    source.save()
    return source


async def aside(work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Do something with the ORM in a thread, leaving no connection behind."""

    def run() -> T:
        try:
            return work(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


@dataclass
class Visitor:
    """An HTTP client of the door, and the bells it rang."""

    http: httpx.AsyncClient
    door: Door
    rung: list[int] = field(default_factory=list)

    async def post(self, path: str = f"/webhooks/{TOKEN}", body: Any = None, **headers: str) -> httpx.Response:
        """Send an object as JSON, anything else as it is; header names with underscores."""
        content = json.dumps(body) if isinstance(body, dict) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, content=content, headers=named)


@asynccontextmanager
async def open_door(*, peer: str = "198.51.100.7", knows_sources: bool = True) -> AsyncIterator[Visitor]:
    """A door in this event loop, closed at the end; it has read its sources, unless told to wait for the first alert."""
    rung: list[int] = []
    door = build(rung.append)
    if knows_sources:
        await door.open()
    transport = httpx.ASGITransport(door, client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
        yield Visitor(http, door, rung)
    await door.close()


async def rows(statement: str, *parameters: Any) -> list[dict[str, Any]]:
    """What a query finds, on a connection of its own."""
    async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True, row_factory=dict_row) as connection:
        return await (await connection.execute(statement, parameters)).fetchall()


async def alerts() -> list[dict[str, Any]]:
    """All stored alerts, first first."""
    return await rows("SELECT * FROM signals_alert ORDER BY id")
