"""The application behind a port: who answers which path, and what befalls a request on its way."""

import asyncio
from dataclasses import replace

from trading.paper.control.effects import limited
from trading.paper.control.faults import Faults
from trading.paper.control.latency import Latency
from trading.paper.control.routes import Control, ours
from trading.paper.dialects.base import Dialect
from trading.paper.ledger.journal import Journal
from trading.paper.server import sockets
from trading.paper.server.exchange import Exchange
from trading.paper.server.http import Reply, Request
from trading.paper.server.lag import Lag
from trading.paper.server.misbehaviour import OVERLOADED, Misbehaviour
from trading.paper.server.pace import Pace
from trading.paper.server.sockets import House, Receive, Scope, Send

_NO_SUCH_PATH = Reply(status=404, body=b"not found", content_type=b"text/plain")

IN_MAINTENANCE = ("/sapi/v1/system/status", "/api/v1/status", "/kucoin/api/v1/status", "/v5/system/status")
# These answer also while nothing else does.


class App:
    """One port's dialects over one exchange; `server.wire` speaks HTTP for it, uvicorn web sockets."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        dialects: tuple[Dialect, ...],
        control: Control,
        faults: Faults,
        latency: Latency,
    ) -> None:
        self._exchange = exchange
        self._control = control
        self._latency = latency
        self._misbehaviour = Misbehaviour(faults, self._answer, exchange)
        self._lag = Lag(latency, self._misbehaviour.spoil)
        self._routes = {prefix: dialect.answer for dialect in dialects for prefix in dialect.prefixes}
        self.houses: list[House] = [dialect.sockets(exchange) for dialect in dialects if dialect.sockets]

    @property
    def journal(self) -> Journal:
        """The ledger that replies wait for."""
        return self._exchange.journal

    @property
    def pace(self) -> Pace:
        """How long requests take."""
        return self._exchange.pace

    def told_ms(self) -> int:
        """The clock by which a request's timestamp is judged."""
        return self._exchange.told_ms()

    def calm(self, request: Request) -> bool:
        """True if nothing is planned that could befall this request."""
        return not (self._latency.rows or self._misbehaviour.planned) or ours(request.path)

    async def serve(self, request: Request, receive: Receive) -> Reply | None:
        """The reply with all planned latency and faults, None where there is none to be."""
        if ours(request.path):
            return await self._answer(request)
        half = self._latency.secs(request.method, request.path) / 2 if self._latency.rows else 0.0
        if half:
            await asyncio.sleep(half)
            request = replace(request, arrived_ms=self.told_ms())
        planned = self._misbehaviour.planned
        reply = await (self._misbehaviour.handle(request, receive) if planned else self._answer(request))
        if half:
            await asyncio.sleep(half)
        return reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Web sockets: the part of ASGI that uvicorn's own protocol speaks."""
        house = next((one for one in self.houses if scope["path"].startswith(one.prefixes)), None)
        await sockets.serve(house, self._exchange.journal, scope, receive, send, self._lag.spoil)

    async def _answer(self, request: Request, qty: int = 0) -> Reply:
        """The reply once it is on disk; with a qty the market side gives so much and no more."""
        with limited(self._exchange, qty):
            reply = self.reply_to(request)
        if not self._exchange.journal.settled:
            await self._exchange.journal.settle()
        return reply

    def reply_to(self, request: Request) -> Reply:
        """The reply, which is not to be sent before the ledger is on disk."""
        if ours(request.path):
            return self._control.answer(request)
        if self._exchange.in_maintenance and request.path not in IN_MAINTENANCE:
            return OVERLOADED
        answer = self._routes.get(request.path[: request.path.find("/", 1) + 1])
        return answer(self._exchange, request) if answer else _NO_SUCH_PATH
