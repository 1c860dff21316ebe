"""Curves and bars as SVG points: the server draws, no script is needed. Pure; coordinates are text with one decimal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

WIDTH, HEIGHT = 720, 150  # the equity curve's box, units of its viewBox
FALL_HEIGHT = 54  # the drawdown below it
PAD = 6
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity and drawdown over the same time; points are for <polyline>, area for <polygon>."""

    line: str
    fall_line: str
    fall_area: str
    grid: tuple[tuple[str, Decimal], ...]
    low: Decimal
    high: Decimal
    deepest_pct: Decimal
    began: datetime
    ended: datetime
    width: int = WIDTH
    height: int = HEIGHT
    fall_height: int = FALL_HEIGHT


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a distribution or a breakdown; lengths are 0–100."""

    label: str
    length: str
    value: Decimal
    count: int
    is_loss: bool


def curve(times: Sequence[datetime], values: Sequence[Decimal], falls_pct: Sequence[Decimal]) -> Curve | None:
    """Two or more points as a curve; None where there is nothing to draw."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    deepest = max(falls_pct, default=ZERO)
    fall_points = _points(
        times, [-fall for fall in falls_pct], low=-max(deepest, Decimal(1)), high=ZERO, height=FALL_HEIGHT
    )
    area = f"0,{PAD} {fall_points} {WIDTH},{PAD}"
    marks = tuple((_y(mark, low, high, HEIGHT), mark) for mark in _marks(low, high))
    line = _points(times, values, low=low, high=high, height=HEIGHT)
    return Curve(line, fall_points, area, marks, low, high, deepest, times[0], times[-1])


def bars(rows: Sequence[tuple[str, Decimal, int]]) -> tuple[Bar, ...]:
    """Labelled values as bars, the longest 100; `count` groups stand behind each."""
    longest = max((abs(value) for _, value, _ in rows), default=ZERO)
    return tuple(Bar(label, _share(abs(value), longest), value, count, value < 0) for label, value, count in rows)


def _share(value: Decimal, longest: Decimal) -> str:
    return f"{value / longest * 100:.1f}" if longest else "0"


def _marks(low: Decimal, high: Decimal) -> tuple[Decimal, ...]:
    return (high, (low + high) / 2, low) if high > low else (low,)


def _points(times: Sequence[datetime], values: Sequence[Decimal], *, low: Decimal, high: Decimal, height: int) -> str:
    began, lasted = times[0], (times[-1] - times[0]).total_seconds() or 1
    places = [WIDTH * (at - began).total_seconds() / lasted for at in times]
    return " ".join(f"{x:.1f},{_y(value, low, high, height)}" for x, value in zip(places, values, strict=True))


def _y(value: Decimal, low: Decimal, high: Decimal, height: int) -> str:
    """From the top; a flat curve runs through the middle."""
    share = (high - value) / (high - low) if high > low else Decimal("0.5")
    return f"{PAD + share * (height - 2 * PAD):.1f}"
