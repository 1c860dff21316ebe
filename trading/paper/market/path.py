"""From a candle to the trades that could have made it. Pure: the randomness is an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.market.candles import Candle

LEAST_STEPS = 4
# Open, both extremes and close need a trade each.

LOW_FIRST = 0.7
# How often a rising candle visits its low before its high; mirrored for a falling one.

NOISE = 0.12
# Jitter around the straight lines, as a part of the candle's range.


@dataclass(frozen=True, slots=True)
class Step:
    """One trade of a path, atoms."""

    price: int
    qty: int
    aggressor: Side


def walk(candle: Candle, *, steps: int, tick: int, lot: int, random: Random) -> list[Step]:
    """`steps` trades that open, peak, bottom and close exactly like the candle, and share its volume."""
    prices = _prices(candle, steps=steps, tick=tick, random=random)
    sizes = _sizes(candle.volume, steps=steps, lot=lot, random=random)
    before = [prices[0], *prices[:-1]]
    rows = zip(before, prices, sizes, strict=True)
    return [Step(price=price, qty=qty, aggressor=_aggressor(last, price)) for last, price, qty in rows]


def _aggressor(before: int, price: int) -> Side:
    return Side.BUY if price > before else Side.SELL


def _prices(candle: Candle, *, steps: int, tick: int, random: Random) -> list[int]:
    prices: list[int] = []
    for (start, first), (end, last) in pairwise(_turns(candle, steps, random)):
        prices += _leg(first, last, end - start, candle, tick, random)
    return [*prices, candle.close]


def _turns(candle: Candle, steps: int, random: Random) -> list[tuple[int, int]]:
    rising = candle.close >= candle.open
    low_first = (random.random() < LOW_FIRST) is rising
    extremes = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    places = sorted(random.sample(range(1, steps - 1), 2))
    return [(0, candle.open), *zip(places, extremes, strict=True), (steps - 1, candle.close)]


def _leg(first: int, last: int, steps: int, candle: Candle, tick: int, random: Random) -> Iterator[int]:
    yield first
    jitter = (candle.high - candle.low) * NOISE
    for step in range(1, steps):
        raw = first + (last - first) * step / steps + random.uniform(-jitter, jitter)
        yield min(max(round(raw / tick) * tick, candle.low), candle.high)


def _sizes(volume: int, *, steps: int, lot: int, random: Random) -> list[int]:
    weights = [random.random() + 0.2 for _ in range(steps)]
    whole = sum(weights)
    return [max(lot, atoms.floor_to(int(volume * weight / whole), lot)) for weight in weights]
