"""The inbox: alerts become rows by group commit, each once; whoever waits is told what became of his.

No artificial delay: while one batch commits, the next gathers. Only the flusher task touches the connection.
"""

import asyncio
import hashlib
import json
import logging
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection

from project import failpoints

log = logging.getLogger(__name__)

MAX_WAITING = 2000
# Alerts in memory: at 5,000 a second less than half a second's worth.
MAX_BATCH = 500
STATEMENT_TIMEOUT_MS = 1000
FLUSH_TIMEOUT_SECS = 1.5
# Longer than the statement's own, for a server that is stopped rather than slow. TradingView gives up after 3 s.
GRACE_SECS = 0.1
BREAKER_SECS = 0.5
# After a failure everybody is refused at once for this long, instead of queueing behind a dead database.

# To plan a batch takes 0.3 ms. But a plan made while the table was empty stays in use while it grows, with the wrong
# index: 2 ms became 150 ms. So a plan is kept until as much was stored again as before it was made, and it never reads
# the table whole.
SESSION = f"""
SET statement_timeout = {STATEMENT_TIMEOUT_MS};
SET enable_seqscan = off;
SET plan_cache_mode = force_generic_plan;
"""
PLAN_ANEW = "DISCARD PLANS"

# The batch travels as one JSON text: as arrays, psycopg's quoting of the bodies alone cost more than the commit.
# Ids are drawn in arrival order, since the engine decides by id; rows are inserted by key, since two doors that insert
# the same keys in different orders would deadlock.
INSERT = """
WITH incoming AS MATERIALIZED (
    SELECT nextval((SELECT pg_get_serial_sequence('signals_alert', 'id')::regclass)) AS id,
           decode(row.hash, 'hex') AS body_hash, row.*
    FROM json_to_recordset(%s) AS row
        (place int, source_id bigint, account_id bigint, endpoint text, format text, raw text, content_type text,
         hash text, dedupe_key text, client_id text, received_at timestamptz, peer text, window_secs int, refused text)
), repeats AS MATERIALIZED (
    SELECT incoming.place, earlier.id, earlier.received_at, earlier.body_hash
    FROM incoming CROSS JOIN LATERAL (
        SELECT alert.id, alert.received_at, alert.body_hash FROM signals_alert AS alert
        WHERE alert.source_id = incoming.source_id AND alert.body_hash = incoming.body_hash
          AND alert.received_at > incoming.received_at - make_interval(secs => incoming.window_secs)
          AND alert.client_id = '' AND alert.format <> ''
        LIMIT 1
    ) AS earlier
    WHERE incoming.window_secs > 0
), fresh AS (
    INSERT INTO signals_alert (id, source_id, account_id, endpoint, format, raw, content_type, body_hash,
                               dedupe_key, client_id, received_at, peer, reason)
    SELECT id, source_id, account_id, endpoint, format, raw, content_type, body_hash,
           dedupe_key, client_id, received_at, peer, refused
    FROM incoming WHERE NOT EXISTS (SELECT FROM repeats WHERE repeats.place = incoming.place)
    ORDER BY source_id, dedupe_key
    ON CONFLICT (source_id, dedupe_key) DO NOTHING
    RETURNING id
)
SELECT incoming.place, fresh.id, incoming.received_at, incoming.body_hash, true FROM fresh JOIN incoming USING (id)
UNION ALL SELECT place, id, received_at, body_hash, false FROM repeats
"""
EARLIER = """
SELECT row.place, alert.id, alert.received_at, alert.body_hash, false
FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS row (place, source_id, dedupe_key)
JOIN signals_alert AS alert ON alert.source_id = row.source_id AND alert.dedupe_key = row.dedupe_key
"""


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A delivery about to be stored. format is empty where no format could read it. window_secs: see dedupe_key.

    refused: the door's own reason where it refused the delivery; the outcome then says the same.
    """

    source_id: int
    account_id: int
    endpoint: str
    format: str
    raw: str
    content_type: str
    body_hash: bytes
    dedupe_key: str
    client_id: str
    received_at: datetime
    peer: str
    window_secs: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an alert: its id (a repeat has the first one's), and for a repeat whether the body was the same."""

    id: int
    fresh: bool
    same_body: bool = True


