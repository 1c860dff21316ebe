"""Plays a recording again and again on its own timeline. Pure but for reading the file."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trading.paper.market.frame_book import FrameBook, checked
from trading.paper.market.frames import BadFrames, DepthFrame, Frame, SnapshotFrame, opened, read
from trading.paper.market.instruments import bundled, contracts


@dataclass(frozen=True, slots=True)
class Recording:
    """One market's frames: whose, and how long they play from their first whole book on, milliseconds."""

    path: Path
    symbol: str
    futures: bool
    length_ms: int


def recording(path: Path) -> Recording:
    """What is in a file. Raises BadFrames if it cannot be played, OSError if it cannot be read."""
    length_ms = checked(path)
    with opened(path) as lines:
        symbol, futures = next(_named(lines))
    return Recording(path, symbol, futures, length_ms)


def _named(lines: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """The symbol of each depth update, and whether it tells the one before it, as only futures do."""
    for line in lines:
        data = json.loads(line.partition(" ")[2]).get("data", {})
        if "U" in data:
            yield data["s"], "pu" in data
    raise BadFrames("no depth update in it")


def recordings(paths: Iterable[Path]) -> tuple[Recording, ...]:
    """What is to be played. Raises BadFrames, OSError."""
    found = tuple(recording(path) for path in paths)
    markets = [(one.symbol, one.futures) for one in found]
    twice = next((symbol for symbol, futures in markets if markets.count((symbol, futures)) > 1), None)
    if twice:
        raise BadFrames(f"{twice}: two recordings of one market")
    unlisted = next((one for one in found if one.symbol not in _listed(futures=one.futures)), None)
    if unlisted:
        raise BadFrames(f"{unlisted.path}: {unlisted.symbol} is not listed here")
    return found


def _listed(*, futures: bool) -> set[str]:
    return {one.symbol for one in (contracts() if futures else bundled())}


@dataclass(slots=True)
class Player:
    """A recording and its book. Every lap begins with the recorded snapshot, and lasts lap_ms."""

    recording: Recording
    lap_ms: int
    book: FrameBook = field(default_factory=FrameBook)
    laps: int = 0
    _frames: Iterator[Frame] = field(default_factory=lambda: iter(()))
    _next: tuple[int, Frame] | None = None
    _start_ms: int = 0

    def begin(self) -> None:
        """The first whole book of a lap."""
        self._frames = read(self.recording.path)
        self.book.last_id = None
        for frame in self._frames:
            self._take(frame)
            if self.book.last_id is not None:
                self._start_ms = frame.at_ms
                break
        self._advance()

    def until(self, source_ms: int) -> Iterator[Frame]:
        """The frames due up to a source time, each once the book has taken it in."""
        while source_ms >= self._due():
            if self._next is None:
                self.laps += 1
                self.begin()
                continue
            frame = self._next[1]
            self._take(frame)
            self._advance()
            yield frame

    def _due(self) -> int:
        """When the next frame comes, or after the last one the next lap."""
        return (self.laps + 1) * self.lap_ms if self._next is None else self._next[0]

    def _advance(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            self._next = None
            return
        past_ms = min(max(0, frame.at_ms - self._start_ms), self.lap_ms)
        self._next = (self.laps * self.lap_ms + past_ms, frame)

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, SnapshotFrame):
            self.book.snapshot(frame)
        elif isinstance(frame, DepthFrame):
            self.book.depth(frame)
