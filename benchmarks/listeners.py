"""Web socket listeners on loopback that do nothing but count: the light side of a fan-out."""

import asyncio
import base64
import re
import secrets
import time

from project.services.ports import HOST

TOLD_AT = re.compile(rb'"E":(\d+)')
TEXT = 1


class Audience:
    """All listeners of a run: how many frames each has had, and an event once they have had as many as wanted."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.wanted = 0
        self.complete = asyncio.Event()
        self._heard = 0

    def hear(self, frames: int) -> None:
        """Some listener has had so many more."""
        self._heard += frames
        if self.wanted and self._heard >= self.wanted:
            self.complete.set()

    def expect(self, frames: int) -> None:
        """From now on so many in all are wanted."""
        self.wanted = frames
        self.hear(0)


class Listener(asyncio.Protocol):
    """One connection to a path; counts text frames, and how late they are by their own event time (s)."""

    def __init__(self, audience: Audience, path: str) -> None:
        self._audience = audience
        self._path = path
        self._buffer = b""
        self._open = False
        self.frames = 0
        self.late: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        head = f"GET {self._path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        transport.write(f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take whole frames out of what has come."""
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                raise ConnectionRefusedError(head.decode("latin-1"))
            self._open, self._buffer = True, rest
        self._take(time.time())

    def _take(self, now: float) -> None:
        start, buffer, before = 0, self._buffer, self.frames
        while (size := _size(buffer, start)) and len(buffer) >= start + size:
            if buffer[start] & 15 == TEXT:
                self.frames += 1
                told = TOLD_AT.search(buffer, start, start + size)
                self.late.append(now - int(told[1]) / 1000 if told else 0.0)
            start += size
        self._buffer = buffer[start:]
        self._audience.hear(self.frames - before)


def _size(buffer: bytes, start: int) -> int:
    """Bytes of the frame that begins here, 0 where that is not known yet; a server's frames are not masked."""
    if len(buffer) < start + 4:
        return 0
    size = buffer[start + 1]
    return 4 + int.from_bytes(buffer[start + 2 : start + 4], "big") if size == 126 else 2 + size


async def listen(port: int, path: str, *, count: int) -> Audience:
    """So many listeners, connected."""
    loop, audience = asyncio.get_running_loop(), Audience()
    for _ in range(count):
        _, listener = await loop.create_connection(lambda: Listener(audience, path), HOST, port)
        audience.listeners.append(listener)
    return audience
