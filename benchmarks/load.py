"""The load generator: keep-alive connections to loopback, each with one request on its way at a time."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop

from benchmarks.figure import percentile
from project.services.ports import HOST

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass(slots=True)
class Replies:
    """What came back: a status, a body and a latency (seconds) for each request, and how long it all took."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    secs: float = 0.0

    @property
    def per_sec(self) -> float:
        return len(self.statuses) / self.secs

    def ms(self, percent: float) -> float:
        """A percentile of the latencies, ms."""
        return percentile(self.latencies, percent) * 1000

    def count(self, status: int) -> int:
        return self.statuses.count(status)

    def ids(self) -> list[int]:
        """The alert ids that were promised with a 202."""
        accepted = (body for body, status in zip(self.bodies, self.statuses, strict=True) if status == 202)
        return [json.loads(body)["id"] for body in accepted]


class _Connection(asyncio.Protocol):
    """One connection; `ask` sends a request and waits for its answer."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        self._buffer += data
        head, found, body = self._buffer.partition(HEAD_END)
        if found and len(body) >= _length(head) and self._answer is not None:
            self._buffer, answer = b"", self._answer
            answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        """An answer that will not come is an error of the run."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed before the answer"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


def _length(head: bytes) -> int:
    lowered = head.lower()
    place = lowered.find(LENGTH)
    return int(lowered[place + len(LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else 0


def request(path: str, body: object = None, *, method: str = "POST") -> bytes:
    """A request as bytes, made before the clock runs."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def closed(port: int, requests: Sequence[bytes], *, connections: int) -> Replies:
    """Each connection sends its next request when it has its answer."""
    return uvloop.run(_closed(port, requests, connections))


def paced(port: int, requests: Sequence[bytes], *, connections: int, per_sec: float) -> Replies:
    """Requests leave at a steady rate, as long as a connection is free."""
    return uvloop.run(pace(port, requests, connections, per_sec))


async def _closed(port: int, requests: Sequence[bytes], connections: int) -> Replies:
    opened, replies, feed = await _open(port, connections), Replies(), iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*(_drain(connection, feed, replies) for connection in opened))
    replies.secs = time.perf_counter() - started
    _close(opened)
    return replies


async def pace(port: int, requests: Sequence[bytes], connections: int, per_sec: float) -> Replies:
    """The same within a loop that runs already."""
    opened, replies = await _open(port, connections), Replies()
    started = time.perf_counter()
    feed = iter((started + number / per_sec, request) for number, request in enumerate(requests))
    await asyncio.gather(*(_drain_paced(connection, feed, replies) for connection in opened))
    replies.secs = time.perf_counter() - started
    _close(opened)
    return replies


async def _open(port: int, connections: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    made = [loop.create_connection(_Connection, HOST, port) for _ in range(connections)]
    return [protocol for _, protocol in await asyncio.gather(*made)]


def _close(opened: Iterable[_Connection]) -> None:
    for connection in opened:
        connection.close()


async def _drain(connection: _Connection, feed: Iterator[bytes], replies: Replies) -> None:
    for wanted in feed:
        await _measured(connection, wanted, replies)


async def _drain_paced(connection: _Connection, feed: Iterator[tuple[float, bytes]], replies: Replies) -> None:
    for due, wanted in feed:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await _measured(connection, wanted, replies)


async def _measured(connection: _Connection, wanted: bytes, replies: Replies) -> None:
    started = time.perf_counter()
    status, body = await connection.ask(wanted)
    replies.latencies.append(time.perf_counter() - started)
    replies.statuses.append(status)
    replies.bodies.append(body)
