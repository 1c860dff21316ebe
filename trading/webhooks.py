"""The door: a plain ASGI app that authenticates, stores and answers. It never trades, and it never answers 500.

Serve it on a port of its own: `uvicorn trading.webhooks:app --lifespan on --no-proxy-headers --no-access-log`.
"""

import asyncio
import gc
import logging
import os
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs

import django
from psycopg.conninfo import make_conninfo

from project import failpoints
from signals.authentication import (
    Claim,
    Network,
    NotProven,
    Offer,
    Senders,
    by_envelope,
    by_secrets,
    confirm,
    networks,
    sender_address,
)
from signals.deliveries import Delivery, accepted, opened, refused
from signals.formats import Body, FormatRefused, secrets_in
from signals.inbox import Inbox, InboxClosed, NewAlert
from signals.rates import Limiter
from signals.refusals import UPSERT, Refusals
from signals.sources import Directory
from trading.services import kill_door
from trading.webhook_replies import (
    COMPRESSED,
    ID_REUSED,
    INTERNAL,
    NOT_FOUND,
    POST_ONLY,
    STARTING,
    TOO_LARGE,
    UNAUTHORIZED,
    Receive,
    Reply,
    Scope,
    Send,
    TurnedAway,
    headers_of,
    read_body,
    refusal,
    respond,
    unreadable,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

ENDPOINTS = {
    "/webhook": "tradingview",
    "/webhooks/alerts": "alerts",
    "/webhooks/custom": "tradingview",
    "/webhooks/indicators": "indicators",
    "/webhooks/signals": "signals",
    "/webhooks/tradingview": "tradingview",
}
TOKEN_PATH = re.compile(r"/webhooks/([A-Za-z0-9_-]{20,128})")
# Tokens have 43 characters (256 bits); what is shorter than 20 is a mistyped endpoint.
FIRST_LOOK_SECS = 1.0
# An alert that arrives before the sources could be read waits this long for them.
NONCE_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,64}")
COMPRESSIONS = re.compile(r"\b(br|compress|deflate|gzip|zstd)\b", re.IGNORECASE)
# Other words in Content-Encoding, such as utf-8, are a sender's mistake that harms nothing.
POLL_SECS = 0.5
# How long a new or revoked source takes to count: under a second, with the look itself.


class Bells:
    """Rings accounts from a thread, coalesced: while one round rings, the next gathers. Replies never wait for it."""

    def __init__(self, ring: Callable[[int], object]) -> None:
        self._ring = ring
        self._accounts: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def gather(self, accounts: frozenset[int]) -> None:
        """Ring these soon."""
        self._accounts |= accounts
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="bells")

    async def _run(self) -> None:
        while self._accounts:
            accounts, self._accounts = self._accounts, set()
            try:
                await asyncio.to_thread(self._ring_all, sorted(accounts))
            except Exception as error:  # noqa: BLE001 - an edge: the pump rings again, alerts must not wait for bells
                log.warning("bells could not be rung: %s", type(error).__name__)

    def _ring_all(self, accounts: list[int]) -> None:
        for account in accounts:
            self._ring(account)


