"""The bundled recordings, update by update: the book is the venue's own, and a hole is never played over."""

import lzma
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import pytest

from trading.paper.market.frame_book import FrameBook, MissingUpdates, checked, follow
from trading.paper.market.frames import BadFrames, BestFrame, DepthFrame, Frame, SnapshotFrame, opened, read
from trading.paper.market.instruments import FOLDER
from trading.paper.market.ladder import Ladder

BUNDLED = sorted(FOLDER.glob("*-frames.xz"))
EACH = pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def recorded() -> dict[Path, list[Frame]]:
    return {path: list(read(path)) for path in BUNDLED}


def top(ladder: Ladder) -> tuple[int, ...]:
    bid, ask = ladder.bids.best(), ladder.asks.best()
    return bid, ladder.bids.qtys[bid], ask, ladder.asks.qtys[ask]


def tops(frames: list[Frame]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """After each depth update: the book's top, and the best prices that the venue told for the same update."""
    best = sorted((one for one in frames if isinstance(one, BestFrame)), key=lambda one: one.update_id)
    ids, book = [one.update_id for one in best], FrameBook()
    for frame in follow(book, frames):
        if isinstance(frame, DepthFrame) and book.last_id == frame.last_id and frame.last_id >= ids[0]:
            told = best[bisect_right(ids, frame.last_id) - 1]
            yield top(book.ladder), (told.bid, told.bid_qty, told.ask, told.ask_qty)


@EACH
def test_after_every_update_the_top_of_the_book_is_what_the_venue_told(
    recorded: dict[Path, list[Frame]], path: Path
) -> None:
    compared = list(tops(recorded[path]))
    assert len(compared) > 250
    assert [ours for ours, _ in compared] == [told for _, told in compared]


@EACH
def test_the_recorded_snapshot_agrees_with_the_updates_before_it(recorded: dict[Path, list[Frame]], path: Path) -> None:
    frames = recorded[path]
    snapshot = next(one for one in frames if isinstance(one, SnapshotFrame))
    changes = [one for one in frames if isinstance(one, DepthFrame)]
    before = [one for one in changes if one.last_id <= snapshot.last_id]
    around = next(one for one in changes if one.last_id > snapshot.last_id)
    for side in ("bids", "asks"):
        whole = dict(getattr(snapshot, side))
        edge = {"bids": min, "asks": max}[side](whole)
        told = {price: qty for change in before for price, qty in getattr(change, side)}
        open_to_doubt = {price for price, _ in getattr(around, side)}
        known = {price for price in told if (price >= edge) is (side == "bids") and price not in open_to_doubt}
        assert known
        assert {price: whole.get(price, 0) for price in known} == {price: told[price] for price in known}


@EACH
def test_a_lost_update_is_noticed_at_the_next(recorded: dict[Path, list[Frame]], path: Path) -> None:
    frames = recorded[path]
    changes = [index for index, one in enumerate(frames) if isinstance(one, DepthFrame)]
    for lost in changes[len(changes) // 2 : len(changes) // 2 + 3]:
        with pytest.raises(MissingUpdates, match="are missing"):
            list(follow(FrameBook(), frames[:lost] + frames[lost + 1 :]))


@EACH
def test_updates_told_twice_change_nothing(recorded: dict[Path, list[Frame]], path: Path) -> None:
    once, twice = FrameBook(), FrameBook()
    list(follow(once, recorded[path]))
    list(follow(twice, [again for frame in recorded[path] for again in (frame,) * (1 + isinstance(frame, DepthFrame))]))
    assert (twice.last_id, twice.ladder.bids.qtys) == (once.last_id, once.ladder.bids.qtys)


@EACH
def test_the_bundled_recordings_play_for_half_a_minute(path: Path) -> None:
    assert 29_000 < checked(path) < 30_001


def without(path: Path, target: Path, word: str, *, nth: int) -> Path:
    """A copy that lacks the nth line with a word."""
    with opened(path) as lines:
        rows = list(lines)
    del rows[[index for index, row in enumerate(rows) if word in row][nth]]
    target.write_bytes(lzma.compress("".join(rows).encode(), preset=0))
    return target


@pytest.mark.parametrize(
    ("word", "nth", "message"),
    [("depthUpdate", 100, "frame .* are missing"), ("lastUpdateId", 0, "no snapshot")],
)
def test_what_cannot_be_played_is_refused(tmp_path: Path, word: str, nth: int, message: str) -> None:
    with pytest.raises(BadFrames, match=f"cut.xz.*{message}"):
        checked(without(BUNDLED[0], tmp_path / "cut.xz", word, nth=nth))
