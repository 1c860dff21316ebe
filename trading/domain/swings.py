"""What finished candles say about where to stop and where to take profit: true range, swing points. Pure.

Prices are quote. Everything is an exact decimal of ours; TA-Lib's ATR gives the same to its fifteen digits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from signals.market.bars import Bar
from trading.domain.money import exact, to_atom, total
from trading.domain.vocabulary import PositionSide

WARM_UP = 10
# Periods that the average true range is smoothed over before its value is used: the first mean then counts 1/20 000.

UNITS = ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Swing:
    """A move that is over: from one swing point to the opposite one after it, quote."""

    start: Decimal
    end: Decimal


def timeframe_words(secs: int) -> str:
    """3600 as 1h."""
    size, unit = next((size, unit) for size, unit in UNITS if secs % size == 0)
    return f"{secs // size}{unit}"


def tail(bars: Sequence[Bar], *, timeframe_secs: int) -> list[Bar]:
    """The last bars in a row, without a hole between them, oldest first."""
    width, found = timedelta(seconds=timeframe_secs), list(bars[-1:])
    for bar in reversed(bars[:-1]):
        if bar.opened_at + width != found[-1].opened_at:
            break
        found.append(bar)
    return found[::-1]


@exact
def atr(bars: Sequence[Bar], *, period: int) -> Decimal | None:
    """The average true range of the last bar, quote; None with fewer than period + 1 bars.

    Wilder's own smoothing (New Concepts in Technical Trading Systems, 1978): the first value is the mean of `period`
    true ranges, each later one (previous × (period − 1) + true range) ÷ period. At most WARM_UP periods are looked at.
    """
    used = bars[-(WARM_UP * period + 1) :]
    ranges = [true_range(bar, before.close) for before, bar in pairwise(used)]
    if len(ranges) < period:
        return None
    value = total(ranges[:period]) / period
    for found in ranges[period:]:
        value = (value * (period - 1) + found) / period
    return to_atom(value)


@exact
def true_range(bar: Bar, close_before: Decimal) -> Decimal:
    """How far the price moved within a bar, the gap to the last close included."""
    return max(bar.high, close_before) - min(bar.low, close_before)


def swing_points(bars: Sequence[Bar], *, width: int, above: bool) -> Iterator[tuple[int, Decimal]]:
    """(place, price) of the swing highs (above) or lows, oldest first.

    A bar's extreme is a swing point when it goes beyond each of the `width` bars before it and is not passed by any of
    the `width` after it: of equal ones in a row the first counts. The last `width` bars are too young to be one.
    """
    sign = 1 if above else -1
    extremes = [sign * (bar.high if above else bar.low) for bar in bars]
    for place in range(width, len(bars) - width):
        here = extremes[place]
        if here > max(extremes[place - width : place]) and here >= max(extremes[place + 1 : place + width + 1]):
            yield place, sign * here


@exact
def protecting(
    bars: Sequence[Bar], *, side: PositionSide, entry: Decimal, width: int, nearest: Decimal, farthest: Decimal
) -> Decimal | None:
    """The nearest swing low below a LONG's entry, high above a SHORT's; between two distances (quote), else None."""
    points = (price for _, price in swing_points(bars, width=width, above=side is PositionSide.SHORT))
    distances = (side.sign * (entry - price) for price in points)
    fit = [distance for distance in distances if nearest <= distance < farthest]
    return entry - side.sign * min(fit) if fit else None


def swings(bars: Sequence[Bar], *, side: PositionSide, width: int) -> list[Swing]:
    """Moves in the side's direction, the latest first: a LONG's from a swing low up to the next swing high."""
    longs = side is PositionSide.LONG
    starts = list(swing_points(bars, width=width, above=not longs))
    ends = list(swing_points(bars, width=width, above=longs))
    found = (_swing(starts, place, price, side) for place, price in reversed(ends))
    return [swing for swing in found if swing is not None]


def _swing(starts: Iterable[tuple[int, Decimal]], place: int, end: Decimal, side: PositionSide) -> Swing | None:
    """The move to a swing point from the last opposite one before it."""
    start = max((point for point in starts if point[0] < place), default=None)
    return Swing(start[1], end) if start is not None and side.sign * (end - start[1]) > 0 else None


@exact
def extension(swing: Swing, ratio: Decimal) -> Decimal:
    """Where a move that goes on reaches so many times the swing, counted from its start, quote."""
    return swing.start + (swing.end - swing.start) * ratio
