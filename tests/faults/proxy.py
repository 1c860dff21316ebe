"""A small TCP proxy that misbehaves on demand: late, reset, silent, cut off, doubled.

One thread with an event loop of its own carries any number of them:

    with Proxies() as proxies:
        proxy = proxies.to(5432)             # proxy.port leads to 5432
        proxy.trouble = Trouble(delay_ms=50)
        proxy.heal()
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"
CHUNK_BYTES = 65536
PATIENCE_SECS = 30.0
RESET = struct.pack("ii", 1, 0)
# SO_LINGER on, for no time: closing then sends RST.


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a connection. Each is off by default.

    delay_ms: every chunk comes so late. silent: what comes is read and goes nowhere (half open). cut_after: bytes of
    answers after which the connection is reset. double: each answer comes twice. refuse: new connections are reset.
    """

    delay_ms: int = 0
    silent: bool = False
    cut_after: int | None = None
    double: bool = False
    refuse: bool = False


@dataclass(eq=False, slots=True)
class Proxy:
    """One listening port and where it leads."""

    target: int
    loop: asyncio.AbstractEventLoop
    trouble: Trouble = Trouble()
    port: int = 0
    _server: asyncio.Server | None = None
    _pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = field(default_factory=set)

    async def listen(self) -> None:
        """Take any free port."""
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def heal(self) -> None:
        """From now on as if there were no proxy; connections that were silent are reset, for their bytes are gone."""
        before, self.trouble = self.trouble, Trouble()
        if before.silent or before.double:
            self.reset()

    def reset(self) -> None:
        """RST on every connection that is open."""
        self.loop.call_soon_threadsafe(self._reset)

    @property
    def busy(self) -> bool:
        """Whether a connection is open."""
        return bool(self._pairs)

    def close(self) -> None:
        """Stop listening."""
        self._reset()
        if self._server is not None:
            self._server.close()

    def _reset(self) -> None:
        for pair in tuple(self._pairs):
            for writer in pair:
                _abort(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.trouble.refuse:
            return _abort(writer)
        try:
            there, back = await asyncio.open_connection(HOST, self.target)
        except OSError:
            return _abort(writer)
        pair = (writer, back)
        self._pairs.add(pair)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the thread ends
                await asyncio.gather(self._carry(reader, back, answers=False), self._carry(there, writer, answers=True))
        finally:
            self._pairs.discard(pair)

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, answers: bool) -> None:
        """One direction, until either side ends; then both do."""
        try:
            while chunk := await source.read(CHUNK_BYTES):
                await self._pass_on(chunk, to, answers=answers)
            to.close()
        except OSError:
            _abort(to)

    async def _pass_on(self, chunk: bytes, to: asyncio.StreamWriter, *, answers: bool) -> None:
        trouble = self.trouble
        if trouble.delay_ms:
            await asyncio.sleep(trouble.delay_ms / 1000)
        if trouble.silent:
            return
        if answers and trouble.cut_after is not None:
            to.write(chunk[: trouble.cut_after])
            await to.drain()
            raise ConnectionResetError
        to.write(chunk * 2 if answers and trouble.double else chunk)
        await to.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with RST, not with a polite end."""
    plain = writer.get_extra_info("socket")
    if plain is not None and plain.fileno() >= 0:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


class Proxies:
    """The thread that carries them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._made: list[Proxy] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECS)

    def to(self, target: int) -> Proxy:
        """A new proxy to a port of this machine."""
        proxy = Proxy(target, self._loop)
        self._run(proxy.listen())
        self._made.append(proxy)
        return proxy

    async def _end(self) -> None:
        for proxy in self._made:
            proxy.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECS)
