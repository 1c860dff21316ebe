"""What surrounds a plan: exposures, volatility and correlation of all that is held, as the portfolio checks need it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from risk.domain.breaker import BreakerView
from risk.domain.capital_tiers import Tier
from risk.domain.dependence import Dependence
from risk.domain.heat import ONE, ZERO
from risk.domain.precision import exact
from risk.domain.regime import DynamicLimits, dynamic
from risk.domain.sectors import SectorMap, sector_of
from risk.domain.value_at_risk import Stake, covariance_with, heaviest, portfolio_variance


@dataclass(frozen=True, slots=True)
class MarketRisk:
    """What is known of one market: variances of a day and an hour to come, tails, depth near the price; None = not known.

    ratio: volatility now ÷ over its record. scale: followed 15 % a year ÷ volatility. source: where the day comes from.
    """

    symbol: str
    variance_day: float | None = None
    variance_hour: float | None = None
    nu: float = 4.0
    ratio: float | None = None
    vol_annual: Decimal | None = None
    depth: Decimal | None = None
    scale: Decimal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an account holds of one market and what its entries may still buy, quote: in all, and long less short."""

    symbol: str
    base: str
    gross: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Places:
    """A trader's accounts of one environment together, quote: equity of all, and what is held at this venue elsewhere."""

    venues: int
    equity: Decimal
    held_here: Decimal
    tier: Tier


@dataclass(frozen=True)
class Holdings:
    """Everything an account holds, and what is known of it. strategies: exposure by strategy, quote.

    What follows from all that is held is worked out once: plans on fifty markets have the same surroundings.
    """

    exposures: tuple[Exposure, ...]
    markets: Mapping[str, MarketRisk]
    dependence: Dependence
    sectors: SectorMap = field(default_factory=dict)
    strategies: Mapping[str, Decimal] = field(default_factory=dict)
    places: Places | None = None
    breaker: BreakerView | None = None

    @cached_property
    def held(self) -> tuple[Exposure, ...]:
        """Exposures that are not 0."""
        return tuple(one for one in self.exposures if one.gross)

    @cached_property
    def stakes(self) -> tuple[Stake, ...] | None:
        """What is held with its swing of a day; None where one of them is not known."""
        found = [_stake(one, self.markets.get(one.symbol)) for one in self.held]
        known = tuple(stake for stake in found if stake is not None)
        return known if len(known) == len(found) else None

    @cached_property
    def variance(self) -> float | None:
        """Of a day, of everything held together, quote²; None where a swing is not known."""
        return None if self.stakes is None else portfolio_variance(self.stakes, rho=self.dependence.of)

    @cached_property
    def mean_rho(self) -> float | None:
        """Mean correlation of everything held; None with fewer than two, or where one is not known."""
        return self.dependence.mean(sorted({one.symbol for one in self.held}))

    def mean_rho_with(self, symbol: str) -> float | None:
        """The same with one more market."""
        symbols = {one.symbol for one in self.held}
        return self.mean_rho if symbol in symbols else self.dependence.mean(sorted({symbol, *symbols}))

    def mean_correlation(self, symbol: str) -> Decimal:
        """Of a market with everything else that is held, 0 where nothing is; what is not known counts as 1."""
        others = [one.symbol for one in self.held if one.symbol != symbol]
        found = [self.dependence.of(symbol, other) for other in others]
        known = [1.0 if rho is None else rho for rho in found]
        return round(Decimal(sum(known) / len(known)), 6) if known else ZERO


@dataclass(frozen=True, slots=True)
class PortfolioFacts:
    """What the portfolio checks see beside the plan, money in quote; None = not known, which denies.

    own: variance of a day of one quote of the plan's market; covariance: of one quote on its side with everything held.
    lacking: what is not known, and of what. several_venues: whether the trader has more than one.
    """

    strategy: str
    strategy_quote: Decimal
    sector: str
    sector_quote: Decimal
    cluster: tuple[str, ...]
    cluster_quote: Decimal
    exposure_quote: Decimal
    symbol_quote: Decimal
    heat_others: Decimal | None
    vol_annual: Decimal | None
    depth: Decimal | None
    variance: float | None
    covariance: float
    own: float
    nu: float
    several_venues: bool = False
    venue_quote: Decimal | None = None
    places_equity: Decimal | None = None
    tier: Tier | None = None
    venues: int = 1
    breaker: BreakerView | None = None
    dynamic: DynamicLimits = field(default_factory=DynamicLimits)
    lacking: tuple[str, str] = ("", "")


