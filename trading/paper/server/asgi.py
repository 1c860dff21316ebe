"""The HTTP door: reads a request, lets faults happen, and replies only once the ledger is on disk."""

import asyncio

from trading.paper.control.faults import BEFORE, HOLD_SECS, Action, Faults, Rule
from trading.paper.control.routes import PREFIX as CONTROL_PREFIX
from trading.paper.control.routes import Control
from trading.paper.dialects.base import Dialect
from trading.paper.server import sockets
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request, json_reply
from trading.paper.server.sockets import House, Receive, Scope, Send

_NO_SUCH_PATH = Reply(status=404, body=b"not found", content_type=b"text/plain")
_OVERLOADED = json_reply({"msg": "Unknown error, please check your request or try again later."}, status=503)
_GARBAGE = Reply(status=200, body=b'{"symbol":"BTCUS\x00<html>', content_type=b"text/html")


class App:
    """A plain ASGI application over one exchange."""

    def __init__(
        self, exchange: Exchange, *, dialects: tuple[Dialect, ...], control: Control, faults: Faults, port: int = 0
    ) -> None:
        self.port = port
        self._exchange = exchange
        self._control = control
        self._faults = faults
        self._routes = {prefix: dialect.answer for dialect in dialects for prefix in dialect.prefixes}
        self.houses: list[House] = [dialect.sockets(exchange) for dialect in dialects if dialect.sockets]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            house = next((one for one in self.houses if scope["path"].startswith(one.prefixes)), None)
            await sockets.serve(house, self._exchange.journal, scope, receive, send)
            return
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        if request is None:
            return
        rule = self._rule(request) if self._faults.rules else None
        reply = await self._answer(request) if rule is None else await self._faulty(request, rule, receive)
        if reply is not None:
            await _send(send, reply)

    def _rule(self, request: Request) -> Rule | None:
        if request.path.startswith(CONTROL_PREFIX):
            return None
        return self._faults.draw(request.method, request.path)

    async def _answer(self, request: Request) -> Reply:
        reply = self._dispatch(request)
        if not self._exchange.journal.settled:
            await self._exchange.journal.settle()
        return reply

    def _dispatch(self, request: Request) -> Reply:
        if request.path.startswith(CONTROL_PREFIX):
            return self._control.answer(request)
        answer = self._routes.get(request.path[: request.path.find("/", 1) + 1])
        return answer(self._exchange, request) if answer else _NO_SUCH_PATH

    async def _faulty(self, request: Request, rule: Rule, receive: Receive) -> Reply | None:
        if rule.action is Action.DELAY:
            await asyncio.sleep(rule.delay_ms / 1000)
            return await self._answer(request)
        if rule.action not in BEFORE:
            await self._answer(request)
        return await _spoil(rule.action, receive)


async def _spoil(action: Action, receive: Receive) -> Reply | None:
    if action in (Action.HTTP_503_AFTER_ACCEPT, Action.HTTP_503_BEFORE_ACCEPT):
        return _OVERLOADED
    if action is Action.GARBAGE_AFTER_ACCEPT:
        return _GARBAGE
    try:
        await asyncio.wait_for(_gone(receive), HOLD_SECS)
    except TimeoutError:
        return _OVERLOADED
    return None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _read(scope: Scope, receive: Receive) -> Request | None:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"],
        body=body,
        headers=dict(scope["headers"]),
        raw_path=scope["raw_path"],
    )


async def _send(send: Send, reply: Reply) -> None:
    length = str(len(reply.body)).encode()
    headers = [(b"content-type", reply.content_type), (b"content-length", length)]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
