"""The enabled sources, read from the database for the door and kept in memory until they change."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from signals.authentication import Network, SenderRow, Senders, networks, senders

log = logging.getLogger(__name__)

MISS_SECS = 0.2
MISS_TIMEOUT_SECS = 0.5
HOUSEKEEPING_TIMEOUT_SECS = 2.0

VERSION = """
SELECT max(changed), sum(rows) FROM (
    SELECT max(updated_at) AS changed, count(*) AS rows FROM signals_source
    UNION ALL SELECT max(updated_at), count(*) FROM accounts_exchangeaccount
    UNION ALL SELECT NULL, count(*) FROM accounts_user WHERE is_active
) AS versions
"""
SOURCES = """
SELECT source.* FROM signals_source AS source JOIN accounts_user AS person ON person.id = source.user_id
WHERE source.enabled AND person.is_active ORDER BY source.id
"""
ACCOUNTS = "SELECT id, user_id, name FROM accounts_exchangeaccount"

OpenKey = Callable[[int, bytes], bytes | None]
"""(source id, sealed key) → the HMAC key, or None when the vault cannot open it."""
Connection = AsyncConnection[Any]


async def version(connection: Connection) -> tuple[Any, ...]:
    """Changes whenever a source, an account or a user's standing does."""
    cursor = await connection.execute(VERSION)
    return tuple(await cursor.fetchone() or ())


async def load(connection: Connection, open_key: OpenKey) -> Senders:
    """All enabled sources of active users."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(ACCOUNTS)
        accounts = _accounts_by_user(await cursor.fetchall())
        await cursor.execute(SOURCES)
        rows = await cursor.fetchall()
    return senders(_row(row, accounts.get(row["user_id"], {}), open_key) for row in rows)


def _accounts_by_user(rows: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, int]]:
    table: dict[int, dict[str, int]] = {}
    for row in rows:
        table.setdefault(row["user_id"], {})[row["name"]] = row["id"]
    return table


def _row(row: Mapping[str, Any], accounts: Mapping[str, int], open_key: OpenKey) -> SenderRow:
    sealed = row["hmac_sealed"]
    return SenderRow(
        id=row["id"],
        kind=row["kind"],
        account_id=row["account_id"],
        accounts=accounts,
        token_hash=row["token_hash"],
        secret_hash=row["secret_hash"],
        api_key_hash=row["api_key_hash"],
        hmac_key=open_key(row["id"], bytes(sealed)) if sealed else None,
        hmac_required=row["hmac_required"],
        allow_bare_hmac=row["allow_bare_hmac"],
        networks=_networks(row["allowed_ips"]),
        formats=frozenset(row["formats"]),
        body_dedupe_secs=row["body_dedupe_secs"],
        rate_per_min=row["rate_per_min"],
    )


def _networks(texts: list[str]) -> tuple[Network, ...]:
    """The allowed networks. A list that cannot be read allows nobody: a typing error must not open the door."""
    try:
        return networks(texts)
    except ValueError:
        return networks(["255.255.255.255/32"])


class Directory:
    """The sources in memory, and the one connection that keeps them fresh. Without a database the last ones stand."""

    def __init__(self, conninfo: Callable[[], str], open_key: OpenKey) -> None:
        """The connection string is asked for at each connect: a test's database changes its name."""
        self._conninfo, self._open_key = conninfo, open_key
        self._connection: Connection | None = None
        self._refreshing: asyncio.Task[bool] | None = None
        self._version: tuple[Any, ...] = ()
        self._asked_at = -math.inf
        self.senders: Senders | None = None

    async def refresh(self, *, within_secs: float) -> bool:
        """Look for changes; True when that was done in time. Whoever asks during a look waits for the same one."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(), name="sources")
        done, _ = await asyncio.wait({self._refreshing}, timeout=within_secs)
        return bool(done) and self._refreshing.result()

    async def refresh_on_miss(self) -> bool:
        """The same for a sender nobody knows: he may be new. Strangers cannot ask more than five times a second."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at < MISS_SECS:
            return False
        self._asked_at = now
        return await self.refresh(within_secs=MISS_TIMEOUT_SECS)

    async def write(self, statement: LiteralString, parameters: list[list[object]]) -> bool:
        """Run a statement of the door's housekeeping; False when the database did not take it."""
        try:
            async with asyncio.timeout(HOUSEKEEPING_TIMEOUT_SECS):
                await (await self._connected()).execute(statement, parameters)
        except (psycopg.Error, OSError, TimeoutError) as error:
            await self._lost(error)
            return False
        return True

    async def close(self) -> None:
        """Close the connection."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _refresh(self) -> bool:
        try:
            async with asyncio.timeout(HOUSEKEEPING_TIMEOUT_SECS):
                connection = await self._connected()
                found = await version(connection)
                if found != self._version or self.senders is None:
                    self.senders = await load(connection, self._open_key)
                    self._version = found
        except (psycopg.Error, OSError, TimeoutError) as error:
            await self._lost(error)
            return False
        return True

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(self._conninfo(), autocommit=True)
        return self._connection

    async def _lost(self, error: BaseException) -> None:
        log.warning("the sources cannot be read: %s", type(error).__name__)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
