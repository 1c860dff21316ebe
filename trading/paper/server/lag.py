"""Messages of streams that come later than they could, each connection's in its order."""

import asyncio
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

from trading.paper.control.latency import STREAM, Latency
from trading.paper.server.sockets import Connection, Spoil


class Line:
    """One connection's messages under way: none overtakes another."""

    def __init__(self, put: Callable[[str], None]) -> None:
        self._put = put
        self._under_way: deque[tuple[float, str]] = deque()
        self._loop = asyncio.get_running_loop()

    @property
    def empty(self) -> bool:
        """True if nothing is under way."""
        return not self._under_way

    def add(self, text: str, secs: float) -> None:
        """Let a message come after so long, or once the one before it has come."""
        due = self._loop.time() + secs
        last = self._under_way[-1][0] if self._under_way else due
        self._under_way.append((max(due, last), text))
        if len(self._under_way) == 1:
            self._wait()

    def _wait(self) -> None:
        self._loop.call_at(self._under_way[0][0], self._release)

    def _release(self) -> None:
        while self._under_way and self._under_way[0][0] <= self._loop.time():
            self._put(self._under_way.popleft()[1])
        if self._under_way:
            self._wait()


class Lag:
    """Delays what goes out on sockets by the latency plan, after planned faults have had their way."""

    def __init__(self, latency: Latency, spoil: Spoil) -> None:
        self._latency = latency
        self._spoil = spoil
        self._lines: WeakKeyDictionary[Connection, Line] = WeakKeyDictionary()

    def spoil(self, connection: Connection, text: str) -> list[str]:
        """The messages that go out instead of this one, now."""
        texts = self._spoil(connection, text)
        line = self._lines.get(connection)
        if not self._latency.rows and (line is None or line.empty):
            return texts
        if line is None:
            line = self._lines[connection] = Line(connection.put)
        for one in texts:
            line.add(one, self._latency.secs(STREAM, connection.path))
        return []
