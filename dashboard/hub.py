"""One hub per web process: it hears that something happened, reads once per watched account, and tells every browser.

Like everywhere else, a message is only a bell: what browsers get is what the database says. So a lost message costs
at most one tick, and the number of a frame is that of the last sealed event, read before the rows. Each reading has a
turn of its own: a browser that misses one knows by it, and asks for the whole. A message is written once, for all.
"""

import asyncio
import json
import logging
import traceback
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error
from redis.exceptions import RedisError

from dashboard.frames import Json, Shown, frame, snapshot
from dashboard.render import BarOf, shown_now
from project.journal.publish import GROUP, PRICES

log = logging.getLogger(__name__)

LEAST_PAUSE_SECS = 0.01
# Between two frames: as long as reading them took, so that the page never takes more than half of a core; what happens
# meanwhile goes out together.
TICK_SECS = 2.0  # without any bell: the health bar moves on, and a lost bell is made up for
LISTEN_AGAIN_SECS = 2.0
CANCEL_AGAIN_SECS = 0.1
BACKLOG = 16  # frames a slow browser may lag behind before it gets a fresh snapshot instead

NOT_SHOWN = json.dumps(
    {
        "type": "trouble",
        "code": "PAGE_BROKEN",
        "message": "This page cannot be shown. Trading goes on; web.log says why.",
    }
)
DATABASE_DOWN = json.dumps({"type": "trouble", "code": "DATABASE_DOWN", "message": "The database does not answer."})

Key = int | BarOf | None  # an account's overview, or the bar of a page
Read = Callable[[Key], Shown]


@dataclass(frozen=True)
class Picture:
    """A reading with its turn, which counts them from the first one on."""

    shown: Shown
    turn: int

    @cached_property
    def whole(self) -> str:
        """The message that replaces everything; written when the first browser needs it."""
        return json.dumps(snapshot(self.shown) | {"turn": self.turn})

    def after(self, before: "Picture | None") -> str:
        """The message that leads here."""
        return self.whole if before is None else json.dumps(self.step(before.shown))

    def step(self, before: Shown) -> Json:
        """What has changed."""
        return frame(before, self.shown) | {"turn": self.turn}


class Watcher:
    """One browser's mailbox."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[str] = asyncio.Queue(BACKLOG)

    def tell(self, message: str, whole: Picture | None) -> None:
        """Put a frame into the mailbox; a full one is emptied for the whole picture."""
        if self.frames.full() and whole is not None:
            self.start_again(whole)
        elif not self.frames.full():
            self.frames.put_nowait(message)

    def start_again(self, whole: Picture) -> None:
        """Nothing but a snapshot from here on."""
        while not self.frames.empty():
            self.frames.get_nowait()
        self.frames.put_nowait(whole.whole)


class Hub:
    """Runs while anybody watches."""

    def __init__(self, read: Read = shown_now) -> None:
        self._read = database_sync_to_async(read)
        self._watchers: dict[Key, set[Watcher]] = defaultdict(set)
        self._shown: dict[Key, Picture] = {}
        self._bell = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def join(self, account_id: Key) -> Watcher:
        """A new browser: it gets a snapshot first, at once where the account is watched already."""
        watcher = Watcher()
        self._watchers[account_id].add(watcher)
        if account_id in self._shown:
            watcher.start_again(self._shown[account_id])
        self._bell.set()
        self._start()
        return watcher

    def _start(self) -> None:
        """Start what does not run: at the first browser, and after a defect at the next one."""
        for work in (self._listen, self._run):
            name = work.__name__
            if name not in self._tasks or self._tasks[name].done():
                self._tasks[name] = asyncio.create_task(work())
                self._tasks[name].add_done_callback(_tell_of_defect)

    def again(self, account_id: Key, watcher: Watcher) -> None:
        """A browser that missed a frame asks for the whole; before the first reading it is on its way anyway."""
        if account_id in self._shown:
            watcher.start_again(self._shown[account_id])

    async def leave(self, account_id: Key, watcher: Watcher) -> None:
        """A browser is gone; with the last one the hub rests."""
        self._watchers[account_id].discard(watcher)
        if not self._watchers[account_id]:
            del self._watchers[account_id]
            self._shown.pop(account_id, None)
        if not self._watchers:
            tasks, self._tasks = self._tasks, {}
            for task in tasks.values():
                await _end(task)

    async def _run(self) -> None:
        """The first bell is answered at once, the next ones after a pause, silence every TICK_SECS."""
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):  # silence: a tick
                await asyncio.wait_for(self._bell.wait(), TICK_SECS)
            self._bell.clear()
            began = loop.time()
            for account_id in list(self._watchers):
                await self._refresh(account_id)
            await asyncio.sleep(max(loop.time() - began, LEAST_PAUSE_SECS))

    async def _refresh(self, account_id: Key) -> None:
        try:
            shown = await self._read(account_id)
        except Error as error:
            log.warning("the page cannot be read: %s", type(error).__name__)
            self._tell(account_id, DATABASE_DOWN)
            return
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one account's rows, the others' pages move on
            frames = "".join(traceback.format_tb(error.__traceback__))  # places only: the message may quote a row
            log.error("the page of %s cannot be shown: %s\n%s", account_id, type(error).__name__, frames)
            self._tell(account_id, NOT_SHOWN)
            return
        before = self._shown.get(account_id)
        if account_id in self._watchers:
            after = self._shown[account_id] = Picture(shown, before.turn + 1 if before else 0)
            self._tell(account_id, after.after(before))

    def _tell(self, account_id: Key, message: str) -> None:
        for watcher in list(self._watchers.get(account_id, ())):
            watcher.tell(message, self._shown.get(account_id))

    async def _listen(self) -> None:
        """Turn messages of the journal and the prices into bells; without Valkey the ticks go on."""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                log.warning("no bells for the page (%s): it moves every %s s", type(error).__name__, TICK_SECS)
            await asyncio.sleep(LISTEN_AGAIN_SECS)

    async def _hear(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        for group in (GROUP, PRICES):
            await layer.group_add(group, channel)
        while True:
            await layer.receive(channel)
            self._bell.set()


def _tell_of_defect(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (defect := task.exception()):
        log.error("the page's hub failed", exc_info=defect)


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancel until it has ended: a cancellation that comes while redis connects gets lost in there."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_SECS)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process (of this event loop)."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
