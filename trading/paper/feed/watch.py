"""What the feed has to say about a market's bars: crosses, dips, shorts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from trading.paper.core import atoms
from trading.paper.core.orders import Side
from trading.paper.market.crosses import FAST, above, cross

LATE_BARS = 3
# A cross this many bars old is still worth an alert: the door may come up a little after the exchange.

DIP_BPS = 40
# A bar this far below the last buy, in an uptrend that goes on, is worth another buy.

MOST_BUYS = 4
# In one uptrend; the engine has a limit of its own.


@dataclass(frozen=True, slots=True)
class Bar:
    """A closed bar: its start and its close."""

    start_ms: int
    close: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; position is the market_position it asks for, empty where the action says enough."""

    symbol: str
    action: Side
    bar: Bar
    position: str = ""

    @property
    def id(self) -> str:
        """Unique per bar and action, the same however often it is sent."""
        return f"{self.symbol}-{self.bar.start_ms}-{self.action.lower()}"


class Judge(Protocol):
    """One way to trade: what to say about the bar at an index, if anything. It remembers what it has said."""

    def judge(self, closes: Sequence[int], index: int) -> tuple[str, Side, str] | None:
        """(symbol, action, market position) or None."""


@dataclass(slots=True)
class Spot:
    """Buys a cross upwards and sells the next one downwards; with pyramids it buys more in between."""

    symbol: str
    pyramids: bool = False
    _bought_at: list[int] = field(default_factory=list)

    def judge(self, closes: Sequence[int], index: int) -> tuple[str, Side, str] | None:
        """A sell only after a buy; further buys only while the uptrend lasts."""
        side = cross(closes, index)
        if side is Side.SELL and self._bought_at:
            self._bought_at.clear()
            return self.symbol, side, ""
        if (side is Side.BUY and not self._bought_at) or self._wants_more(closes, index):
            self._bought_at.append(closes[index])
            return self.symbol, Side.BUY, ""
        return None

    def _wants_more(self, closes: Sequence[int], index: int) -> bool:
        if not self.pyramids or not 0 < len(self._bought_at) < MOST_BUYS or not above(closes, index):
            return False
        return _dipped(closes[index], self._bought_at[-1]) or _recovered(closes, index)


def _dipped(price: int, last_buy: int) -> bool:
    return (last_buy - price) * 10_000 >= abs(last_buy) * DIP_BPS


def _recovered(closes: Sequence[int], index: int) -> bool:
    """The close has just risen through its own fast average."""
    return not _over_fast(closes, index - 1) and _over_fast(closes, index)


def _over_fast(closes: Sequence[int], index: int) -> bool:
    return closes[index] * FAST > sum(closes[index + 1 - FAST : index + 1])


@dataclass(slots=True)
class Perpetual:
    """Sells a cross downwards short, with pyramids more in between, and covers at the next one upwards."""

    symbol: str
    pyramids: bool = False
    _mirror: Spot = field(init=False)

    def __post_init__(self) -> None:
        self._mirror = Spot(self.symbol, self.pyramids)

    def judge(self, closes: Sequence[int], index: int) -> tuple[str, Side, str] | None:
        """What the other would do if falling were rising, the other way round; a cover only after a short."""
        found = self._mirror.judge([-close for close in closes], index)
        if found is None:
            return None
        short = found[1] is Side.BUY
        return (self.symbol, Side.SELL, "short") if short else (self.symbol, Side.BUY, "flat")


@dataclass(slots=True)
class Watch:
    """One market's progress: the last bar looked at; bars that began before `seen_ms` never count."""

    market: str
    judge: Judge
    seen_ms: int = 0

    def look(self, bars: list[Bar]) -> Iterator[Alert]:
        """Alerts of the bars not yet looked at, oldest first, at the price of now."""
        closes = [atoms.parse(bar.close) for bar in bars]
        for index in range(max(0, len(bars) - LATE_BARS - 1), len(bars)):
            if bars[index].start_ms <= self.seen_ms:
                continue
            self.seen_ms = bars[index].start_ms
            found = self.judge.judge(closes, index)
            if found is not None:
                symbol, action, position = found
                yield Alert(symbol, action, Bar(bars[index].start_ms, bars[-1].close), position)
