"""`python -m trading.paper.data.window`: where the demo's replay should begin, found by simulation.

For every possible first candle it plays the very trades of the replay, finds the feed's crosses, and asks: do all
pairs give a buy within `BUY_BARS`, is an order at the alert's price filled soon, and is there a gain or a sell
within `TRADE_BARS` after it? At speed 60 a bar takes five wall seconds. Prints the best windows, best first.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trading.paper.core.orders import Side
from trading.paper.market.candles import CANDLE_SECS, History, load
from trading.paper.market.crosses import SLOW, cross
from trading.paper.market.replay import Replay, timeline
from trading.paper.server.market import BUNDLES, START

SPEED = 60
BUY_BARS = 6
TRADE_BARS = 9
FILL_BARS = 2
GAIN_PCT = 1.2


@dataclass(frozen=True, slots=True)
class Trade:
    """One pair's first trade in a window; bars count from the window's start."""

    symbol: str
    buy_bar: int
    fill_bar: int | None
    gain_pct: float
    dip_pct: float
    sell_bar: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """A candidate start and what each pair does there."""

    start: int
    trades: tuple[Trade, ...]

    @property
    def score(self) -> float:
        """Gains count most, then sells, then an early end of the whole show."""
        gains = sum(trade.gain_pct >= GAIN_PCT for trade in self.trades)
        sells = sum(trade.sell_bar is not None for trade in self.trades)
        return gains * 2 + sells - max(trade.buy_bar for trade in self.trades) / 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A symbol's bars as the replay prints them: closes, highs and lows in atoms, and the crosses."""

    symbol: str
    closes: Sequence[int]
    highs: Sequence[int]
    lows: Sequence[int]
    crosses: Sequence[Side | None]


def pair(history: History, seed: int) -> Pair:
    """Play a symbol's whole history."""
    replay = Replay(history=history, timeline=timeline(now_ms=0, step=0, speed=SPEED), seed=seed)
    paths = [[one.price for one in replay.prints(step)] for step in range(len(history.candles))]
    closes = [path[-1] for path in paths]
    return Pair(
        symbol=history.symbol,
        closes=closes,
        highs=[max(path) for path in paths],
        lows=[min(path) for path in paths],
        crosses=[cross(closes, index) for index in range(len(closes))],
    )


def first_trade(one: Pair, start: int) -> Trade | None:
    """The pair's first buy in the window and what follows, or None without a timely buy."""
    buys = (bar for bar in range(BUY_BARS) if one.crosses[start + bar] is Side.BUY)
    buy = next(buys, None)
    if buy is None:
        return None
    price = one.closes[start + buy]
    after = range(start + buy + 1, start + buy + 1 + TRADE_BARS)
    fills = (bar for bar in after[:FILL_BARS] if one.lows[bar] < price)
    sells = (bar for bar in after if one.crosses[bar] is Side.SELL)
    return Trade(
        symbol=one.symbol,
        buy_bar=buy,
        fill_bar=_since(start, next(fills, None)),
        gain_pct=100 * (max(one.highs[bar] for bar in after) / price - 1),
        dip_pct=100 * (min(one.lows[bar] for bar in after) / price - 1),
        sell_bar=_since(start, next(sells, None)),
    )


def _since(start: int, bar: int | None) -> int | None:
    return None if bar is None else bar - start


def windows(pairs: Sequence[Pair]) -> Iterator[Window]:
    """Every start at which all pairs buy and fill, and at least one gains or sells."""
    for start in range(SLOW, len(pairs[0].closes) - BUY_BARS - TRADE_BARS - 1):
        trades = [first_trade(one, start) for one in pairs]
        good = [trade for trade in trades if trade is not None and trade.fill_bar is not None]
        window = Window(start=start, trades=tuple(good))
        if len(good) == len(pairs) and window.score > 0:
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
    for trade in window.trades:
        print(  # noqa: T201
            f"  {trade.symbol}: buy at bar {trade.buy_bar}, filled in bar {trade.fill_bar}, "
            f"gain {trade.gain_pct:.2f} %, dip {trade.dip_pct:.2f} %, sell at bar {trade.sell_bar}"
        )


if __name__ == "__main__":
    main()
