"""`python -m trading.paper.data.window`: where the demo's replay should begin, found by simulation.

For every possible first candle it plays the very trades of the replay, finds the feed's crosses, and asks what the
engine would see, counted from the held replay's start: do all pairs give a buy in time, does the price stay close
after it, is an order at the alert's price filled soon, and does a group close in time, by its target or by a sell?
At speed 60 a bar takes five seconds and holds twenty trades. Prints the best windows, best first.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.paper.core.orders import Side
from trading.paper.market.candles import CANDLE_SECS, History, load
from trading.paper.market.crosses import SLOW, cross
from trading.paper.market.replay import TRADES_A_SEC, Replay, timeline
from trading.paper.server.market import BUNDLES, START

SPEED = 60
BAR_SECS = CANDLE_SECS // SPEED
BAR_TRADES = BAR_SECS * TRADES_A_SEC

BUY_BARS = 3
# All pairs buy within so many bars of the start.

ALERT_SECS = 0.5
# From a bar's end until its alert is at the door.

ORDER_SECS = 1.5
# From a bar's end until the engine's order is in the book.

GUARD_SECS = 5
RUN_PCT = 0.3
# After a buy the price must not rise further than this in that time: the engine's guard refuses at 0.5, and a busy
# machine takes its time.

FILL_SECS = 8
# An order at the alert's price is filled within this time.

TARGET_PCT = 1.0
CLOSE_SECS = 38
# The first group closes before this many seconds have passed since the start.

WATCHED_BARS = 14


@dataclass(frozen=True, slots=True)
class Trade:
    """One pair's first trade in a window; seconds since the window's start, None where it did not happen."""

    symbol: str
    buy_secs: float
    run_pct: float
    fill_secs: float | None
    target_secs: float | None
    sell_secs: float | None
    dip_pct: float

    @property
    def close_secs(self) -> float:
        """When the group closes: at its target or by a sell."""
        ends = [secs for secs in (self.target_secs, self.sell_secs) if secs is not None]
        return min(ends, default=float("inf"))

    @property
    def good(self) -> bool:
        """The guard lets it in, and it fills."""
        return self.run_pct <= RUN_PCT and self.fill_secs is not None


@dataclass(frozen=True, slots=True)
class Window:
    """A candidate start and what each pair does there."""

    start: int
    trades: tuple[Trade, ...]

    @property
    def closes(self) -> list[float]:
        """When each group closes, the earliest first."""
        return sorted(trade.close_secs for trade in self.trades)

    @property
    def score(self) -> float:
        """Targets count most, then closes in time, then an early first close and early buys."""
        targets = sum(trade.target_secs is not None for trade in self.trades)
        in_time = sum(secs <= CLOSE_SECS for secs in self.closes)
        return 2 * targets + in_time - self.closes[0] / 10 - max(trade.buy_secs for trade in self.trades) / 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A symbol's prices trade by trade, and the crosses of its bars."""

    symbol: str
    prices: Sequence[int]
    crosses: Sequence[Side | None]

    def within(self, since: float, until: float) -> Sequence[int]:
        """The prices of the trades within a span, in seconds since the first candle."""
        return self.prices[int(since * TRADES_A_SEC) : int(until * TRADES_A_SEC)]


def pair(history: History, seed: int) -> Pair:
    """Play a symbol's whole history."""
    replay = Replay(history=history, timeline=timeline(now_ms=0, step=0, speed=SPEED), seed=seed)
    prices = [one.price for step in range(len(history.candles)) for one in replay.prints(step)]
    closes = prices[BAR_TRADES - 1 :: BAR_TRADES]
    return Pair(history.symbol, prices, [cross(closes, index) for index in range(len(closes))])


def first_trade(one: Pair, start: int) -> Trade | None:
    """The pair's first buy in the window and what follows, or None without a timely buy."""
    buys = (bar for bar in range(start, start + BUY_BARS) if one.crosses[bar] is Side.BUY)
    buy = next(buys, None)
    return None if buy is None else _after(one, start * BAR_SECS, buy)


def _after(one: Pair, begin: int, buy: int) -> Trade:
    cut, last = (buy + 1) * BAR_SECS, begin + WATCHED_BARS * BAR_SECS
    price = one.prices[cut * TRADES_A_SEC - 1]
    filled = _first(one, cut + ORDER_SECS, cut + FILL_SECS, below=price)
    target = int(price * (1 + TARGET_PCT / 100))
    sell = next((bar for bar in range(buy + 1, last // BAR_SECS) if one.crosses[bar] is Side.SELL), None)
    return Trade(
        symbol=one.symbol,
        buy_secs=cut + ALERT_SECS - begin,
        run_pct=_pct(max(one.within(cut, cut + GUARD_SECS)), price),
        fill_secs=None if filled is None else filled - begin,
        target_secs=_since(begin, None if filled is None else _first(one, filled + ORDER_SECS, last, above=target)),
        sell_secs=None if sell is None else (sell + 1) * BAR_SECS + ORDER_SECS - begin,
        dip_pct=_pct(min(one.within(cut, last)), price),
    )


def _pct(price: int, base: int) -> float:
    return 100 * (price / base - 1)


def _since(begin: int, secs: float | None) -> float | None:
    return None if secs is None else secs - begin


def _first(one: Pair, since: float, until: float, *, below: int = 0, above: int = 0) -> float | None:
    found = (
        index for index, price in enumerate(one.within(since, until)) if price < below or (above and price > above)
    )
    index = next(found, None)
    return None if index is None else since + index / TRADES_A_SEC


def windows(pairs: Sequence[Pair]) -> Iterator[Window]:
    """Every start at which all pairs buy, fill and stay close, and at least one group closes in time."""
    for start in range(SLOW, len(pairs[0].crosses) - WATCHED_BARS - 1):
        found = (first_trade(one, start) for one in pairs)
        window = Window(start, tuple(trade for trade in found if trade is not None and trade.good))
        if len(window.trades) == len(pairs) and window.closes[0] <= CLOSE_SECS:
            yield window


def main() -> None:
    """Search and print."""
    parser = argparse.ArgumentParser(prog="python -m trading.paper.data.window", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the replay's --seed (%(default)s)")
    parser.add_argument("--best", type=int, default=10, help="how many to print (%(default)s)")
    given = parser.parse_args()
    histories = [load(path) for path in BUNDLES.values()]
    pairs = [pair(history, given.seed) for history in histories]
    ranked = sorted(windows(pairs), key=lambda window: -window.score)
    chosen = [window for window in ranked if window.start == START]
    for window in chosen + ranked[: given.best]:
        _show(window, histories[0].start)


def _show(window: Window, begin: str) -> None:
    when = datetime.fromisoformat(begin) + timedelta(seconds=CANDLE_SECS * window.start)
    print(f"{window.start} {when:%Y-%m-%d %H:%M} score {window.score:.1f}{' (chosen)' * (window.start == START)}")  # noqa: T201
    for one in window.trades:
        print(  # noqa: T201
            f"  {one.symbol}: buy {one.buy_secs:.1f} s, run {one.run_pct:.2f} %, filled {one.fill_secs}, "
            f"target {one.target_secs}, sell {one.sell_secs}, deepest dip {one.dip_pct:.2f} %"
        )


if __name__ == "__main__":
    main()
