"""What is known of an account's markets, places and breakers: rows into frozen facts, two or three queries a batch.

What belongs to a venue's markets is kept for some seconds in each process, as instruments are.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from project.accounts.models import ExchangeAccount
from project.reads import Question, Read
from risk import breakers
from risk.domain import capital_tiers
from risk.domain.breaker import stops
from risk.domain.capital_tiers import Tier, TierName
from risk.domain.dependence import Dependence as Correlations
from risk.domain.dependence import pair
from risk.domain.garch import over
from risk.domain.portfolio import Holdings, MarketRisk, Places
from risk.domain.precision import exact
from risk.domain.value_at_risk import LEAST_NU
from risk.domain.volatility_target import TARGET_ANNUAL
from risk.models import BookDepth, Dependence, GarchFit, RiskState
from risk.volatility import model_of, yearly
from signals.timeframes import DAY, HOUR

KEPT = timedelta(seconds=10)
STALE_AFTER = 3
# Candles: a volatility that has missed so many is not known any more.
DEPTH_KEPT = timedelta(hours=1)
ZERO = Decimal(0)

OF_ONE_TRADER = Read(
    lambda user_id, environment: RiskState.objects.filter(
        account__user_id=user_id, account__environment=environment
    ).values_list("account_id", "account__venue", "account__armed", "equity", "capital_tier")
)


@dataclass(frozen=True, slots=True)
class Markets:
    """A venue's markets as far as they are known."""

    by_symbol: Mapping[str, MarketRisk]
    dependence: Correlations


_cache: dict[tuple[str, str], tuple[datetime, Markets]] = {}
_lock = threading.Lock()


def known(
    account: ExchangeAccount,
    *,
    equity: Decimal,
    elsewhere: Mapping[str, Decimal],
    sectors: Mapping[str, str],
    tiered: bool,
    now: datetime,
) -> Holdings:
    """Everything of an account's portfolio but what it holds. elsewhere: what the trader's other accounts hold, by venue."""
    here = markets(account.venue, account.environment, now=now)
    return Holdings(
        exposures=(),
        markets=here.by_symbol,
        dependence=here.dependence,
        sectors=sectors,
        places=places(account, equity=equity, held_here=elsewhere.get(account.venue, ZERO), tiered=tiered),
        breaker=stops(breakers.views(), component=breakers.of_account(account), at=now),
    )


def markets(venue: str, environment: str, *, now: datetime) -> Markets:
    """What is known of a venue's markets, at most 10 s old."""
    key = (venue, environment)
    with _lock:
        if not _is_fresh(_cache.get(key), now):
            _cache[key] = (now, _load(venue, environment, now))
        return _cache[key][1]


DEPTHS = Read(
    lambda venue, environment, since: BookDepth.objects.filter(
        instrument__venue=venue, instrument__environment=environment, at__gte=since
    ).values_list("instrument_id", "quote")
)
FITS = Read(
    lambda venue, environment: GarchFit.objects.filter(
        instrument__venue=venue, instrument__environment=environment
    ).select_related("instrument")
)
DEPENDENCE = Read(lambda venue, environment: Dependence.objects.filter(venue=venue, environment=environment))


def questions(venue: str, environment: str, *, now: datetime) -> tuple[Question, ...]:
    """What markets() is going to ask; nothing while it remembers."""
    here = {"venue": venue, "environment": environment}
    if _is_fresh(_cache.get((venue, environment)), now):
        return ()
    return DEPTHS.of(**here, since=now - DEPTH_KEPT), FITS.of(**here), DEPENDENCE.of(**here)


def _is_fresh(kept: tuple[datetime, Markets] | None, now: datetime) -> bool:
    return kept is not None and timedelta(0) <= now - kept[0] <= KEPT and bool(kept[1].by_symbol)


def forget() -> None:
    """Drop what is cached: after a sweep in this process, and between tests."""
    with _lock:
        _cache.clear()


def _load(venue: str, environment: str, now: datetime) -> Markets:
    here = {"venue": venue, "environment": environment}
    depths = dict(DEPTHS(**here, since=now - DEPTH_KEPT))
    fits: dict[int, dict[int, GarchFit]] = {}
    for row in FITS(**here):
        if _fresh(row, now):
            fits.setdefault(row.instrument_id, {})[row.timeframe_secs] = row
    known = [market_risk(rows, depths.get(pk)) for pk, rows in fits.items()]
    return Markets({market.symbol: market for market in known}, _correlations(venue, environment))


def _fresh(row: GarchFit, now: datetime) -> bool:
    """The candle after the last that was counted has not been over for long."""
    return now - row.candle_at <= timedelta(seconds=row.timeframe_secs) * (STALE_AFTER + 1)


def _correlations(venue: str, environment: str) -> Correlations:
    row = DEPENDENCE.first(venue=venue, environment=environment)
    return Correlations({pair(one, other): float(rho) for one, other, rho in row.rho} if row else {})


@exact
def market_risk(rows: Mapping[int, GarchFit], depth: Decimal | None) -> MarketRisk:
    """One market by its fits: the day from daily candles, or from hourly ones while those are too few."""
    daily, hourly = rows.get(DAY), rows.get(HOUR)
    best = daily or hourly
    if best is None:
        raise ValueError("a market needs a fit")
    day = over(model_of(best), best.variance, DAY // best.timeframe_secs) * best.correction
    return MarketRisk(
        symbol=best.instrument.symbol,
        variance_day=day,
        variance_hour=hourly.variance * hourly.correction if hourly else day * HOUR / DAY,
        nu=max(best.nu, LEAST_NU),
        ratio=(best.variance / best.usual) ** 0.5 if best.usual > 0 else None,
        vol_annual=round(Decimal(yearly(day, DAY)), 6),
        depth=depth,
        scale=round(Decimal(best.target_scale), 6),
        source=f"{best.method}, {'daily' if daily else 'hourly'} candles",
    )


# places ------------------------------------------------------------------------------------------


def places(account: ExchangeAccount, *, equity: Decimal, held_here: Decimal, tiered: bool) -> Places | None:
    """The trader's accounts of the same environment together; None where tiers are off and there is one venue only."""
    rows = OF_ONE_TRADER(user_id=account.user_id, environment=account.environment)
    apart = [row for row in rows if row[0] != account.pk and row[2]]
    total = equity + sum((row[3] for row in apart), ZERO)
    venues = len({account.venue, *(row[1] for row in apart)})
    if venues == 1 and not tiered:
        return None
    kept = next((row[4] for row in rows if row[0] == account.pk), "")
    return Places(venues, total, held_here, _tier(total, kept) if tiered else capital_tiers.TIERS[-1])


def _tier(equity: Decimal, kept: str) -> Tier:
    return capital_tiers.tier_of(equity, previous=TierName(kept) if kept else None)


def keep_tier(row: RiskState) -> TierName:
    """The tier that a state's account has now, with what it remembers; for the caller to save."""
    whole = RiskState.objects.filter(
        account__user__accounts=row.account_id, account__environment=row.account.environment, account__armed=True
    ).exclude(account=row.account_id)
    total = row.equity + (whole.aggregate(sum=Sum("equity"))["sum"] or ZERO)
    row.capital_tier = _tier(total, row.capital_tier).name
    return TierName(row.capital_tier)


def target_scale(market: MarketRisk | None, *, target_pct: Decimal) -> Decimal | None:
    """How much of its size a position gets for the wanted swing, at most all of it; None where that is not known."""
    if market is None or market.scale is None:
        return None
    return min(market.scale * target_pct / 100 / TARGET_ANNUAL, Decimal(1))