@dataclass(slots=True)
class Door:
    """The ASGI app and what it keeps in memory; one for each event loop."""

    inbox: Inbox
    directory: Directory
    trusted: tuple[Network, ...] = ()
    limiter: Limiter = field(default_factory=Limiter)
    refusals: Refusals = field(default_factory=Refusals)
    upkeep: "asyncio.Task[None] | None" = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: lifespan and HTTP."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def open(self) -> None:
        """Start the housekeeping; also without lifespan events, at the first request."""
        if self.upkeep is None or self.upkeep.done():
            self.upkeep = asyncio.create_task(self._keep_up(), name="door-upkeep")
        if self.directory.senders is None:
            await self.directory.refresh(within_secs=FIRST_LOOK_SECS)

    async def close(self) -> None:
        """Stop, and write what is still counted."""
        if self.upkeep is not None:
            self.upkeep.cancel()
            await asyncio.gather(self.upkeep, return_exceptions=True)
        await self._write_refusals()
        await self.inbox.close()
        await self.directory.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECS)
            await self.directory.refresh(within_secs=POLL_SECS)
            await self._write_refusals()

    async def _write_refusals(self) -> None:
        columns = self.refusals.drain()
        if columns and not await self.directory.write(UPSERT, columns):
            self.refusals.put_back(columns)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except TurnedAway as away:
            reply = away.reply
        except Exception as error:  # noqa: BLE001 - the edge: whatever happens, the sender is told to try again
            frames = "".join(traceback.format_tb(error.__traceback__))  # places only: the message may quote the body
            log.error("unforeseen %s in the door\n%s", type(error).__name__, frames)
            reply = INTERNAL
        await respond(reply, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        path = scope["path"].rstrip("/")
        if path == "/health/live":
            return alive(scope)
        if path == kill_door.PATH:
            return await kill_door.answer(scope, receive, home())
        token = TOKEN_PATH.fullmatch(path)
        if path not in ENDPOINTS and not token:
            return NOT_FOUND
        if scope["method"] != "POST":
            return POST_ONLY
        await self.open()
        headers = headers_of(scope)
        offer = self._offer(scope, headers, "" if path in ENDPOINTS or not token else token[1])
        return await self._deliver(await self._received(path, offer, headers, receive))

    def _offer(self, scope: Scope, headers: Mapping[bytes, str], token: str) -> Offer:
        peer = scope.get("client") or ("", 0)
        return Offer(
            token=token,
            api_key=headers.get(b"x-api-key", ""),
            timestamp=headers.get(b"x-timestamp", ""),
            signature=headers.get(b"x-signature", ""),
            address=sender_address(peer[0], headers.get(b"x-forwarded-for", ""), self.trusted),
        )

    async def _received(self, path: str, offer: Offer, headers: Mapping[bytes, str], receive: Receive) -> Delivery:
        """The request with its body. Raises TurnedAway: too large, too slow, compressed."""
        raw = await read_body(receive)
        now = datetime.now(UTC)
        compressed = COMPRESSIONS.search(headers.get(b"content-encoding", ""))
        if raw is None or compressed:
            away = TOO_LARGE if raw is None else COMPRESSED
            self.refusals.count(None, offer.address, away.body["code"], now=now)
            raise TurnedAway(away)
        return Delivery(ENDPOINTS.get(path, ""), offer, raw, headers.get(b"content-type", ""), now)

    async def _deliver(self, delivery: Delivery) -> Reply:
        """Authenticate, read, store, answer."""
        if self.directory.senders is None:
            return STARTING
        try:
            return await self._proven_delivery(delivery)
        except NotProven as doubt:
            self.refusals.count(doubt.source_id, delivery.offer.address, doubt.reason, now=delivery.received_at)
            return UNAUTHORIZED

    async def _proven_delivery(self, delivery: Delivery) -> Reply:
        claim = await self._by_envelope(delivery)
        if claim and not delivery.endpoint:
            delivery = at_own_endpoint(delivery, claim)
        try:
            text, body = opened(delivery.raw)
        except FormatRefused as error:
            return await self._keep_refused(delivery, claim and self._confirmed(claim, {}, delivery), error)
        claim = self._confirmed(claim or await self._by_secrets(delivery, body), body, delivery)
        try:
            alert, intent = accepted(delivery, claim, text, body)
        except FormatRefused as error:
            return await self._keep_refused(delivery, claim, error)
        self._within_rate(delivery, claim, may_exit=intent.may_exit)
        return await self._store(alert)

    async def _by_envelope(self, delivery: Delivery) -> Claim | None:
        offer, raw, now = delivery.offer, delivery.raw, delivery.received_at
        return await self._ask(lambda known: by_envelope(known, offer, endpoint=delivery.endpoint, raw=raw, now=now))

    async def _by_secrets(self, delivery: Delivery, body: Body) -> Claim:
        offer, raw, now, secrets = delivery.offer, delivery.raw, delivery.received_at, secrets_in(body)
        return await self._ask(
            lambda known: by_secrets(known, secrets, offer, endpoint=delivery.endpoint, raw=raw, now=now)
        )

    async def _ask(self, question: Callable[[Senders], T]) -> T:
        """Ask the known sources; when they deny, once more after looking for new ones. Raises NotProven."""
        assert self.directory.senders is not None
        try:
            return question(self.directory.senders)
        except NotProven:
            if not await self.directory.refresh_on_miss():
                raise
            return question(self.directory.senders)

    def _confirmed(self, claim: Claim, body: Body, delivery: Delivery) -> Claim:
        confirm(claim, secrets_in(body), offer=delivery.offer)
        return claim

    def _within_rate(self, delivery: Delivery, claim: Claim, *, may_exit: bool) -> None:
        """Raises TurnedAway over the limit: 503 for TradingView, which resends only then; 429 for the others."""
        source, now = claim.source, asyncio.get_running_loop().time()
        wait = self.limiter.wait_secs(
            source.id, delivery.endpoint, may_exit=may_exit, per_minute=source.rate_per_min, now=now
        )
        if wait:
            self.refusals.count(source.id, delivery.offer.address, "RATE_LIMITED", now=delivery.received_at)
            message = f"Too many alerts from this source: again in {wait} s. Its limit is rate_per_min."
            status = 503 if source.kind == "tradingview" else 429
            raise TurnedAway(refusal(status, "RATE_LIMITED", message, retry_secs=wait))

    async def _keep_refused(self, delivery: Delivery, claim: Claim | None, error: FormatRefused) -> Reply:
        """422. An authenticated sender finds the delivery on the page; a stranger's is only counted."""
        if claim is None:
            self.refusals.count(None, delivery.offer.address, error.code, now=delivery.received_at)
            return unreadable(error)
        self._within_rate(delivery, claim, may_exit=False)
        await self._store(refused(delivery, claim, error))
        return unreadable(error)

    async def _store(self, alert: NewAlert) -> Reply:
        try:
            stored = await self.inbox.store(alert)
        except InboxClosed as closed:
            return refusal(503, closed.code, str(closed), retry_secs=1)
        failpoints.point("door.reply.before")
        if stored.fresh:
            return Reply(202, {"status": "received", "id": stored.id})
        if stored.same_body:
            return Reply(200, {"status": "duplicate", "id": stored.id})
        log.warning("alert id reused with another body, source %s, alert %s", alert.source_id, stored.id)
        self.refusals.count(alert.source_id, alert.peer, "ID_REUSED", now=alert.received_at)
        return ID_REUSED


def at_own_endpoint(delivery: Delivery, claim: Claim) -> Delivery:
    """A delivery to a source's own address counts as posted to the endpoint of its kind."""
    return Delivery(claim.source.kind, delivery.offer, delivery.raw, delivery.content_type, delivery.received_at)


def alive(scope: Scope) -> Reply:
    """`{"status": "live"}`, with the caller's nonce, which proves that the answer came from here and now."""
    nonce = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("nonce", [""])[0]
    return Reply(200, {"status": "live", "nonce": nonce} if NONCE_SHAPE.fullmatch(nonce) else {"status": "live"})


def home() -> Path:
    """The data folder, where the kill latch lies."""
    from django.conf import settings

    path: Path = settings.WINDLASS.home
    return path


def conninfo() -> str:
    """Where Django's default database is, as a connection string of our own."""
    from django.db import connection

    wanted = connection.settings_dict
    return make_conninfo(
        "",
        host=wanted["HOST"],
        port=wanted["PORT"],
        dbname=wanted["NAME"],
        user=wanted["USER"],
        password=wanted["PASSWORD"],
        connect_timeout=2,
        application_name="windlass-door",
    )


def open_key(source_id: int, sealed: bytes) -> bytes | None:
    """A source's HMAC key from the vault; None, and a line in the log, when the vault cannot open it."""
    from project.accounts.vault import VaultError, open_sealed

    try:
        return open_sealed(sealed, aad=f"source:{source_id}".encode())
    except VaultError as error:
        log.error("the HMAC key of source %s stays closed: %s", source_id, error)
        return None


def ring_account(account_id: int) -> None:
    """Tell the engine that an account has mail."""
    from trading.bells import ring

    ring("process_inbox", account_id)


def build(ring: Callable[[int], object] = ring_account) -> Door:
    """A door on Django's settings. The database need not be up yet."""
    from django.conf import settings

    bells = Bells(ring)
    return Door(
        inbox=Inbox(conninfo, on_commit=bells.gather),
        directory=Directory(conninfo, open_key),
        trusted=networks(settings.WINDLASS.trusted_proxies),
    )


def application() -> Door:
    """The door of this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
    django.setup()
    door = build()
    gc.freeze()  # Django's two hundred thousand objects need not be searched for garbage between two alerts
    return door


app = application()
