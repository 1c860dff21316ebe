"""Real candles for tests of statistics: the bundled month of three pairs, hourly."""

from functools import cache
from math import log
from pathlib import Path

from trading.paper.market.candles import load

FOLDER = Path(__file__).resolve().parents[2] / "trading" / "paper" / "data"
PAIRS = ("BTC", "ETH", "SOL")
AN_HOUR = 12
# Five-minute candles.


@cache
def closes(base: str, *, every: int = AN_HOUR) -> tuple[float, ...]:
    """Closes of longer candles, oldest first."""
    candles = load(FOLDER / f"{base}USDT-5m.xz").candles
    return tuple(float(candle.close) for candle in candles[every - 1 :: every])


@cache
def returns(base: str, *, every: int = AN_HOUR) -> tuple[float, ...]:
    """Log returns of longer candles, oldest first."""
    found = closes(base, every=every)
    return tuple(log(later / earlier) for earlier, later in zip(found, found[1:], strict=False))
