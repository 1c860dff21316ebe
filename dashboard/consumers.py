"""The live socket: a snapshot on connect, then numbered frames from the hub."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from dashboard.hub import Key, Watcher, hub
from dashboard.pages.overview import account_id
from dashboard.render import BarOf
from dashboard.session_watch import NOT_LOGGED_IN, session_watch

NO_LAYER = "none"
# Frames come from the hub: a channel of its own would cost every socket a subscription that nobody speaks to.


class Live(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """One browser."""

    channel_layer_alias = NO_LAYER
    watcher: Watcher | None = None
    forward: "asyncio.Task[None] | None" = None
    watched: Key = None

    async def connect(self) -> None:
        """Let in who is logged in; the others learn why from the close code."""
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(NOT_LOGGED_IN)
            return
        query = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        account = account_id(query.get("account", [""])[0])
        self.watched = BarOf(account) if query.get("view") == ["bar"] else account
        self.watcher = hub().join(self.watched)
        self.forward = asyncio.create_task(self._forward(self.watcher))
        session_watch().join(self)

    async def disconnect(self, code: int) -> None:
        """Leave the hub."""
        session_watch().leave(self)
        if self.forward and self.watcher:
            self.forward.cancel()
            await asyncio.gather(self.forward, return_exceptions=True)
            await hub().leave(self.watched, self.watcher)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """The one thing a browser may ask: everything again."""
        if self.watcher and isinstance(content, dict) and content.get("type") == "snapshot":
            hub().again(self.watched, self.watcher)

    async def _forward(self, watcher: Watcher) -> None:
        while True:
            await self.send(text_data=await watcher.frames.get())
