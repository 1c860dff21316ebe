"""A candle's path: opens, peaks, bottoms and closes exactly like the candle."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from trading.paper.market.candles import Candle
from trading.paper.market.path import walk

TICK, LOT = 10**6, 10**5


@st.composite
def candles(draw: st.DrawFn) -> Candle:
    ticks = sorted(draw(st.lists(st.integers(1, 10**7), min_size=4, max_size=4)))
    inner = draw(st.permutations(ticks[1:3]))
    low, high = ticks[0] * TICK, ticks[3] * TICK
    return Candle(open=inner[0] * TICK, high=high, low=low, close=inner[1] * TICK, volume=draw(st.integers(0, 10**14)))


@given(candles(), st.integers(4, 60), st.integers())
def test_the_path_respects_the_candle(candle: Candle, steps: int, seed: int) -> None:
    path = walk(candle, steps=steps, tick=TICK, lot=LOT, random=Random(seed))
    prices = [step.price for step in path]
    assert len(path) == steps
    assert (prices[0], max(prices), min(prices), prices[-1]) == (candle.open, candle.high, candle.low, candle.close)
    assert all(price % TICK == 0 for price in prices)


@given(candles(), st.integers(4, 60), st.integers())
def test_sizes_are_lots_and_share_the_volume(candle: Candle, steps: int, seed: int) -> None:
    sizes = [step.qty for step in walk(candle, steps=steps, tick=TICK, lot=LOT, random=Random(seed))]
    assert all(size >= LOT and size % LOT == 0 for size in sizes)
    assert sum(sizes) <= max(candle.volume, 0) + steps * LOT


@given(candles(), st.integers(4, 60), st.integers())
def test_the_same_seed_walks_the_same_path(candle: Candle, steps: int, seed: int) -> None:
    paths = [walk(candle, steps=steps, tick=TICK, lot=LOT, random=Random(seed)) for _ in range(2)]
    assert paths[0] == paths[1]
