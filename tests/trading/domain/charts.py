"""Charts for tests: the bundled five-minute candles by the hour, and bars drawn by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from signals.market.bars import Bar
from signals.timeframes import HOUR
from tests.trading.domain.build import NOON
from trading.paper.market.candles import load
from trading.paper.market.instruments import FOLDER

D = Decimal
IN_AN_HOUR = 12
ATOM = D("1E-8")


@cache
def hours(symbol: str) -> tuple[Bar, ...]:
    """A month of real hours, oldest first."""
    history = load(FOLDER / f"{symbol}-5m.xz")
    rows = [history.candles[n : n + IN_AN_HOUR] for n in range(0, len(history.candles), IN_AN_HOUR)]
    begins = datetime.fromisoformat(history.start)
    return tuple(
        Bar(
            begins + timedelta(hours=n),
            row[0].open * ATOM,
            max(candle.high for candle in row) * ATOM,
            min(candle.low for candle in row) * ATOM,
            row[-1].close * ATOM,
            sum(candle.volume for candle in row) * ATOM,
        )
        for n, row in enumerate(rows)
    )


def bars(rows: Sequence[tuple[object, object, object]], *, secs: int = HOUR, ends: datetime = NOON) -> list[Bar]:
    """(high, low, close) in a row, the last closing at `ends`; each opens where the one before closed."""
    width, closes = timedelta(seconds=secs), [row[2] for row in rows]
    opens = [closes[0], *closes[:-1]]
    return [
        Bar(ends - width * (len(rows) - n), D(str(first)), D(str(high)), D(str(low)), D(str(close)), D(1))
        for n, (first, (high, low, close)) in enumerate(zip(opens, rows, strict=True))
    ]


def wave(*turns: object, steps: int = 5, spread: object = "0.5") -> list[Bar]:
    """Bars along straight lines from turn to turn, each a spread above and below its middle."""
    points = [D(str(turn)) for turn in turns]
    pairs = list(zip(points[:-1], points[1:], strict=True))
    middles = [a + (b - a) * step / steps for a, b in pairs for step in range(steps)] + points[-1:]
    half = D(str(spread))
    return bars([(middle + half, middle - half, middle) for middle in middles])
