"""A book built from recorded frames as the venue's documentation tells: a snapshot, then every change after it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trading.paper.market.frames import BadFrames, DepthFrame, Frame, SnapshotFrame, read
from trading.paper.market.ladder import Ladder

MOST_EARLY = 10_000
# Depth frames kept while the snapshot is still to come.


class MissingUpdates(BadFrames):
    """Changes of the book were lost: what is left of it is not the venue's."""


@dataclass(slots=True)
class FrameBook:
    """The levels, and the id of the last update in them; None until a snapshot and the changes around it have met."""

    ladder: Ladder = field(default_factory=Ladder)
    last_id: int | None = None
    _early: list[DepthFrame] = field(default_factory=list)

    def snapshot(self, frame: SnapshotFrame) -> None:
        """Begin anew with a whole book, and what has been heard since. Raises MissingUpdates if that leaves a hole."""
        self.ladder.replace(bids=frame.bids, asks=frame.asks)
        self.last_id = frame.last_id
        early, self._early = self._early, []
        for change in early:
            self.depth(change)

    def depth(self, frame: DepthFrame) -> bool:
        """Apply changes; True if they belong to the book and are newer than it. Raises MissingUpdates."""
        if self.last_id is None:
            self._early = [*self._early[1 - MOST_EARLY :], frame]
            return False
        if frame.last_id <= self.last_id:
            return False
        if not self._follows(frame, self.last_id):
            raise MissingUpdates(f"updates {self.last_id + 1} to {frame.first_id - 1} are missing")
        self.ladder.bids.update(frame.bids)
        self.ladder.asks.update(frame.asks)
        self.last_id = frame.last_id
        return True

    @staticmethod
    def _follows(frame: DepthFrame, last_id: int) -> bool:
        """An event that begins no later than the next update; futures skip numbers and tell the event before instead."""
        return frame.first_id <= last_id + 1 or frame.previous_id == last_id


def follow(book: FrameBook, frames: Iterable[Frame]) -> Iterator[Frame]:
    """The frames, each once the book has taken it in."""
    for frame in frames:
        if isinstance(frame, SnapshotFrame):
            book.snapshot(frame)
        elif isinstance(frame, DepthFrame):
            book.depth(frame)
        yield frame


def follow_file(book: FrameBook, path: Path) -> Iterator[Frame]:
    """The frames of a file through a book. Raises BadFrames with the file, and the line or the frame."""
    count = 0
    try:
        for frame in follow(book, read(path)):
            count += 1
            yield frame
    except MissingUpdates as error:
        raise BadFrames(f"{path}, frame {count + 1}: {error}") from error


def checked(path: Path) -> int:
    """How long a recording plays, milliseconds, from its first whole book on. Raises BadFrames if it cannot be played."""
    book, times = FrameBook(), []
    for frame in follow_file(book, path):
        if book.last_id is not None:
            times.append(frame.at_ms)
        if times and not book.ladder.middle:
            raise BadFrames(f"{path}, update {book.last_id}: one side of the book is empty")
    if not times:
        raise BadFrames(f"{path}: no snapshot of a book in it")
    return max(times) - times[0]
