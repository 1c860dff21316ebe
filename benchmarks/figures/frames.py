"""Book updates applied from recorded frames: from the raw lines, and from frames already read; exact."""

import time
from collections.abc import Callable, Sequence

from benchmarks.bench import Bench
from benchmarks.figure import Figure, agree, at_least, figure
from trading.paper.market.frame_book import FrameBook, follow
from trading.paper.market.frames import BestFrame, DepthFrame, Frame, SnapshotFrame, frames, opened
from trading.paper.market.instruments import FOLDER

RECORDING = FOLDER / "BTCUSDT-usdm-frames.xz"
BARE = "a dictionary a side that knows neither order nor sequence"


def measure(bench: Bench) -> list[Figure]:
    """Level changes a second on one core, beside bare dictionaries."""
    with opened(RECORDING) as lines:
        rows = [row for row in lines if "bookTicker" not in row]
    read = [one for one in frames(iter(rows)) if not isinstance(one, BestFrame)]
    changes = sum(len(one.bids) + len(one.asks) for one in read if isinstance(one, DepthFrame))
    agree("levels of the last book", levels(played(read)), bare(read))
    rounds = bench.size(5, 2)
    applied, alone = _rate(changes, rounds, lambda: played(read)), _rate(changes, rounds, lambda: bare(read))
    whole = _rate(changes, rounds, lambda: played(list(frames(iter(rows)))))
    return [
        figure("book updates applied", applied, "1/s", baseline=alone, against=BARE, goal=at_least(100_000)),
        figure("book updates read and applied", whole, "1/s", goal=at_least(100_000), note=RECORDING.name),
    ]


def played(read: Sequence[Frame]) -> FrameBook:
    """The book after all frames."""
    book = FrameBook()
    for _ in follow(book, read):
        pass
    return book


def levels(book: FrameBook) -> tuple[int, int]:
    """How many levels a side has, bids first."""
    return len(book.ladder.bids.prices), len(book.ladder.asks.prices)


def bare(read: Sequence[Frame]) -> tuple[int, int]:
    """The same levels in plain tables: the snapshot, then every change after it."""
    start = next(one for one in read if isinstance(one, SnapshotFrame))
    bids, asks = dict(start.bids), dict(start.asks)
    for frame in read:
        if isinstance(frame, DepthFrame) and frame.last_id > start.last_id:
            bids.update(frame.bids)
            asks.update(frame.asks)
    return sum(map(bool, bids.values())), sum(map(bool, asks.values()))


def _rate(changes: int, rounds: int, work: Callable[[], object]) -> float:
    """Changes a second, the best round: what disturbs one is not ours."""
    return changes / min(_secs(work) for _ in range(rounds))


def _secs(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
