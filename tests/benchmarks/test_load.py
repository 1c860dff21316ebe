"""The load generator: every request is answered once, in pieces or whole, at its pace or as fast as it goes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from benchmarks import load

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that numbers its requests and answers in two pieces."""
    number = 0
    while head := await reader.readuntil(b"\r\n\r\n"):
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        number += 1
        body = json.dumps({"id": number}).encode()
        writer.write(f"HTTP/1.1 202 Accepted\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:2])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(body[2:])


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that reads and closes."""
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """The port of a server."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize("drive", [load._closed, lambda *given: load.pace(*given, 5000.0)], ids=["closed", "paced"])
async def test_each_request_has_its_answer(drive: Callable[..., Coroutine[Any, Any, load.Replies]]) -> None:
    async with serving(answer) as port:
        replies = await drive(port, [load.request("/x", {"n": n}) for n in range(30)], 3)
    assert (replies.count(202), len(replies.latencies)) == (30, 30)
    assert sorted(set(replies.ids())) == list(range(1, max(replies.ids()) + 1))
    assert replies.ms(99) >= replies.ms(50) > 0


async def test_a_connection_that_closes_without_an_answer_is_an_error() -> None:
    async with serving(hang_up) as port:
        with pytest.raises(ConnectionResetError):
            await load._closed(port, [load.request("/x", {})], 1)