class InboxClosed(Exception):
    """Nothing was promised: the alert may or may not be stored, and must be sent again. It happens at most once."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _TimedOut(Exception):
    """The server did not answer in time: whether it committed is unknown."""


def dedupe_key(
    *, client_id: str, body_hash: bytes, received_at: datetime, window_secs: int, signature: str = ""
) -> str:
    """What makes an alert the same as an earlier one of its source.

    A client id, for ever; else a signature (a recording replayed carries the same one); else the body within its
    window, of which the key names the bucket and `window_secs` the sliding rest; with the window off, nothing.
    """
    if client_id:
        return f"id:{client_id}"
    if signature:
        return f"s:{signature[:128]}"
    if not window_secs:
        return f"n:{uuid.uuid4().hex}"
    return f"h:{body_hash.hex()}:{int(received_at.timestamp()) // window_secs}"


def body_hash(clean: str) -> bytes:
    """The hash of a body without its secrets: a new secret does not make a new alert."""
    return hashlib.sha256(clean.encode("utf-8", "surrogatepass")).digest()


class Inbox:
    """The batcher. `store` from any number of tasks of one event loop; `on_commit` hears which accounts have mail."""

    def __init__(self, conninfo: Callable[[], str], *, on_commit: Callable[[frozenset[int]], None]) -> None:
        """The connection string is asked for at each connect: a test's database changes its name."""
        self._conninfo, self._on_commit = conninfo, on_commit
        self._waiting: deque[tuple[NewAlert, asyncio.Future[Stored]]] = deque()
        self._wake = asyncio.Event()
        self._connection: AsyncConnection[Any] | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._closed_until = 0.0
        self._stored, self._plan_anew_at = 0, 1  # rows on this connection

    async def store(self, alert: NewAlert) -> Stored:
        """Store one alert durably; returns after the commit. Raises InboxClosed."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._closed_until:
            raise InboxClosed("DATABASE_DOWN", "Alerts cannot be stored right now. Send this one again.")
        if len(self._waiting) >= MAX_WAITING:
            raise InboxClosed("BUSY", f"{MAX_WAITING} alerts are waiting to be stored. Send this one again.")
        answer: asyncio.Future[Stored] = loop.create_future()
        self._waiting.append((alert, answer))
        if self._flusher is None or self._flusher.done():
            self._flusher = loop.create_task(self._run(), name="inbox")
        self._wake.set()
        return await answer

    async def close(self) -> None:
        """End the flusher and its connection; whoever still waits is refused."""
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)
        self._refuse([answer for _, answer in self._waiting])
        self._waiting.clear()
        await self._disconnect()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                await self._flush(batch)

    async def _flush(self, batch: list[tuple[NewAlert, "asyncio.Future[Stored]"]]) -> None:
        """Store a batch and tell everybody who waits; a request that went away meanwhile changes nothing for the rest."""
        try:
            results = await self._insert_unique([alert for alert, _ in batch])
        except (psycopg.Error, _TimedOut, OSError) as error:
            await self._trip(error)
            self._refuse([answer for _, answer in batch])
            return
        fresh = set()
        for (alert, answer), result in zip(batch, results, strict=True):
            if result is None:
                self._refuse([answer])
                continue
            if result.fresh:
                fresh.add(alert.account_id)
            if not answer.done():
                answer.set_result(result)
        if fresh:
            self._on_commit(frozenset(fresh))

    async def _trip(self, error: BaseException) -> None:
        """Open the breaker: forget the connection, refuse all who wait and for half a second all who come."""
        log.warning("alerts cannot be stored: %s", type(error).__name__)
        self._closed_until = asyncio.get_running_loop().time() + BREAKER_SECS
        self._refuse([answer for _, answer in self._waiting])
        self._waiting.clear()
        await self._disconnect()

    def _refuse(self, answers: Sequence["asyncio.Future[Stored]"]) -> None:
        for answer in answers:
            if not answer.done():
                answer.set_exception(InboxClosed("DATABASE_DOWN", "The alert was not stored. Send it again."))

    async def _insert_unique(self, alerts: Sequence[NewAlert]) -> list[Stored | None]:
        """Results in the order of `alerts`; copies within the batch follow their first."""
        firsts, leader_of = leaders(alerts)
        found = await self._insert_surely(firsts)
        results: list[Stored | None] = []
        for place, alert in enumerate(alerts):
            first, result = firsts[leader_of[place]], found[leader_of[place]]
            copy = first is not alert and result is not None
            same = first.body_hash == alert.body_hash
            results.append(replace(result, fresh=False, same_body=same) if copy and result else result)
        return results

    async def _insert_surely(self, alerts: Sequence[NewAlert]) -> list[Stored | None]:
        """Insert; once more on a lost connection (nothing is stored twice), never after a timeout.

        A row that the database itself refuses must not fail its neighbours: they are then tried one by one.
        """
        try:
            return await self._within_time(alerts, again=False)
        except (psycopg.errors.QueryCanceled, _TimedOut):
            raise
        except psycopg.OperationalError:
            await self._disconnect()
            return await self._within_time(alerts, again=True)
        except psycopg.DatabaseError as error:
            log.error("a row was refused by the database: %s", type(error).__name__)
            if len(alerts) == 1:
                return [None]
            return [result for alert in alerts for result in await self._insert_surely([alert])]

    async def _within_time(self, alerts: Sequence[NewAlert], *, again: bool) -> list[Stored | None]:
        """Insert, or give up after FLUSH_TIMEOUT_SECS without waiting for the server to agree."""
        attempt = asyncio.create_task(self._insert(alerts, again=again))
        await asyncio.wait({attempt}, timeout=FLUSH_TIMEOUT_SECS)
        # A process that was not given the CPU finds timer and answer together, and would not look at the answer.
        await asyncio.wait({attempt}, timeout=GRACE_SECS)
        if not attempt.done():
            self._abandon(attempt)
            raise _TimedOut
        return attempt.result()

    def _abandon(self, attempt: "asyncio.Task[list[Stored | None]]") -> None:
        """Let go of a call that hangs, and of its connection, which nobody can use any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()
        attempt.add_done_callback(lambda task: task.cancelled() or task.exception())
        attempt.cancel()

    async def _insert(self, alerts: Sequence[NewAlert], *, again: bool) -> list[Stored | None]:
        connection = await self._connected()
        failpoints.point("door.insert.before")
        cursor = await connection.execute(INSERT, [as_json(alerts)])
        failpoints.point("door.insert.after")
        rows = await cursor.fetchall()
        await self._keep_plan_fresh(connection, len(alerts))
        missing = sorted(set(range(len(alerts))) - {row[0] for row in rows})
        if missing:
            keys = [[alerts[place].source_id for place in missing], [alerts[place].dedupe_key for place in missing]]
            rows += await (await connection.execute(EARLIER, [missing, *keys])).fetchall()
        return _results(alerts, rows, again=again)

    async def _keep_plan_fresh(self, connection: AsyncConnection[Any], more: int) -> None:
        self._stored += more
        if self._stored >= self._plan_anew_at:
            self._plan_anew_at = 2 * self._stored
            await connection.execute(PLAN_ANEW)

    async def _connected(self) -> AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            # A threshold of 0: prepared at first use.
            connection = await AsyncConnection.connect(self._conninfo(), autocommit=True, prepare_threshold=0)
            await connection.execute(SESSION, prepare=False)
            self._connection, self._stored, self._plan_anew_at = connection, 0, 1
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def leaders(alerts: Sequence[NewAlert]) -> tuple[list[NewAlert], list[int]]:
    """The alerts that are nobody's copy, and for each alert the place of its first among them.

    Copies share the key, or within one window the body: two copies on either side of a bucket's edge have two keys.
    """
    firsts: list[NewAlert] = []
    places: dict[tuple[int, str | bytes], int] = {}
    leader_of: list[int] = []
    for alert in alerts:
        marks: list[tuple[int, str | bytes]] = [(alert.source_id, alert.dedupe_key)]
        marks += [(alert.source_id, alert.body_hash)] if alert.window_secs else []
        known = next((places[mark] for mark in marks if mark in places), None)
        if known is None:
            known = len(firsts)
            firsts.append(alert)
        for mark in marks:
            places.setdefault(mark, known)
        leader_of.append(known)
    return firsts, leader_of


