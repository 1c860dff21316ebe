"""Candles of a desk's pair, drawn by hand and stored as if a sweep had fetched them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from signals.market import candles
from signals.market.bars import Bar, opening
from signals.models import Instrument
from signals.timeframes import HOUR
from tests.support.factories import Desk
from tests.trading.domain.charts import bars, wave

D = Decimal


def store(desk: Desk, chart: Sequence[Bar], *, symbol: str = "BTCUSDT", late_bars: int = 0) -> None:
    """The chart's bars, the last one closed just now, or so many bars ago."""
    now, venue = opening(timezone.now(), HOUR) - timedelta(hours=late_bars), desk.account.venue
    shift = now - chart[-1].opened_at - (chart[1].opened_at - chart[0].opened_at)
    moved = [Bar(b.opened_at + shift, b.open, b.high, b.low, b.close, b.volume) for b in chart]
    pk = Instrument.objects.get(venue=venue, environment=desk.account.environment, venue_symbol=symbol).pk
    candles.write(pk, HOUR, moved)


def steady(true_range: int, *, at: int = 60000, count: int = 150) -> list[Bar]:
    """Bars that all have the same true range, which is then the ATR."""
    half = D(true_range) / 2
    return bars([(at + half, at - half, at)] * count)


def valley(*, low: int, high: int, now: int = 60000) -> list[Bar]:
    """A swing from a low up to a high, half-way back, and up to now: 26 bars."""
    return wave(now, (now + low) // 2, low, high, (low + high) // 2, now, spread=2)
