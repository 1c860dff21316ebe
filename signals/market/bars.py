"""Finished candles: which are wanted, which are missing, and how what a venue answers fits in. Pure; time is an argument."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from signals.timeframes import DAY, HOUR

WANTED: Mapping[int, int] = MappingProxyType({DAY: 400, HOUR: 1000})
# How many finished bars of each timeframe (seconds) are kept of a traded pair: a year and what a fit warms up on.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle: prices in quote, volume in base (contracts on futures)."""

    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """So many bars in a row, the first of which opens at `first`."""

    first: datetime
    count: int
    timeframe_secs: int

    @property
    def width(self) -> timedelta:
        """Of one bar."""
        return timedelta(seconds=self.timeframe_secs)

    @property
    def end(self) -> datetime:
        """When the last of them closes."""
        return self.first + self.count * self.width

    def openings(self) -> Iterator[datetime]:
        """When each of them opens."""
        return (self.first + place * self.width for place in range(self.count))


def opening(at: datetime, timeframe_secs: int) -> datetime:
    """When the bar that holds a moment opened: bars are counted from 1970, as venues do."""
    width = timedelta(seconds=timeframe_secs)
    return at - (at - EPOCH) % width


def window(timeframe_secs: int, *, now: datetime, count: int) -> Span:
    """The last `count` finished bars."""
    end = opening(now, timeframe_secs)
    return Span(end - timedelta(seconds=timeframe_secs) * count, count, timeframe_secs)


def missing(held: Collection[datetime], wanted: Span, *, begins: datetime | None = None) -> list[Span]:
    """What is not there of a span, oldest first; `begins`: the venue has nothing older."""
    known, found = frozenset(held), list[Span]()
    for opened in wanted.openings():
        if opened in known or (begins is not None and opened < begins):
            continue
        if found and found[-1].end == opened:
            found[-1] = Span(found[-1].first, found[-1].count + 1, wanted.timeframe_secs)
        else:
            found.append(Span(opened, 1, wanted.timeframe_secs))
    return found


def finished(bars: Sequence[Bar], asked: Span) -> list[Bar]:
    """The answer to a span, oldest first, each bar once, without the one that is still growing."""
    within = {bar.opened_at: bar for bar in bars if asked.first <= bar.opened_at < asked.end}
    aligned = (bar for at, bar in sorted(within.items()) if at == opening(at, asked.timeframe_secs))
    return _without_holes(list(aligned), asked.width)


def _without_holes(bars: Sequence[Bar], width: timedelta) -> list[Bar]:
    """Some venues send no bar where nothing was traded; it is written flat, at the last close, as others do."""
    found: list[Bar] = []
    for bar in bars:
        while found and found[-1].opened_at + width < bar.opened_at:
            found.append(flat(found[-1].opened_at + width, found[-1].close))
        found.append(bar)
    return found


def flat(opened_at: datetime, price: Decimal) -> Bar:
    """A bar in which nothing happened."""
    return Bar(opened_at, price, price, price, price, Decimal(0))


def sane(bar: Bar) -> bool:
    """Whether a bar can be one: prices above 0, high and low around open and close, no negative volume."""
    body = (bar.open, bar.close)
    return 0 < bar.low <= min(body) and max(body) <= bar.high and bar.volume >= 0
