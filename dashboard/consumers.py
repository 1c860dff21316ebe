"""The live socket: a snapshot on connect, then numbered frames from the hub."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from dashboard import given
from dashboard.hub import Key, Watcher, hub
from dashboard.render import BarOf
from dashboard.session_watch import NOT_LOGGED_IN, session_watch
from project.accounts.models import ExchangeAccount

UNREADABLE = 1003  # RFC 6455: data that this end does not take
NO_LAYER = "none"
# Frames come from the hub: a channel of its own would cost every socket a subscription that nobody speaks to.


class Live(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """One browser."""

    channel_layer_alias = NO_LAYER
    watcher: Watcher | None = None
    forward: "asyncio.Task[None] | None" = None
    watched: Key = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve it until it is gone; however that comes, nothing of it stays in the hub."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def connect(self) -> None:
        """Let in who is logged in; the others learn why from the close code."""
        await self.accept()
        if not self.scope["user"].is_authenticated:
            await self.close(NOT_LOGGED_IN)
            return
        query = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        account = await database_sync_to_async(_known)(given.number(query.get("account", [""])[0]))
        self.watched = BarOf(account) if query.get("view") == ["bar"] else account
        self.watcher = hub().join(self.watched)
        self.forward = asyncio.create_task(self._forward(self.watcher))
        session_watch().join(self)

    async def _leave(self) -> None:
        session_watch().leave(self)
        if self.forward and self.watcher:
            self.forward.cancel()
            await asyncio.gather(self.forward, return_exceptions=True)
            await hub().leave(self.watched, self.watcher)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """What is no JSON ends the socket; the page opens a new one."""
        try:
            await super().receive(text_data, bytes_data)
        except (ValueError, RecursionError):
            await self.close(UNREADABLE)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """The one thing a browser may ask: everything again."""
        if self.watcher and isinstance(content, dict) and content.get("type") == "snapshot":
            hub().again(self.watched, self.watcher)

    async def _forward(self, watcher: Watcher) -> None:
        while True:
            await self.send(text_data=await watcher.frames.get())


def _known(account: int | None) -> int | None:
    """The account if there is one: a number that is nobody's is watched like none, and costs no reading of its own."""
    return account if account and ExchangeAccount.objects.filter(pk=account).exists() else None
