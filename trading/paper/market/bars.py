"""Candles of every interval, built from the same trades that everybody sees."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from trading.paper.core import atoms

INTERVALS_MS = {
    "1s": 1_000,
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "1d": 86_400_000,
}

BASES = ("1s", "1m")
# Kept trade by trade; the longer intervals are added up from minutes when asked for.

KEEP_BARS = 20_000
# Per base: five and a half hours of seconds, two weeks of minutes.


@dataclass(slots=True)
class Bar:
    """One candle in atoms; start in Unix milliseconds."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote_volume: int = 0
    trades: int = 0
    buyer_volume: int = 0
    buyer_quote_volume: int = 0

    def add(self, *, price: int, qty: int, buyer_is_taker: bool) -> None:
        """Count one trade in."""
        notional = atoms.times(price, qty)
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += qty
        self.quote_volume += notional
        self.trades += 1
        if buyer_is_taker:
            self.buyer_volume += qty
            self.buyer_quote_volume += notional

    def on_ticks(self, tick: int) -> "Bar":
        """A copy with every price rounded down to a coarser tick."""
        open_, high, low, close = (price - price % tick for price in (self.open, self.high, self.low, self.close))
        return Bar(self.start_ms, open_, high, low, close, *self._counts())

    def at(self, start_ms: int) -> "Bar":
        """A copy that starts at another time."""
        return Bar(start_ms, self.open, self.high, self.low, self.close, *self._counts())

    def _counts(self) -> tuple[int, int, int, int, int]:
        return self.volume, self.quote_volume, self.trades, self.buyer_volume, self.buyer_quote_volume

    def join(self, later: "Bar") -> None:
        """Add a later candle to this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote_volume += later.quote_volume
        self.trades += later.trades
        self.buyer_volume += later.buyer_volume
        self.buyer_quote_volume += later.buyer_quote_volume


@dataclass(slots=True)
class Series:
    """The candles of one interval, oldest first; intervals without trades are filled in when read."""

    interval_ms: int
    starts: list[int] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def add(self, at_ms: int, *, price: int, qty: int, buyer_is_taker: bool) -> None:
        """Count one trade into its candle."""
        start = at_ms - at_ms % self.interval_ms
        if not self.starts or self.starts[-1] < start:
            self._open(start, price)
        self.bars[-1].add(price=price, qty=qty, buyer_is_taker=buyer_is_taker)

    def _open(self, start_ms: int, price: int) -> None:
        self.starts.append(start_ms)
        self.bars.append(Bar(start_ms, price, price, price, price))
        if len(self.starts) > 2 * KEEP_BARS:
            del self.starts[:KEEP_BARS], self.bars[:KEEP_BARS]

    def on_ticks(self, tick: int) -> "Series":
        """A copy with every price rounded down to a coarser tick."""
        return Series(self.interval_ms, list(self.starts), [bar.on_ticks(tick) for bar in self.bars])

    def read(self, *, first_ms: int, last_ms: int, most: int = KEEP_BARS) -> list[Bar]:
        """The first `most` candles that start within [first_ms, last_ms], without holes from the first trade on."""
        index = bisect_left(self.starts, first_ms)
        start = self._first_start(index, first_ms)
        found: list[Bar] = []
        while self.bars and start <= last_ms and len(found) < most:
            if index < len(self.starts) and self.starts[index] == start:
                found.append(self.bars[index])
                index += 1
            else:
                found.append(_flat(start, self.bars[index - 1].close))
            start += self.interval_ms
        return found

    def _first_start(self, index: int, first_ms: int) -> int:
        if index == 0 and self.starts:
            return self.starts[0]
        return -(-first_ms // self.interval_ms) * self.interval_ms


def _flat(start_ms: int, price: int) -> Bar:
    return Bar(start_ms, price, price, price, price)


def rolled_up(bars: Iterable[Bar], width_ms: int) -> list[Bar]:
    """Longer candles out of shorter ones without holes; a candle opens with its first trade."""
    found: list[Bar] = []
    for bar in bars:
        start = bar.start_ms - bar.start_ms % width_ms
        if not found or found[-1].start_ms < start:
            found.append(replace(bar, start_ms=start))
        elif bar.trades and not found[-1].trades:
            found[-1] = replace(bar, start_ms=start)
        elif bar.trades:
            found[-1].join(bar)
    return found


def series_of(bars: Iterable[Bar], interval_ms: int) -> Series:
    """A series made of shorter candles."""
    rolled = rolled_up(bars, interval_ms)
    return Series(interval_ms, [bar.start_ms for bar in rolled], rolled)
