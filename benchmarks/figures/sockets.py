"""Five hundred browsers on one page: how late an update reaches the last of them, what is lost, what a socket weighs."""

import asyncio
import gc
import json
import resource
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import psutil
import uvloop
import websockets
from channels.layers import get_channel_layer
from django.conf import settings

from benchmarks import many, rows
from benchmarks.bench import Bench
from benchmarks.engine import Engine
from benchmarks.figure import Disagreement, Figure, agree, at_most, figure, percentile
from benchmarks.figures.live import _cookie
from project.journal.publish import PRICES
from project.services.ports import HOST

SOCKETS, PER_SEC, SECS = 500, 10, 30
GROUPS = 50
AT_ONCE = 20
BARE = "the bare channel layer, as many receivers and messages, p99"
FILES = 4_096
ECHO = "bench.echo"
PATIENCE = 60.0
MARKETS = 20
MOVE = """
UPDATE signals_ticker SET last = 100 + %s::numeric / 1000, at = now()
WHERE instrument_id = (SELECT id FROM signals_instrument ORDER BY id OFFSET %s LIMIT 1)
"""


@cache
def said(text: str) -> tuple[str, int]:
    """Kind and turn of a message. All get the same text: it is unpacked once, as each browser would on its own machine."""
    message = json.loads(text)
    return message["type"], message.get("turn", -1)


@dataclass
class Browser:
    """What one of them has seen: when each message came, gaps in the turns, and the last price on its page."""

    came: list[tuple[int, float]] = field(default_factory=list)
    turn: int = -1
    gaps: int = 0

    def see(self, text: str, at: float) -> bool:
        """Take a message in; whether a fresh whole is needed."""
        kind, turn = said(text)
        if kind == "trouble":
            return False
        missed = kind == "frame" and turn != self.turn + 1
        self.gaps += missed
        self.turn = turn
        self.came.append((self.turn, at))
        return missed


def measure(bench: Bench) -> list[Figure]:
    """The web process as in the stack, prices that move ten times a second, browsers that read all of it."""
    count, secs = bench.size(SOCKETS, 50), bench.size(SECS, 5)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    desk = rows.desks(bench, 1, max_open_groups=GROUPS)[0]
    many.open_groups(desk, rows.markets(MARKETS), GROUPS)
    with Engine(bench, "web"):
        crowd = Crowd(bench, _cookie(), count)
        crowd.start()
        crowd.connect(0, AT_ONCE)  # the first ones bring what is there once: templates, the reading itself
        before = _web_bytes()
        crowd.connect(AT_ONCE, count)
        each = (_web_bytes() - before) / (count - AT_ONCE) / 1024
        gc.disable()  # five hundred browsers have a collector each, and it is not theirs that is measured
        late = crowd.watch(secs)
        crowd.end()
    bare = percentile(asyncio.run(_echoes(count, bench.size(100, 20))), 99)
    agree("browsers that stand where the first one stands", 1, len({seen.turn for seen in crowd.browsers}))
    note = f"{count} sockets, {PER_SEC} updates/s that are coalesced, {GROUPS} open groups; each update moves one of {MARKETS} markets"
    return [
        figure("update → last browser, p50", percentile(late, 50), "ms", note=note),
        figure(
            "update → last browser, p99", percentile(late, 99), "ms", baseline=bare, against=BARE, goal=at_most(150)
        ),
        figure("messages lost unseen", sum(seen.gaps for seen in crowd.browsers), "", goal=at_most(0)),
        figure("memory of a socket", each, "KB", goal=at_most(100)),
    ]


def _web_bytes() -> int:
    """What the web process and its children hold."""
    mine = psutil.Process().children(recursive=True)
    return sum(child.memory_info().rss for child in mine)


