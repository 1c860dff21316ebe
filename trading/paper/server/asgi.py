"""The HTTP door: reads a request, lets faults happen, and replies only once the ledger is on disk."""

from trading.paper.control.faults import Faults
from trading.paper.control.routes import PREFIX as CONTROL_PREFIX
from trading.paper.control.routes import Control
from trading.paper.dialects.base import Dialect
from trading.paper.server import sockets
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.misbehaviour import OVERLOADED, Misbehaviour
from trading.paper.server.sockets import House, Receive, Scope, Send

_NO_SUCH_PATH = Reply(status=404, body=b"not found", content_type=b"text/plain")

IN_MAINTENANCE = ("/sapi/v1/system/status", "/api/v1/status")
# These answer also while nothing else does.


class App:
    """A plain ASGI application over one exchange."""

    def __init__(self, exchange: Exchange, *, dialects: tuple[Dialect, ...], control: Control, faults: Faults) -> None:
        self._exchange = exchange
        self._control = control
        self._faults = faults
        self._misbehaviour = Misbehaviour(faults, self._answer, exchange.now_ms)
        self._routes = {prefix: dialect.answer for dialect in dialects for prefix in dialect.prefixes}
        self.houses: list[House] = [dialect.sockets(exchange) for dialect in dialects if dialect.sockets]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            house = next((one for one in self.houses if scope["path"].startswith(one.prefixes)), None)
            await sockets.serve(house, self._exchange.journal, scope, receive, send, self._misbehaviour.spoil)
            return
        if scope["type"] != "http":
            return
        request = await _read(scope, receive, self._exchange.told_ms())
        if request is None:
            return
        honest = request.path.startswith(CONTROL_PREFIX) or not self._misbehaviour.planned
        reply = await (self._answer(request) if honest else self._misbehaviour.handle(request, receive))
        if reply is not None:
            await _send(send, reply)

    async def _answer(self, request: Request) -> Reply:
        reply = self._dispatch(request)
        if not self._exchange.journal.settled:
            await self._exchange.journal.settle()
        return reply

    def _dispatch(self, request: Request) -> Reply:
        if request.path.startswith(CONTROL_PREFIX):
            return self._control.answer(request)
        if self._exchange.in_maintenance and request.path not in IN_MAINTENANCE:
            return OVERLOADED
        answer = self._routes.get(request.path[: request.path.find("/", 1) + 1])
        return answer(self._exchange, request) if answer else _NO_SUCH_PATH


async def _read(scope: Scope, receive: Receive, arrived_ms: int) -> Request | None:
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
        arrived_ms=arrived_ms,
    )


async def _send(send: Send, reply: Reply) -> None:
    length = str(len(reply.body)).encode()
    headers = [(b"content-type", reply.content_type), (b"content-length", length), *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
