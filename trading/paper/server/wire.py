"""HTTP on one connection: requests in their order, each answered once the ledger behind its reply is on disk.

A plain protocol instead of ASGI's tasks and messages: an order costs a third less. Web sockets are handed to uvicorn's.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools

from trading.paper.server.http import Reply, Request

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from trading.paper.server.asgi import App

logger = logging.getLogger("paper.wire")

MOST_BODY = 1024 * 1024
# Bytes of a request; a batch of orders takes a few thousand.

MOST_HEAD = 256 * 1024
# Bytes of address and headers together; a GET with a batch of orders in its query takes some ten thousand.

MOST_WAITING = 64
# Requests a client may send ahead on one connection before it is read no further.

_PHRASES = {status: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

_BROKEN = Reply(status=400, body=b"Invalid HTTP request received.", content_type=b"text/plain")
_TOO_LARGE = Reply(status=413, body=b"The request is too large.", content_type=b"text/plain")
_HEAD_TOO_LARGE = Reply(status=431, body=b"Address and headers are too large.", content_type=b"text/plain")
_FAILED = Reply(status=500, body=b"Internal Server Error", content_type=b"text/plain")


class Wire(asyncio.Protocol):
    """One client's connection, made by uvicorn's server, which also counts and ends it."""

    def __init__(
        self,
        app: "App",
        *,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: object = None,
    ) -> None:
        self._app = app
        made: Callable[..., asyncio.Protocol] = config.ws_protocol_class  # type: ignore[assignment]
        self._socket = partial(made, config=config, server_state=server_state, app_state=app_state)
        self._idle_secs = config.timeout_keep_alive
        self._server = server_state
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._waiting: deque[tuple[Request, bool, float]] = deque()
        self._busy = self._full = self._ending = False
        self._gone = asyncio.Event()
        self._used = perf_counter()
        self._begin()

    # the connection ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # streams only
        """Somebody has connected."""
        self._transport = transport
        self._server.connections.add(self)  # type: ignore[arg-type]
        self._watch()

    def connection_lost(self, error: Exception | None) -> None:
        """It is over; a reply that is still to come goes nowhere."""
        self._server.connections.discard(self)  # type: ignore[arg-type]
        self._watcher.cancel()
        self._gone.set()

    def _watch(self) -> None:
        """End the connection when nothing has come for a long time."""
        rest = self._used + self._idle_secs - perf_counter()
        if rest > 0 or self._busy:
            self._watcher = self._loop.call_later(max(rest, 1.0), self._watch)
        else:
            self._transport.close()

    def shutdown(self) -> None:
        """The server stops: what is on its way is answered, then the connection ends."""
        self._ending = True
        if not self._busy:
            self._transport.close()

    def pause_writing(self) -> None:
        """The client does not read its replies: nothing more is done for it."""
        self._full = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads on."""
        self._full = False
        self._transport.resume_reading()
        self._next()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or more requests, or a part of one."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as rest:
            self._upgrade(data[rest.args[0] :])
        except httptools.HttpParserError:
            self._refuse(_HEAD_TOO_LARGE if self._head > MOST_HEAD else _BROKEN)

    def _refuse(self, reply: Reply) -> None:
        self._ending = True
        self._write(reply)
        self._transport.close()

    # the parser's calls --------------------------------------------------------------------------

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._size = self._head = 0

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begin()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        self._count(len(url))
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(len(name) + len(value))
        self._headers[name.lower()] = value

    def _count(self, size: int) -> None:
        """Raise, which ends the connection, where address and headers grow beyond what a client needs."""
        self._head += size
        if self._head > MOST_HEAD:
            raise ValueError("the head of the request is too large")

    def on_headers_complete(self) -> None:
        """A careful client asks before it sends a body."""
        if self._headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._size += len(body)
        if self._size <= MOST_BODY:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if (self._parser.should_upgrade() and not self._plain()) or self._ending:
            return
        if self._size > MOST_BODY:
            self._refuse(_TOO_LARGE)
            return
        self._waiting.append((self._request(), self._parser.should_keep_alive(), perf_counter()))
        if len(self._waiting) > MOST_WAITING:
            self._transport.pause_reading()
        self._next()

    def _request(self) -> Request:
        address = httptools.parse_url(self._url)
        path = address.path.decode("latin-1")
        return Request(
            method=self._parser.get_method().decode("ascii"),
            path=unquote(path) if "%" in path else path,
            query=address.query or b"",
            body=b"".join(self._body),
            headers=self._headers,
            raw_path=address.path,
            arrived_ms=self._app.told_ms(),
        )

    def _plain(self) -> bool:
        """Whether a request that offers another protocol is answered as if it did not: HTTP/2 (h2c) is offered by many."""
        return self._parser.get_method() != b"CONNECT" and self._headers.get(b"upgrade", b"").lower() != b"websocket"

    def _upgrade(self, rest: bytes) -> None:
        if self._parser.get_method() == b"CONNECT":
            self._refuse(_BROKEN)
        elif not self._plain():
            self._hand_over()
        elif rest:
            self.data_received(rest)

    def _hand_over(self) -> None:
        """A web socket: uvicorn's protocol takes the connection, beginning with the request itself."""
        self._server.connections.discard(self)  # type: ignore[arg-type]
        self._watcher.cancel()
        lines = [self._parser.get_method() + b" " + self._url + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in self._headers.items()]
        protocol = self._socket()
        protocol.connection_made(self._transport)
        protocol.data_received(b"\r\n".join([*lines, b"", b""]))
        self._transport.set_protocol(protocol)

    # answering -----------------------------------------------------------------------------------

    def _next(self) -> None:
        """Answer what waits, one after the other."""
        while self._waiting and not (self._busy or self._full):
            request, stays, since = self._waiting.popleft()
            if len(self._waiting) == MOST_WAITING:
                self._transport.resume_reading()
            if self._app.calm(request):
                self._at_once(request, stays, since)
            else:
                self._busy = True
                task = self._loop.create_task(self._slowly(request, stays, since))
                self._server.tasks.add(task)
                task.add_done_callback(self._server.tasks.discard)

    def _at_once(self, request: Request, stays: bool, since: float) -> None:
        try:
            reply = self._app.reply_to(request)
        except Exception as error:  # noqa: BLE001 - the edge: the client gets a 500, the log the rest, all others go on
            reply = _failed(request, error)
        journal = self._app.journal
        if journal.settled:
            self._finish(reply, request.method, stays, since)
        else:
            self._busy = True
            journal.then(partial(self._go_on, reply, request.method, stays, since))

    def _go_on(self, reply: Reply | None, method: str, stays: bool, since: float) -> None:
        self._busy = False
        self._finish(reply, method, stays, since)
        self._next()

    async def _slowly(self, request: Request, stays: bool, since: float) -> None:
        reply: Reply | None = _FAILED
        try:
            reply = await self._app.serve(request, self._until_gone)
        finally:  # what fails is a 500 to the client, and the loop logs it as the end of this task
            self._go_on(reply, request.method, stays, since)

    async def _until_gone(self) -> dict[str, Any]:
        """What a held request waits for: that its client gives up."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def _finish(self, reply: Reply | None, method: str, stays: bool, since: float) -> None:
        if self._gone.is_set() or reply is None:
            return
        self._write(reply, head=method == "HEAD", stays=stays)
        self._used = perf_counter()
        self._app.pace.note(self._used - since)
        if self._ending or not stays:
            self._transport.close()

    def _write(self, reply: Reply, *, head: bool = False, stays: bool = False) -> None:
        lines = [_PHRASES.get(reply.status) or b"HTTP/1.1 %d \r\n" % reply.status]  # type: ignore[call-overload]
        for name, value in (*self._server.default_headers, (b"content-type", reply.content_type), *reply.headers):
            lines += (name, b": ", value, b"\r\n")
        lines += (b"content-length: %d\r\n" % len(reply.body), b"\r\n" if stays else b"connection: close\r\n\r\n")
        if not head:
            lines.append(reply.body)
        self._transport.write(b"".join(lines))


def _failed(request: Request, error: Exception) -> Reply:
    """A 500, and in the log where it comes from."""
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _FAILED
