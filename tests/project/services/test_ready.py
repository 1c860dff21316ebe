"""Whether servers answer, asked of real ones and of closed ports."""

import asyncio

import pytest

from project.services import ports, ready, server_answers
from tests.project.services.recovering import recovering
from tests.support.plugin import SERVERS


async def test_running_servers_answer() -> None:
    assert await server_answers.postgres_answers(SERVERS.database_url("app")) == ""
    assert await server_answers.redis_answers(SERVERS.redis_url) == ""


async def test_a_closed_port_has_its_reason() -> None:
    port = ports.free_port()
    assert "refused" in await server_answers.postgres_answers(f"postgresql://engine@127.0.0.1:{port}/x")
    assert str(port) in await server_answers.redis_answers(f"redis://127.0.0.1:{port}/0")
    assert "Connect call failed" in await ready.http_answers(f"http://127.0.0.1:{port}/")


async def test_a_server_that_recovers_is_told_from_one_that_is_gone() -> None:
    with recovering() as url:
        assert "starting up" in await server_answers.postgres_answers(url)
        assert await server_answers.postgres_recovers(url)
    assert not await server_answers.postgres_recovers(url)
    assert not await server_answers.postgres_recovers(SERVERS.database_url("app"))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", ""),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "status 503"),
        (b"", "status missing"),
    ],
)
async def test_an_http_answer(reply: bytes, reason: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await ready.http_answers(f"http://127.0.0.1:{port}/health/live") == reason


async def test_waiting_ends_with_the_answer_the_process_or_the_time() -> None:
    replies = iter(["not yet", "not yet", ""])

    async def third_time() -> str:
        return next(replies)

    async def never() -> str:
        return "never"

    assert await ready.wait(third_time, seconds=10) == ""
    assert await ready.wait(never, alive=lambda: False, seconds=10) == "never"
    assert await ready.wait(never, seconds=0) == "never"
