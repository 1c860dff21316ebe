"""The public record of one instrument: recent trades, candles, the rolling day."""

from collections import deque
from dataclasses import dataclass, field

from trading.paper.core import atoms
from trading.paper.market.bars import INTERVALS_MS, Bar, Series

KEEP_TRADES = 5_000
# What the trades endpoints can reach back to.

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Trade:
    """One public trade in atoms."""

    id: int
    at_ms: int
    price: int
    qty: int
    buyer_is_taker: bool


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


def _all_series() -> dict[str, Series]:
    return {name: Series(interval_ms) for name, interval_ms in INTERVALS_MS.items()}


@dataclass(slots=True)
class Tape:
    """Everything public about one instrument."""

    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=KEEP_TRADES))
    series: dict[str, Series] = field(default_factory=_all_series)

    def add(self, trade: Trade) -> None:
        """Record a trade."""
        self.trades.append(trade)
        for series in self.series.values():
            series.add(trade.at_ms, price=trade.price, qty=trade.qty, buyer_is_taker=trade.buyer_is_taker)

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
