"""Web sockets: a connection, the session that speaks over it, and the house that opens sessions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from trading.paper.ledger.journal import Journal

logger = logging.getLogger("paper.sockets")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_WAITING = 20_000
# Messages a client may lie behind before it is cut off.

NORMAL, REFUSED, TOO_SLOW = 1000, 1008, 1013

_END = object()

Spoil = Callable[["Connection", str], list[str]]
# What goes out instead of a message.


class Connection:
    """One client's socket. What is sent waits in a queue until the ledger behind it is on disk."""

    def __init__(self, path: str, query: str, headers: Mapping[bytes, bytes]) -> None:
        self.path = path
        self.query = query
        self.headers = headers
        self.code = NORMAL
        self.spoil: Spoil | None = None
        self._held: list[str] = []
        self._waiting: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, text: str) -> None:
        """Queue a message, or what a planned fault makes of it."""
        for one in self.spoil(self, text) if self.spoil else (text,):
            self.put(one)

    def hold(self, text: str) -> None:
        """Keep a message back until the next one has gone."""
        self._held.append(text)

    def take_held(self) -> list[str]:
        """What was kept back."""
        held, self._held = self._held, []
        return held

    def put(self, text: str) -> None:
        """Queue a message; whoever reads too slowly is cut off."""
        if self._waiting.qsize() >= MOST_WAITING:
            self.close(TOO_SLOW)
            return
        self._waiting.put_nowait(text)

    def close(self, code: int = NORMAL) -> None:
        """End the connection once everything queued is sent."""
        self.code = code
        self._waiting.put_nowait(_END)

    async def write(self, send: Send, journal: Journal) -> None:
        """Send until the end."""
        while (text := await self._waiting.get()) is not _END:
            if not journal.settled:
                await journal.settle()
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": self.code})


class Session(Protocol):
    """What a venue says over one connection."""

    def receive(self, text: str) -> None:
        """A message of the client."""

    def ended(self) -> None:
        """The connection is gone."""


class House(Protocol):
    """A venue's streams."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The path prefixes of its sockets."""

    def connect(self, connection: Connection) -> Session | None:
        """A session, or None where the path leads nowhere."""

    def tick(self, now_ms: int) -> None:
        """A tenth of a second has passed."""


async def serve(
    house: House | None, journal: Journal, scope: Scope, receive: Receive, send: Send, spoil: Spoil
) -> None:
    """Carry one connection from its handshake to its end."""
    await receive()
    connection = Connection(scope["path"], scope["query_string"].decode("latin-1"), dict(scope["headers"]))
    connection.spoil = spoil
    session = house.connect(connection) if house else None
    if session is None:
        await send({"type": "websocket.close", "code": REFUSED})
        return
    await send({"type": "websocket.accept"})
    writer = asyncio.ensure_future(connection.write(send, journal))
    reader = asyncio.ensure_future(_read(session, receive))
    await asyncio.wait([writer, reader], return_when=asyncio.FIRST_COMPLETED)
    session.ended()
    await _end(writer, reader)


async def _read(session: Session, receive: Receive) -> None:
    while (message := await receive())["type"] != "websocket.disconnect":
        text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
        session.receive(text)


async def _end(*tasks: "asyncio.Future[None]") -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            logger.info("a socket ended: %s", outcome)
