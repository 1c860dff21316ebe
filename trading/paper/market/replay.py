"""The replay: which trade of the source path happens at which wall time. Pure: the clock is an argument.

A *step* is one candle of the path. Steps count on for ever; the path runs through the candles forwards, then
backwards, and so on, so that the price never jumps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from trading.paper.core.prints import Print
from trading.paper.market.candles import CANDLE_SECS, Candle, History
from trading.paper.market.path import LEAST_STEPS, walk

TRADES_A_SEC = 4
# Per symbol and wall second, so that resting orders meet plausible prices.


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where the replay stands: step `first_step` begins at `anchor_ms`, and each lasts `step_ms`."""

    first_step: int
    anchor_ms: int
    step_ms: int

    def step_at(self, at_ms: int) -> int:
        """The step that is under way at a wall time."""
        return self.first_step + (at_ms - self.anchor_ms) // self.step_ms

    def start_of(self, step: int) -> int:
        """The wall time at which a step begins."""
        return self.anchor_ms + (step - self.first_step) * self.step_ms


def timeline(*, now_ms: int, step: int, speed: int) -> Timeline:
    """The step begins now, on the last whole multiple of its length, so that bars line up with the clock."""
    step_ms = CANDLE_SECS * 1000 // speed
    return Timeline(first_step=step, anchor_ms=now_ms - now_ms % step_ms, step_ms=step_ms)


def timeline_from(at_ms: int, *, step: int, speed: int) -> Timeline:
    """The step begins at this very moment."""
    return Timeline(first_step=step, anchor_ms=at_ms, step_ms=CANDLE_SECS * 1000 // speed)


def moved(line: Timeline, by_ms: int) -> Timeline:
    """The same, later."""
    return replace(line, anchor_ms=line.anchor_ms + by_ms)


def paced(line: Timeline, *, at_ms: int, speed: int) -> Timeline:
    """Another speed from a moment on: the step under way keeps the part that is over."""
    step, step_ms = line.step_at(at_ms), CANDLE_SECS * 1000 // speed
    over_ms = (at_ms - line.start_of(step)) * step_ms // line.step_ms
    return Timeline(first_step=step, anchor_ms=at_ms - over_ms, step_ms=step_ms)


def candle_at(candles: tuple[Candle, ...], step: int) -> Candle:
    """The candle of a step; on the way back it is turned round."""
    lap, index = divmod(step, len(candles))
    if lap % 2 == 0:
        return candles[index]
    there = candles[-1 - index]
    return Candle(open=there.close, high=there.high, low=there.low, close=there.open, volume=there.volume)


@dataclass(slots=True)
class Replay:
    """The trades of one symbol; the same seed gives the same trades."""

    history: History
    timeline: Timeline
    seed: int
    _cache: tuple[int, list[Print]] = field(default=(-1, []))

    def between(self, after_ms: int, until_ms: int) -> Iterator[Print]:
        """Trades with after_ms < time <= until_ms."""
        first, last = self.timeline.step_at(after_ms), self.timeline.step_at(until_ms)
        for step in range(first, last + 1):
            yield from (one for one in self._prints(step) if after_ms < one.at_ms <= until_ms)

    def _prints(self, step: int) -> list[Print]:
        if self._cache[0] != step:
            self._cache = (step, self.prints(step))
        return self._cache[1]

    def follow(self, timeline: Timeline) -> None:
        """Go on by another timeline."""
        self.timeline = timeline
        self._cache = (-1, [])

    def prints(self, step: int) -> list[Print]:
        """The trades of one step, evenly spread over it."""
        step_ms = self.timeline.step_ms
        count = max(LEAST_STEPS, TRADES_A_SEC * step_ms // 1000)
        random = Random(f"{self.seed} {self.history.symbol} {step}")  # noqa: S311 - prices, not secrets
        candle = candle_at(self.history.candles, step)
        tick, lot = self.history.tick, self.history.volume_step
        path = walk(candle, steps=count, tick=tick, lot=lot, random=random)
        start = self.timeline.start_of(step)
        return [
            Print(
                at_ms=start + (2 * index + 1) * step_ms // (2 * count),
                price=at.price,
                qty=at.qty,
                aggressor=at.aggressor,
            )
            for index, at in enumerate(path)
        ]
