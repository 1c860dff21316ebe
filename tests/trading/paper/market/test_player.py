"""A recording on its timeline: every frame once a lap, at its time, and the next lap begins where the first did."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.paper.market.frames import BadFrames, DepthFrame, TradeFrame, read
from trading.paper.market.instruments import FOLDER
from trading.paper.market.player import Player, recording, recordings

SPOT = FOLDER / "BTCUSDT-spot-frames.xz"
FOUND = recordings(sorted(FOLDER.glob("*-frames.xz")))
LAP_MS = max(one.length_ms for one in FOUND) + 1


def opened() -> Player:
    player = Player(FOUND[0], LAP_MS)
    player.begin()
    return player


def test_the_markets_are_told_by_their_frames() -> None:
    assert [(one.symbol, one.futures) for one in FOUND] == [("BTCUSDT", False), ("BTCUSDT", True)]


def test_two_laps_are_the_same_frames_twice() -> None:
    player = opened()
    first, book = list(player.until(LAP_MS - 1)), dict(player.book.ladder.bids.qtys)
    second = list(player.until(2 * LAP_MS - 1))
    assert first == second
    assert player.laps == 1
    assert player.book.ladder.bids.qtys == book
    wanted = [one for one in read(SPOT) if isinstance(one, TradeFrame)]
    assert [one for one in first if isinstance(one, TradeFrame)] == wanted[-len([*filter(_is_trade, first)]) :]


def _is_trade(frame: object) -> bool:
    return isinstance(frame, TradeFrame)


@settings(max_examples=10)
@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=8))
def test_however_often_one_looks_the_frames_are_the_same(steps: list[int]) -> None:
    often, once = opened(), opened()
    seen = [frame for index in range(len(steps)) for frame in often.until(sum(steps[: index + 1]))]
    assert seen == list(once.until(sum(steps)))
    assert often.book.ladder.middle == once.book.ladder.middle


def test_nothing_comes_before_its_time() -> None:
    player = opened()
    begin = player.book.last_id
    early = [one for one in player.until(1_000) if isinstance(one, DepthFrame)]
    assert 8 <= len(early) <= 12  # every 100 ms
    assert begin is not None
    assert early[0].first_id == begin + 1


@pytest.mark.parametrize("paths", [[SPOT, SPOT]])
def test_one_market_has_one_recording(paths: list[Path]) -> None:
    with pytest.raises(BadFrames, match="BTCUSDT: two recordings"):
        recordings(paths)


def test_a_market_nobody_lists_cannot_be_played(tmp_path: Path) -> None:
    told = '1 {"lastUpdateId": 1, "bids": [["1", "1"]], "asks": [["2", "1"]]}\n'
    told += '2 {"stream": "x@depth", "data": {"s": "NOPE", "U": 2, "u": 2, "b": [], "a": []}}\n'
    path = tmp_path / "nope"
    path.write_text(told)
    assert recording(path).length_ms == 0
    with pytest.raises(BadFrames, match="NOPE is not listed"):
        recordings([path])
