"""The door while its database is away, hangs, or drops a connection: 503 at once, and back by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from signals import inbox
from signals.inbox import BREAKER_SECS, FLUSH_TIMEOUT_SECS, GRACE_SECS
from tests.trading.doors import TOKEN, Visitor, alerts, aside, make_source, open_door, rows
from trading import webhooks

pytestmark = pytest.mark.django_db(transaction=True)

OWN = f"/webhooks/{TOKEN}"


def buy(price: int) -> dict[str, object]:
    return {"symbol": "BTCUSDT", "action": "buy", "price": price}


class Line:
    """A TCP line to the real server that can be cut, refused, and held."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.writers: list[asyncio.StreamWriter] = []
        self.server: asyncio.Server | None = None
        self.own_port = 0

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", self.own_port)
        self.own_port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """As when the server stops: connections drop, new ones are refused."""
        assert self.server is not None
        self.server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
        self.writers += [writer, far_writer]
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                await self.flowing.wait()
                writer.write(chunk)
            writer.close()
        except OSError:
            writer.close()


@asynccontextmanager
async def door_on_a_line(
    monkeypatch: pytest.MonkeyPatch, *, knows_sources: bool = True
) -> AsyncIterator[tuple[Visitor, Line]]:
    from django.db import connection

    real = webhooks.conninfo()
    line = Line(connection.settings_dict["HOST"], int(connection.settings_dict["PORT"]))
    await line.open()
    through = webhooks.make_conninfo(real, host="127.0.0.1", hostaddr="127.0.0.1", port=line.own_port)
    monkeypatch.setattr(webhooks, "conninfo", lambda: through)
    async with open_door(knows_sources=knows_sources) as visitor:
        yield visitor, line
    await line.close()


async def until_closed_no_more(visitor: Visitor) -> None:
    """Wait until the breaker lets alerts through again."""
    await asyncio.sleep(max(0.0, visitor.door.inbox._closed_until - asyncio.get_running_loop().time()))


async def test_a_stopped_database_is_503_and_the_door_recovers(monkeypatch):
    await aside(make_source)
    async with door_on_a_line(monkeypatch) as (visitor, line):
        before = await visitor.post(OWN, buy(1))
        await line.close()
        away = await asyncio.gather(*(visitor.post(OWN, buy(n)) for n in range(2, 30)))
        await line.open()
        await until_closed_no_more(visitor)
        back = await visitor.post(OWN, buy(2))
    assert {reply.status_code for reply in away} == {503}
    assert {(r.json()["code"], r.headers["retry-after"]) for r in away} == {("DATABASE_DOWN", "1")}
    assert (before.status_code, back.status_code) == (202, 202)
    assert [alert["id"] for alert in await alerts()] == [before.json()["id"], back.json()["id"]]


async def test_the_breaker_refuses_without_asking_the_database(monkeypatch):
    assert BREAKER_SECS < FLUSH_TIMEOUT_SECS
    monkeypatch.setattr(inbox, "BREAKER_SECS", 60.0)  # so that this machine is not slower than it
    await aside(make_source)
    async with door_on_a_line(monkeypatch) as (visitor, line):
        await visitor.post(OWN, buy(1))
        await line.close()
        first = await visitor.post(OWN, buy(2))
        await line.open()
        still = await visitor.post(OWN, buy(2))  # the line is back, the breaker has not looked yet
    assert (first.status_code, still.status_code) == (503, 503)


async def test_a_dropped_connection_is_repaired_within_the_request(monkeypatch):
    await aside(make_source)
    async with door_on_a_line(monkeypatch) as (visitor, line):
        await visitor.post(OWN, buy(1))
        line.cut()
        after = await visitor.post(OWN, buy(2))
    assert after.status_code == 202


async def test_a_backend_ended_by_the_server_is_repaired_within_the_request():
    await aside(make_source)
    async with open_door() as visitor:
        await visitor.post(OWN, buy(1))
        await rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'windlass-door' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        after = await visitor.post(OWN, buy(2))
    assert after.status_code == 202


async def test_a_hanging_database_is_503_before_the_sender_gives_up(monkeypatch):
    await aside(make_source)
    async with door_on_a_line(monkeypatch) as (visitor, line):
        await visitor.post(OWN, buy(1))
        line.flowing.clear()
        hanging = await visitor.post(OWN, buy(2))
        line.flowing.set()
        await until_closed_no_more(visitor)
        again = await visitor.post(OWN, buy(2))
    assert hanging.status_code == 503
    assert FLUSH_TIMEOUT_SECS + GRACE_SECS < 3  # TradingView's patience
    assert again.status_code in {200, 202}  # the held insert may have been committed after all: then it is a repeat
    assert len(await alerts()) == 2


async def test_a_door_that_never_saw_its_database_says_so(monkeypatch):
    await aside(make_source)
    async with door_on_a_line(monkeypatch, knows_sources=False) as (visitor, line):
        await line.close()
        blind = await visitor.post(OWN, buy(1))
        await line.open()
        await visitor.door.directory.refresh(within_secs=60)
        seeing = await visitor.post(OWN, buy(1))
    assert (blind.status_code, blind.json()["code"]) == (503, "DATABASE_DOWN")
    assert seeing.status_code == 202


async def test_a_caller_that_goes_away_takes_nobody_with_it(monkeypatch):
    await aside(make_source)
    async with door_on_a_line(monkeypatch) as (visitor, line):
        await visitor.post(OWN, buy(1))
        line.flowing.clear()
        leaving = asyncio.create_task(visitor.post(OWN, buy(2)))
        staying = asyncio.create_task(visitor.post(OWN, buy(3)))
        await asyncio.sleep(0.05)
        leaving.cancel()
        line.flowing.set()
        reply = await staying
    assert reply.status_code == 202
    assert len(await alerts()) == 3
