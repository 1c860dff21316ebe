"""ccxt.pro clients of which every URL, http and ws, points at a paper exchange; and what they say is noted."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import ccxt.pro

from tests.support.paper import PaperExchange

PATIENCE_SECS = 60


class Told:
    """The sockets a client has opened and what it has sent over them."""

    def __init__(self, client: Any) -> None:
        self.opened: list[str] = []
        self.sent: list[dict[str, Any]] = []
        make = client.client

        def noted(url: str) -> Any:
            known = url in client.clients
            made = make(url)
            if not known:
                self._note(made)
            return made

        client.client = noted

    def _note(self, made: Any) -> None:
        self.opened.append(urlsplit(made.url).path)
        send: Callable[[Any], Awaitable[Any]] = made.send

        async def noted(message: Any) -> Any:
            self.sent.append(json.loads(message) if isinstance(message, str) else message)
            return await send(message)

        made.send = noted


@asynccontextmanager
async def binance(paper: PaperExchange, kind: str, *, key: str, secret: str) -> AsyncIterator[Any]:
    """A spot ("spot") or futures ("linear") client, closed at the end."""
    sync = paper.ccxt() if kind == "spot" else paper.ccxt_usdm()
    made = ccxt.pro.binance if kind == "spot" else ccxt.pro.binanceusdm
    client = made({"apiKey": key, "secret": secret, "enableRateLimit": False, "newUpdates": True})
    ws = paper.url.replace("http", "ws", 1)
    moved = {name: url for name, url in sync.urls["api"].items() if isinstance(url, str)}
    streams = {"spot": f"{ws}/stream/ws", "margin": f"{ws}/stream/ws", "linear": f"{ws}/fut/ws"}
    api = {"spot": f"{ws}/ws-api/v3", "linear": f"{ws}/ws-fapi/v1"}
    client.urls["api"] = moved | {"ws": streams | {"ws-api": api}}
    client.options |= {"fetchCurrencies": False, "fetchMargins": False, "fetchMarkets": {"types": [kind]}}
    try:
        yield client
    finally:
        await client.close()


async def patiently(wanted: Awaitable[Any]) -> Any:
    """The outcome, or a failure after a minute."""
    return await asyncio.wait_for(wanted, PATIENCE_SECS)


async def meanwhile(wanted: Awaitable[Any], act: Callable[[], Any]) -> Any:
    """Begin to wait, then act again and again until it has come."""
    waiting = asyncio.ensure_future(wanted)
    loop = asyncio.get_running_loop()
    give_up = loop.time() + PATIENCE_SECS
    while not waiting.done() and loop.time() < give_up:
        await asyncio.wait([waiting], timeout=0.2)
        if not waiting.done():
            await loop.run_in_executor(None, act)
    return await patiently(waiting)
