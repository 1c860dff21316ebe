"""Volatility, depth and correlation of a desk's markets, as if their candles had been followed: for tests of other things."""

from datetime import datetime
from itertools import combinations

from django.utils import timezone

from risk import portfolio
from risk.models import BookDepth, Dependence, GarchFit
from signals.models import Instrument
from signals.timeframes import DAY, HOUR

DAILY = 0.03
# Of a day, ratio: some 57 % a year.
HOURLY = DAILY / 24**0.5
DEPTH = 10_000_000
RHO = 0.5


def know_markets(*symbols: str) -> None:
    """Rows for every instrument there is, or for some: a calm market, deep books, correlations of 0.5."""
    now, chosen = timezone.now(), {"symbol__in": symbols} if symbols else {}
    rows = list(Instrument.objects.filter(**chosen))
    GarchFit.objects.bulk_create(
        (_fit(row, secs, sigma, now) for row in rows for secs, sigma in ((DAY, DAILY), (HOUR, HOURLY))),
        ignore_conflicts=True,
    )
    BookDepth.objects.bulk_create(
        (BookDepth(instrument=row, quote=DEPTH, at=now) for row in rows), ignore_conflicts=True
    )
    for venue, environment in {(row.venue, row.environment) for row in rows}:
        names = sorted(row.symbol for row in rows if (row.venue, row.environment) == (venue, environment))[:20]
        rho = [[one, other, RHO] for one, other in combinations(names, 2)]
        Dependence.objects.update_or_create(
            venue=venue, environment=environment, defaults={"rho": rho, "method": "DCC", "at": now}
        )
    portfolio.forget()


def _fit(row: Instrument, secs: int, sigma: float, now: datetime) -> GarchFit:
    shape = {"omega": 0.05 * sigma**2, "alpha": 0.1, "beta": 0.85, "nu": 5.0, "variance": sigma**2, "usual": sigma**2}
    scale = 0.15 / (sigma * (365 * DAY / secs) ** 0.5)
    return GarchFit(
        instrument=row,
        timeframe_secs=secs,
        method="GARCH",
        count=400,
        candle_at=now,
        close=1.0,
        fitted_at=now,
        target_scale=scale,
        **shape,
    )
