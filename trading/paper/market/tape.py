"""The public record of one instrument: recent trades, candles, the rolling day."""

from collections import deque
from dataclasses import dataclass, field

from trading.paper.core import atoms
from trading.paper.market.bars import BASES, INTERVALS_MS, KEEP_BARS, Bar, Series, rolled_up, series_of

KEEP_TRADES = 5_000
# What the trades endpoints can reach back to.

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
# What lies before the first trade is kept by the hour: candles of an hour and longer reach back further.


@dataclass(frozen=True, slots=True)
class Trade:
    """One public trade in atoms."""

    id: int
    at_ms: int
    price: int
    qty: int
    buyer_is_taker: bool

    def moved(self, *, by_ms: int = 0, tick: int = 1) -> "Trade":
        """The same at another time, its price rounded down to a tick."""
        price = self.price - self.price % tick
        return Trade(self.id, self.at_ms + by_ms, price, self.qty, self.buyer_is_taker)


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours, atoms; zeros where nothing has traded."""

    open: int = 0
    high: int = 0
    low: int = 0
    last: int = 0
    last_qty: int = 0
    volume: int = 0
    quote_volume: int = 0
    trades: int = 0
    first_id: int = -1
    last_id: int = -1

    @property
    def change_pct(self) -> int:
        """Price change in percent, atoms."""
        return (self.last - self.open) * 100 * atoms.SCALE // self.open if self.open else 0

    @property
    def average(self) -> int:
        """Volume-weighted average price, atoms."""
        return self.quote_volume * atoms.SCALE // self.volume if self.volume else self.last


def _base_series() -> dict[str, Series]:
    return {name: Series(INTERVALS_MS[name]) for name in BASES}


@dataclass(slots=True)
class Tape:
    """Everything public about one instrument."""

    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=KEEP_TRADES))
    series: dict[str, Series] = field(default_factory=_base_series)
    elder: Series = field(default_factory=lambda: Series(HOUR_MS))

    def add(self, trade: Trade) -> None:
        """Record a trade."""
        self.trades.append(trade)
        for series in self.series.values():
            series.add(trade.at_ms, price=trade.price, qty=trade.qty, buyer_is_taker=trade.buyer_is_taker)

    def move(self, *, end_ms: int, by_ms: int) -> None:
        """Shift what was traded before end_ms by whole seconds, and forget the rest."""
        kept = [one.moved(by_ms=by_ms) for one in self.trades if one.at_ms < end_ms]
        self.trades = deque(kept, maxlen=KEEP_TRADES)
        seconds = [bar for bar in self.series["1s"].bars if bar.start_ms < end_ms]
        moved = [bar.at(bar.start_ms + by_ms) for bar in seconds]
        self.series = {name: series_of(moved, INTERVALS_MS[name]) for name in BASES}

    def on_ticks(self, tick: int) -> "Tape":
        """A copy with every price rounded down to a coarser tick."""
        trades = (one.moved(tick=tick) for one in self.trades)
        series = {name: kept.on_ticks(tick) for name, kept in self.series.items()}
        return Tape(deque(trades, maxlen=KEEP_TRADES), series, self.elder.on_ticks(tick))

    def bars(self, interval: str, *, first_ms: int, last_ms: int, most: int = KEEP_BARS) -> list[Bar]:
        """The first `most` candles of an interval that start within [first_ms, last_ms], without holes."""
        if interval in self.series:
            return self.series[interval].read(first_ms=first_ms, last_ms=last_ms, most=most)
        width = INTERVALS_MS[interval]
        start = -(-first_ms // width) * width
        end = min(last_ms - last_ms % width, max(start, self._first_ms(width)) + (most - 1) * width) + width - 1
        return rolled_up([*self._elder(width, start, end), *self.series["1m"].read(first_ms=start, last_ms=end)], width)

    def _elder(self, width: int, first_ms: int, last_ms: int) -> list[Bar]:
        """Hours before the first trade; nothing of them for candles that are shorter than an hour."""
        long = width % HOUR_MS == 0
        return [bar for bar in self.elder.bars if first_ms <= bar.start_ms <= last_ms] if long else []

    def _first_ms(self, width: int) -> int:
        starts = (self.elder.starts if width % HOUR_MS == 0 else []) or self.series["1m"].starts
        return starts[0] - starts[0] % width if starts else 0

    def day(self, *, now_ms: int) -> Day:
        """The rolling day, in steps of a minute."""
        bars = self.series["1m"].read(first_ms=now_ms - DAY_MS, last_ms=now_ms)
        return _day(bars, self.trades[-1]) if bars and self.trades else Day()


def _day(bars: list[Bar], last: Trade) -> Day:
    count = sum(bar.trades for bar in bars)
    return Day(
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        last=last.price,
        last_qty=last.qty,
        volume=sum(bar.volume for bar in bars),
        quote_volume=sum(bar.quote_volume for bar in bars),
        trades=count,
        first_id=max(0, last.id - count + 1),
        last_id=last.id,
    )