class Crowd:
    """All browsers, in a thread of their own."""

    def __init__(self, bench: Bench, cookie: str, count: int) -> None:
        self._url = f"ws://{HOST}:{bench.ports['web']}/ws/live"
        self._headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        self._origin = f"http://{HOST}:{bench.ports['web']}"
        self.browsers = [Browser() for _ in range(count)]
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crowd", daemon=True)
        self._readers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def connect(self, first: int, last: int) -> None:
        """Connect some of them, a few at a time; each has its first whole."""
        self._do(self._connect(first, last))

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE * 5)

    async def _connect(self, begin: int, end: int) -> None:
        for place in range(begin, end, AT_ONCE):
            some = self.browsers[place : min(place + AT_ONCE, end)]
            ready = [asyncio.Event() for _ in some]
            for browser, first in zip(some, ready, strict=True):
                self._readers.append(asyncio.create_task(self._read(browser, first)))
            for reader, first in zip(self._readers[place:], ready, strict=True):
                await self._first_whole(reader, first)

    @staticmethod
    async def _first_whole(reader: "asyncio.Task[None]", first: asyncio.Event) -> None:
        """Raises what ended the reader before it had anything."""
        came = asyncio.create_task(first.wait())
        await asyncio.wait([reader, came], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not first.is_set():
            raise Disagreement(f"a browser got nothing: {reader.exception() if reader.done() else 'it waits'}")

    async def _read(self, browser: Browser, first: asyncio.Event) -> None:
        arguments: dict[str, Any] = {"additional_headers": self._headers, "origin": self._origin, "max_size": None}
        async with websockets.connect(self._url, **arguments) as socket:
            async for text in socket:  # ends without a word where the server closes well
                if browser.see(str(text), time.perf_counter()):
                    await socket.send(json.dumps({"type": "snapshot"}))
                first.set()

    def watch(self, secs: int) -> list[float]:
        """Move prices and ring; milliseconds from each ring until the last browser has a newer turn than before it."""
        own, rings = rows.connect(), []
        for number in range(secs * PER_SEC):
            began = time.perf_counter()
            before = max(browser.turn for browser in self.browsers)
            own.execute(MOVE.encode(), (number, number % MARKETS))
            rings.append((before, time.perf_counter()))
            asyncio.run(_ring())
            threading.Event().wait(max(1 / PER_SEC - (time.perf_counter() - began), 0))
        threading.Event().wait(3)
        own.close()
        return [late for before, at in rings if (late := self._late(before, at)) is not None]

    def _late(self, before: int, at: float) -> float | None:
        """A reading that began after the ring is the next but one at the latest; the slowest browser counts."""
        firsts = [self._first(browser, before, at) for browser in self.browsers]
        return None if None in firsts else (max(first for first in firsts if first is not None) - at) * 1000

    @staticmethod
    def _first(browser: Browser, before: int, at: float) -> float | None:
        return next((came for turn, came in browser.came if turn > before and came > at), None)

    def end(self) -> None:
        """Leave."""
        self._do(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    async def _leave(self) -> None:
        for reader in self._readers:
            reader.cancel()
        ended = await asyncio.gather(*self._readers, return_exceptions=True)
        failed = [reason for reason in ended if isinstance(reason, Exception)]
        if failed:
            raise Disagreement(f"{len(failed)} browsers lost their socket: {failed[0]}")


async def _ring() -> None:
    layer: Any = get_channel_layer()
    await layer.group_send(PRICES, {"type": "bench.bell"})


async def _echoes(count: int, number: int) -> list[float]:
    """Milliseconds until the last of so many receivers on the channel layer has a message."""
    layer: Any = get_channel_layer()
    channels = [await layer.new_channel() for _ in range(count)]
    for channel in channels:
        await layer.group_add(ECHO, channel)
    samples = []
    for place in range(number):
        began = time.perf_counter()
        await layer.group_send(ECHO, {"type": ECHO, "number": place})
        await asyncio.wait_for(asyncio.gather(*(layer.receive(channel) for channel in channels)), PATIENCE)
        samples.append((time.perf_counter() - began) * 1000)
    return samples
