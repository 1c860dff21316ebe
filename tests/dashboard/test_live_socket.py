"""The live socket on the real channel layer: snapshot, frames, one reading for all browsers, a gap, a lost database."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import OperationalError, connections, transaction
from django.test import Client

from dashboard import hub as hubs
from dashboard.frames import Shown
from dashboard.hub import BACKLOG, Hub, Key, Picture, Watcher
from dashboard.session_watch import session_watch
from project.accounts import mode
from project.asgi import application
from project.journal.publish import GROUP, PRICES
from project.journal.record import record
from project.journal.sealer import seal_batch
from signals.models import Ticker
from tests.dashboard import people, rows
from tests.dashboard.socket import PATIENCE, Socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cookie(transactional_db: None, now: datetime) -> str:
    """The session cookie of a logged-in trader who looks at a day's work."""
    desk = rows.desk(rows.admin(), now=now)
    browser = Client()
    browser.force_login(desk.account.user)
    return browser.cookies["sessionid"].value


@pytest.fixture
async def settled() -> AsyncIterator[None]:
    """Threads that served the socket give their connections back, or the test database could not be emptied."""
    yield
    await database_sync_to_async(connections.close_all)()


def browser(cookie: str, *, query: str = "") -> Socket:
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"cookie", f"sessionid={cookie}".encode())]
    return Socket(application, path=f"/ws/live{query}", headers=headers)


def move(symbol: str, last: str) -> None:
    Ticker.objects.filter(instrument__symbol=symbol).update(last=last)


def seal(now: datetime) -> None:
    with transaction.atomic():
        record("test.happened", subject="test:1", payload={})
    seal_batch(holder="test", now=now)


async def ring(group: str) -> None:
    await get_channel_layer().group_send(group, {"type": "test.bell"})


async def test_a_snapshot_comes_first(cookie: str, settled: None) -> None:
    socket = browser(cookie)
    assert await socket.connect()
    first = await socket.receive()
    assert (first["type"], first["number"], first["facts"]["groups"]) == ("snapshot", 0, "3")
    assert "10,823.96" in first["parts"]["cards"]["rows"]["card-equity"]
    await socket.disconnect()


async def test_a_price_reaches_the_page(cookie: str, settled: None) -> None:
    socket = browser(cookie)
    await socket.connect()
    await socket.receive()
    await database_sync_to_async(move)("BTC/USDT", "62000.00")
    await ring(PRICES)
    message = await socket.until("groups")
    assert message["type"] == "frame"
    assert "62,000.00" in "".join(message["parts"]["groups"]["rows"].values())
    await socket.disconnect()


async def test_frames_carry_the_sealers_numbers_and_what_they_build_on(
    cookie: str, now: datetime, settled: None
) -> None:
    socket = browser(cookie)
    await socket.connect()
    await socket.receive()
    await database_sync_to_async(seal)(now)
    await ring(GROUP)
    message = await socket.until("health")
    while message["number"] == 0:
        message = await socket.until("health")
    assert (message["number"], message["after"]) == (1, 0)
    await socket.disconnect()


async def test_a_browser_that_missed_something_asks_for_everything(cookie: str, settled: None) -> None:
    socket = browser(cookie)
    await socket.connect()
    await socket.receive()
    await socket.send('{"type": "snapshot"}')
    again = await socket.until("cards")
    assert again["type"] == "snapshot"
    await socket.disconnect()


async def test_a_change_of_mode_is_on_every_page(cookie: str, settled: None) -> None:
    sockets = [browser(cookie), browser(cookie)]
    for socket in sockets:
        await socket.connect()
        await socket.receive()
    await database_sync_to_async(mode.change)("PAUSED", operator="mira", reason="news")
    await ring(GROUP)
    for socket in sockets:
        message = await socket.until("health")
        while "PAUSED" not in message["parts"]["health"]["rows"]["health"]:
            message = await socket.until("health")
        await socket.disconnect()


async def test_strangers_are_turned_away(transactional_db: None, settled: None) -> None:
    socket = browser("nobody")
    await socket.connect()
    assert (await socket.output())["code"] == 4401


