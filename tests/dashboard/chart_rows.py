"""Candles, a book and trades of a pair, as the venue would have told them: the same in every run."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import cos, sin

from signals.market import candles
from signals.market.bars import Bar, opening
from signals.models import Instrument
from trading.domain.vocabulary import Side
from trading.gateways.base import TradeReport
from trading.services.chart_feed import Feed, Held

D = Decimal
CENT = D("0.01")


def bars(*, now: datetime, timeframe_secs: int, count: int = 300, around: int = 61_000) -> list[Bar]:
    """Bars that swing around a price, the last of them growing now."""
    width, last = timedelta(seconds=timeframe_secs), opening(now, timeframe_secs)
    closes = [D(around + 500 * sin(n / 17) + 120 * cos(n / 3) + n).quantize(CENT) for n in range(count + 1)]
    return [
        Bar(
            opened_at=last - (count - 1 - n) * width,
            open=closes[n],
            high=max(closes[n], closes[n + 1]) + 40,
            low=min(closes[n], closes[n + 1]) - 35,
            close=closes[n + 1],
            volume=D(5 + n % 7),
        )
        for n in range(count)
    ]


def store(market: Instrument, timeframe_secs: int, *, now: datetime) -> list[Bar]:
    """Finished bars of a market in rows."""
    made = bars(now=now, timeframe_secs=timeframe_secs)[:-1]
    candles.write(market.pk, timeframe_secs, made)
    return made


def feed(made: Sequence[Bar], *, now: datetime, trouble: str = "") -> Feed:
    """What the venue says beside these bars."""
    price = made[-1].close
    steps = range(1, 31)
    return Feed(
        asked_at=now,
        bars_at=now,
        bars=tuple(made),
        bids=tuple((price - n, D(n) / 10) for n in steps),
        asks=tuple((price + n, D(n) / 8) for n in steps),
        trades=tuple(
            TradeReport(now - timedelta(seconds=30 - n), Side.BUY if n % 3 else Side.SELL, price + n, D(n) / 100)
            for n in steps
        ),
        held=(Held("LONG", D("0.004"), price - 1_500),),
        trouble=trouble,
    )
