"""The replay's clock: nothing lost between two looks, nothing twice, and a restart goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.market.candles import Candle, History
from trading.paper.market.replay import Replay, candle_at, timeline

CANDLES = tuple(
    Candle(open=o * 10**6, high=(max(o, c) + 3) * 10**6, low=(min(o, c) - 3) * 10**6, close=c * 10**6, volume=10**9)
    for o, c in [(100, 110), (110, 105), (105, 130), (130, 90)]
)
HISTORY = History("BTCUSDT", "2024-01-01T00:00:00Z", tick=10**6, volume_step=10**5, candles=CANDLES)
NOW = 1_700_000_003_210


def replay(*, now_ms: int = NOW, step: int = 0, speed: int = 60) -> Replay:
    return Replay(history=HISTORY, timeline=timeline(now_ms=now_ms, step=step, speed=speed), seed=1)


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=20).map(sorted))
def test_looking_often_or_once_shows_the_same_trades(looks: list[int]) -> None:
    one = replay()
    ends = [NOW, *(NOW + look for look in looks)]
    pieces = [printed for after, until in zip(ends, ends[1:], strict=False) for printed in one.between(after, until)]
    assert pieces == list(replay().between(NOW, ends[-1]))


@given(st.integers(-30, 30))
def test_the_path_never_jumps_between_candles(step: int) -> None:
    assert candle_at(CANDLES, step).close == candle_at(CANDLES, step + 1).open


def test_the_path_turns_round_at_the_end() -> None:
    opens = [candle_at(CANDLES, step).open // 10**6 for step in range(9)]
    assert opens == [100, 110, 105, 130, 90, 130, 105, 110, 100]


@pytest.mark.parametrize(("speed", "step_ms"), [(1, 300_000), (60, 5_000), (300, 1_000), (3000, 100)])
def test_a_candle_lasts_its_time_and_starts_on_a_whole_multiple(speed: int, step_ms: int) -> None:
    line = timeline(now_ms=NOW, step=7, speed=speed)
    assert (line.step_ms, line.anchor_ms % step_ms) == (step_ms, 0)
    assert line.step_at(NOW) == 7
    assert line.start_of(8) == line.anchor_ms + step_ms


def test_the_trades_of_a_step_lie_within_it_and_make_its_candle() -> None:
    one = replay()
    for step in range(-3, 6):
        printed = one.prints(step)
        candle = candle_at(CANDLES, step)
        prices = [trade.price for trade in printed]
        assert (prices[0], max(prices), min(prices), prices[-1]) == (candle.open, candle.high, candle.low, candle.close)
        start = one.timeline.start_of(step)
        assert all(start <= trade.at_ms < start + one.timeline.step_ms for trade in printed)


def test_a_restart_at_the_saved_step_goes_on_with_the_same_trades() -> None:
    later = NOW + 3_600_000
    before = [trade.price for trade in replay(step=0).prints(2)]
    after = [trade.price for trade in replay(now_ms=later, step=2).prints(2)]
    assert before == after