def as_json(alerts: Sequence[NewAlert]) -> str:
    """The rows of INSERT."""
    return json.dumps([_row(place, alert) for place, alert in enumerate(alerts)], ensure_ascii=False)


def _row(place: int, alert: NewAlert) -> dict[str, str | int]:
    return {
        "place": place,
        "source_id": alert.source_id,
        "account_id": alert.account_id,
        "endpoint": alert.endpoint,
        "format": alert.format,
        "raw": alert.raw,
        "content_type": alert.content_type,
        "hash": alert.body_hash.hex(),
        "dedupe_key": alert.dedupe_key,
        "client_id": alert.client_id,
        "received_at": alert.received_at.isoformat(),
        "peer": alert.peer,
        "window_secs": alert.window_secs,
        "refused": alert.refused,
    }


def _results(alerts: Sequence[NewAlert], rows: Sequence[tuple[Any, ...]], *, again: bool) -> list[Stored | None]:
    """Rows by place. On a second attempt a row with our own arrival time is ours: the first attempt did commit."""
    results: list[Stored | None] = [None] * len(alerts)
    for place, alert_id, received_at, stored_hash, fresh in rows:
        alert = alerts[place]
        ours = fresh or (again and received_at == alert.received_at)
        results[place] = Stored(alert_id, fresh=ours, same_body=bytes(stored_hash) == alert.body_hash)
    return results