@exact
def facts(
    held: Holdings,
    *,
    symbol: str,
    base: str,
    long: bool,
    strategy: str,
    cluster_rho: Decimal,
    equity: Decimal,
    tighten: bool,
) -> PortfolioFacts:
    """The surroundings of a plan on a market and side. equity > 0, quote; tighten: whether limits follow the market."""
    mine, stakes, places = held.held, held.stakes, held.places
    market, sector = held.markets.get(symbol, MarketRisk(symbol)), sector_of(base, held.sectors)
    cluster = held.dependence.moves_with(symbol, (one.symbol for one in mine), least=float(cluster_rho))
    return PortfolioFacts(
        strategy=strategy,
        strategy_quote=held.strategies.get(strategy, ZERO),
        sector=sector,
        sector_quote=_gross(one for one in mine if sector_of(one.base, held.sectors) == sector),
        cluster=cluster,
        cluster_quote=_gross(one for one in mine if one.symbol == symbol or one.symbol in cluster),
        exposure_quote=_gross(mine),
        symbol_quote=_gross(one for one in mine if one.symbol == symbol),
        heat_others=_heat([one for one in mine if one.symbol != symbol], held.markets, equity),
        vol_annual=market.vol_annual,
        depth=market.depth,
        variance=held.variance,
        covariance=_covariance(market, stakes or (), held.dependence, long=long),
        own=market.variance_day or 0.0,
        nu=min(heaviest(stakes or ()), market.nu),
        several_venues=places is not None and places.venues > 1,
        venue_quote=None if places is None else places.held_here + _gross(mine),
        places_equity=None if places is None else places.equity,
        tier=None if places is None else places.tier,
        venues=1 if places is None else places.venues,
        breaker=held.breaker,
        dynamic=dynamic(market.ratio, mean_rho=held.mean_rho_with(symbol)) if tighten else DynamicLimits(),
        lacking=_lacking(market, mine, held.markets),
    )


def _stake(one: Exposure, market: MarketRisk | None) -> Stake | None:
    if market is None or market.variance_day is None:
        return None
    return Stake(one.symbol, float(one.net), market.variance_day**0.5, market.nu)


def _covariance(market: MarketRisk, stakes: Sequence[Stake], dependence: Dependence, *, long: bool) -> float:
    if market.variance_day is None:
        return 0.0
    sigma, sign = market.variance_day**0.5, 1 if long else -1
    return covariance_with(market.symbol, sigma, stakes, rho=dependence.of, sign=sign)


def _gross(exposures: Iterable[Exposure]) -> Decimal:
    return sum((one.gross for one in exposures), ZERO)


def _heat(others: Sequence[Exposure], markets: Mapping[str, MarketRisk], equity: Decimal) -> Decimal | None:
    """The heat of everything but the plan's market; None where something of it is not known."""
    total = ZERO
    for one in others:
        market = markets.get(one.symbol)
        if market is None or market.vol_annual is None or not market.depth:
            return None
        total += heat_of(one.gross, equity=equity, vol_annual=market.vol_annual, depth=market.depth)
    return total


def heat_of(notional: Decimal, *, equity: Decimal, vol_annual: Decimal, depth: Decimal) -> Decimal:
    """One position's part of the heat; as risk.domain.heat adds them up."""
    thin = max(ONE, notional / depth)
    return notional / equity * vol_annual * (thin if thin == ONE else thin.sqrt())


def _lacking(market: MarketRisk, held: Sequence[Exposure], markets: Mapping[str, MarketRisk]) -> tuple[str, str]:
    """The first thing that is not known, and of which market: the plan's own before the others."""
    for symbol in (market.symbol, *(one.symbol for one in held)):
        known = markets.get(symbol)
        if known is None or known.vol_annual is None or known.variance_day is None:
            return "volatility", symbol
        if not known.depth:
            return "book depth", symbol
    return "", ""
