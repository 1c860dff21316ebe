"""From a commit to its seal, and to the frame in a browser; events one at a time, while prices move every 2 s."""

import asyncio
import json
import random
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

import websockets
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from benchmarks import rows, venue
from benchmarks.bench import Bench
from benchmarks.engine import Engine
from benchmarks.figure import Figure, agree, at_most, figure, percentile
from benchmarks.rows import Desk
from project.accounts.models import User
from project.journal.publish import GROUP, send
from project.journal.record import record
from project.journal.sealer import broken_seals
from project.services.ports import HOST

PARTS = ("pump", "web", "sweeps", "beat")
LAYER = "a message over the same channel layer, sent and received, p99"
WAIT_SECS = 30.0
ECHO = "bench.echo"


class Ear(threading.Thread):
    """A browser and a listener on the channel layer; when each saw an event number for the first time."""

    def __init__(self, bench: Bench, cookie: str) -> None:
        super().__init__(name="ear", daemon=True)
        self._url = f"ws://{HOST}:{bench.ports['web']}/ws/live"
        self._headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        self._origin = f"http://{HOST}:{bench.ports['web']}"
        self.sealed: dict[int, float] = {}
        self.shown: list[tuple[int, float]] = []
        self.echoed: dict[int, float] = {}
        self.listening = threading.Barrier(3)
        self.news = threading.Condition()

    def run(self) -> None:
        """Listen until the web process closes the socket."""
        with suppress(websockets.ConnectionClosed):
            asyncio.run(self._both())

    async def _both(self) -> None:
        await asyncio.gather(self._layer(), self._browser())

    async def _layer(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        await asyncio.to_thread(self.listening.wait)
        while True:
            self._heard(await layer.receive(channel), time.perf_counter())

    def _heard(self, message: dict[str, Any], at: float) -> None:
        with self.news:
            if message["type"] == ECHO:
                self.echoed[message["number"]] = at
            for number in range(message.get("first", 0), message.get("first", 0) + message.get("count", 0)):
                self.sealed[number] = at
            self.news.notify_all()

    async def _browser(self) -> None:
        async with websockets.connect(self._url, additional_headers=self._headers, origin=self._origin) as socket:  # type: ignore[arg-type]
            await socket.recv()
            await asyncio.to_thread(self.listening.wait)
            async for text in socket:
                with self.news:
                    self.shown.append((json.loads(text).get("number", 0), time.perf_counter()))
                    self.news.notify_all()

    def has_sealed_after(self, number: int) -> bool:
        return any(sealed > number for sealed in self.sealed)

    def has_shown(self, number: int) -> bool:
        return self.frame_of(number) is not None

    def frame_of(self, number: int) -> float | None:
        """When a frame first showed at least this event."""
        return next((at for shown, at in self.shown if shown >= number), None)


def measure(bench: Bench) -> list[Figure]:
    """Pump and web as in the stack, an account whose prices are polled, one browser."""
    desks = rows.desks(bench, 1)
    with Engine(bench) as engine:
        venue.start(bench, engine)
        venue.open_markets(bench, desks)
        with Engine(bench, *PARTS):
            ear = Ear(bench, _cookie())
            ear.start()
            ear.listening.wait(WAIT_SECS)
            sealed, shown = _events(ear, desks[0], bench.size(200, 6))
            layer = percentile(_echoes(ear, bench.size(100, 20)), 99)
    agree("broken seals", 0, len(broken_seals()))
    note = "events 0.3 to 0.8 s apart, at random; the browser is a socket on the same machine"
    return [
        figure("committed → sealed and published, p50", percentile(sealed, 50), "ms", baseline=layer, against=LAYER),
        figure("committed → sealed and published, p99", percentile(sealed, 99), "ms", baseline=layer, goal=at_most(50)),
        figure("committed → frame in the browser, p50", percentile(shown, 50), "ms", baseline=layer),
        figure(
            "committed → frame in the browser, p99",
            percentile(shown, 99),
            "ms",
            baseline=layer,
            goal=at_most(100),
            note=note,
        ),
    ]


def _cookie() -> str:
    """A session of the trader, as a login makes it."""
    user, session = User.objects.get(username="trader"), SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "dashboard.roles.RoleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _events(ear: Ear, desk: Desk, number: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each commit to its seal and to its frame."""
    chance, sealed, shown = random.Random(1), [], []  # noqa: S311 - pauses, no secrets
    for _ in range(number):
        time.sleep(chance.uniform(0.3, 0.8))
        before = max(ear.sealed, default=_last_number())
        committed = _commit(desk)
        with ear.news:
            ear.news.wait_for(partial(ear.has_sealed_after, before), WAIT_SECS)
            mine = min(n for n in ear.sealed if n > before)
            ear.news.wait_for(partial(ear.has_shown, mine), WAIT_SECS)
        sealed.append((ear.sealed[mine] - committed) * 1000)
        shown.append(((ear.frame_of(mine) or 0.0) - committed) * 1000)
    return sealed, shown


def _commit(desk: Desk) -> float:
    """Record an event; when it was committed."""
    with transaction.atomic():
        record(
            "bench.event", subject=f"account:{desk.account.pk}", payload={"said": "hello"}, account_id=desk.account.pk
        )
    return time.perf_counter()


def _last_number() -> int:
    return rows.count("SELECT coalesce(max(first_number + count - 1), 0) FROM journal_seal")


def _echoes(ear: Ear, number: int) -> list[float]:
    """Milliseconds of messages to ourselves."""
    samples = []
    for place in range(number):
        started = time.perf_counter()
        send(GROUP, {"type": ECHO, "number": place})
        with ear.news:
            ear.news.wait_for(partial(ear.echoed.__contains__, place), WAIT_SECS)
        samples.append((ear.echoed[place] - started) * 1000)
    return samples