async def test_pages_of_other_hosts_are_turned_away(cookie: str, settled: None) -> None:
    headers = [(b"origin", b"https://evil.example"), (b"cookie", f"sessionid={cookie}".encode())]
    assert not await Socket(application, path="/ws/live", headers=headers).connect()


@pytest.mark.parametrize("text", ["[]", "1", '{"type": "drop table"}', "null"])
async def test_nonsense_from_a_browser_is_ignored(cookie: str, settled: None, text: str) -> None:
    socket = browser(cookie)
    await socket.connect()
    await socket.receive()
    await socket.send(text)
    await ring(PRICES)
    assert (await socket.until("health"))["type"] == "frame"
    await socket.disconnect()


def watched() -> list[Key]:
    return [key for key, watchers in hubs.hub()._watchers.items() if watchers]


@pytest.mark.parametrize("said", ["", "{", "[" * 100_000, "9" * 5_000, b"\x00\xff"])
async def test_what_is_no_json_ends_the_socket_and_leaves_nothing(
    cookie: str, settled: None, said: str | bytes
) -> None:
    socket = browser(cookie)
    await socket.connect()
    await socket.receive()
    assert watched() == [None]
    await socket.send(said)
    assert await socket.until_closed() == 1003
    await socket.disconnect()
    assert (watched(), session_watch()._sockets) == ([], {})


async def test_a_socket_that_fails_leaves_nothing(cookie: str, settled: None) -> None:
    socket = browser(cookie)
    await socket.connect()
    await socket.receive()
    await socket.event("websocket.unheard.of")
    with pytest.raises(ValueError, match="No handler"):
        await socket.ended()
    assert (watched(), session_watch()._sockets) == ([], {})


async def test_an_account_that_nobody_has_is_watched_like_none(cookie: str, settled: None) -> None:
    queries = ("", "?account=0", "?account=987654", f"?account={'9' * 18}", f"?account={'9' * 400}", "?account=%00")
    sockets = [browser(cookie, query=query) for query in queries]
    for socket in sockets:
        await socket.connect()
        await socket.receive()
    assert watched() == [None]
    for socket in sockets:
        await socket.disconnect()


async def test_without_an_account_there_is_the_bar_and_the_first_one_brings_the_rest(
    transactional_db: None, settled: None
) -> None:
    owner = await sync_to_async(rows.user)()
    client = await sync_to_async(people.browser)(owner)
    socket = browser(client.cookies["sessionid"].value)
    await socket.connect()
    assert list((await socket.receive())["parts"]) == ["health"]
    await sync_to_async(rows.account)(owner)
    await ring(GROUP)
    assert (await socket.until("cards"))["type"] == "frame"
    await socket.disconnect()


# the hub alone, with a reading that tests steer --------------------------------------------------


class Reading:
    """Counts how often it is read; `broken` makes it fail as a lost database does."""

    def __init__(self, now: datetime) -> None:
        self.count, self.broken, self.now = 0, False, now

    def __call__(self, account_id: int | None) -> Shown:
        self.count += 1
        if self.broken:
            raise OperationalError("gone")
        return Shown(self.count, self.now, {"cards": {"card": str(self.count)}}, {})


async def take(watcher: Watcher) -> dict[str, Any]:
    return dict(json.loads(await asyncio.wait_for(watcher.frames.get(), PATIENCE)))


async def test_many_browsers_cost_one_reading(now: datetime, settled: None) -> None:
    reading = Reading(now)
    hub = Hub(reading)
    watchers = [hub.join(None) for _ in range(50)]
    firsts = [await take(watcher) for watcher in watchers]
    assert [first["type"] for first in firsts] == ["snapshot"] * 50
    assert reading.count == 1
    for watcher in watchers:
        await hub.leave(None, watcher)


async def test_a_burst_of_bells_is_one_frame(now: datetime, settled: None) -> None:
    reading = Reading(now)
    hub = Hub(reading)
    watcher = hub.join(None)
    await take(watcher)
    for _ in range(40):
        await ring(PRICES)
    frame = await take(watcher)
    assert (frame["number"], frame["after"]) == (2, 1)
    assert reading.count <= 3  # a bell that comes while a frame is on its way may bring one more
    await hub.leave(None, watcher)


async def test_a_lost_database_is_said_and_survived(now: datetime, settled: None) -> None:
    reading = Reading(now)
    hub = Hub(reading)
    watcher = hub.join(None)
    await take(watcher)
    reading.broken = True
    assert (await take(watcher))["code"] == "DATABASE_DOWN"
    reading.broken = False
    frame = await take(watcher)
    while frame["type"] == "trouble":
        frame = await take(watcher)
    assert (frame["type"], frame["after"]) == ("frame", 1)
    await hub.leave(None, watcher)


async def test_what_is_wrong_with_one_account_stops_no_others_page(now: datetime, settled: None) -> None:
    def read(key: Key) -> Shown:
        if key == 2:
            raise ArithmeticError("a row that nobody thought of")
        return Shown(1, now, {}, {})

    hub = Hub(read)
    sick, well = hub.join(2), hub.join(1)
    assert (await take(sick))["code"] == "PAGE_BROKEN"
    kinds = [(await take(well))["type"] for _ in range(2) if not await ring(PRICES)]
    assert kinds == ["snapshot", "frame"]
    for key, watcher in ((2, sick), (1, well)):
        await hub.leave(key, watcher)


def test_a_slow_browser_starts_again_from_the_whole(now: datetime) -> None:
    watcher, whole = Watcher(), Picture(Shown(99, now, {}, {}), 7)
    for number in range(BACKLOG + 1):
        watcher.tell(json.dumps({"type": "frame", "number": number}), whole)
    assert watcher.frames.qsize() == 1
    message = json.loads(watcher.frames.get_nowait())
    assert (message["type"], message["number"], message["turn"]) == ("snapshot", 99, 7)


async def test_turns_follow_each_other_and_the_whole_says_where_it_stands(now: datetime, settled: None) -> None:
    hub = Hub(Reading(now))
    early = hub.join(None)
    turns = [(await take(early))["turn"]]
    for _ in range(3):
        await ring(PRICES)
        turns.append((await take(early))["turn"])
    late = hub.join(None)
    first = await take(late)
    await ring(PRICES)
    assert turns == [0, 1, 2, 3]
    assert first["turn"] >= 3
    assert (await take(late))["turn"] == first["turn"] + 1
    for watcher in (early, late):
        await hub.leave(None, watcher)


async def test_a_message_is_written_once_for_all(now: datetime, settled: None) -> None:
    hub = Hub(Reading(now))
    watchers = [hub.join(None) for _ in range(20)]
    for _ in range(2):
        await ring(PRICES)
        texts = [await asyncio.wait_for(watcher.frames.get(), PATIENCE) for watcher in watchers]
        assert len({id(text) for text in texts}) == 1
    for watcher in watchers:
        await hub.leave(None, watcher)


async def test_the_hub_rests_when_the_last_browser_leaves(now: datetime, settled: None) -> None:
    hub = Hub(Reading(now))
    first, second = hub.join(None), hub.join(7)
    running = list(hub._tasks.values())
    await hub.leave(None, first)
    assert not any(task.done() for task in running)
    await hub.leave(7, second)
    assert all(task.done() for task in running)


async def test_a_defect_of_the_hub_is_logged_and_the_next_browser_starts_afresh(
    now: datetime, settled: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defective(*_: Any) -> None:
        raise ZeroDivisionError

    hub = Hub(Reading(now))
    monkeypatch.setattr(hub, "_refresh", defective)
    watcher = hub.join(None)
    failed = hub._tasks["_run"]
    await asyncio.wait([failed], timeout=PATIENCE)
    assert "the page's hub failed" in caplog.text
    second = hub.join(None)
    assert hub._tasks["_run"] is not failed
    await hub.leave(None, watcher)
    await hub.leave(None, second)


async def test_leaving_in_the_middle_of_connecting_ends_everything(now: datetime, settled: None) -> None:
    for moment in range(12):  # a cancellation is lost some 1 to 2 ms after the start
        hub = Hub(Reading(now))
        watcher = hub.join(None)
        running = list(hub._tasks.values())
        await asyncio.sleep(moment / 4000)
        await hub.leave(None, watcher)
        assert all(task.done() for task in running)
        await get_channel_layer().flush()


async def test_one_hub_a_process() -> None:
    assert hubs.hub() is hubs.hub()
    assert await sync_to_async(len)(hubs._hubs) >= 1
