"""The page Risk: what would be allowed now and why not, what everything held may cost, and how old each figure is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from dashboard import risk_facts, risk_limits
from dashboard.risk_facts import AgeRow, LossRow, MarketRow, MatrixRow, ShareRow
from dashboard.risk_limits import Asked, LayerRows
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Question, Raw, Sql
from risk import portfolio
from risk.domain import capital_tiers
from risk.domain.breaker import BreakerState
from risk.domain.checks import Proposed
from risk.domain.contradictions import contradictions
from risk.domain.drawdown import DrawdownTier
from risk.domain.mode import PlanKind
from signals.market import instruments
from signals.market.instruments import InstrumentFacts
from trading.domain.settings import EngineSettings
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup
from trading.services import desk_ahead, surroundings
from trading.services.desk import Desk

ZERO = Decimal(0)
ASKED_MOST = 60
# Markets: of more, the page would take seconds, and the gate asks about one at a time anyway.
PRICE_AGE, BALANCE_AGE, CORRELATION_AGE = timedelta(seconds=10), timedelta(seconds=30), timedelta(hours=5)
# Correlations are made every four hours; the others every two seconds.
FACTS = Sql("""
SELECT
  (SELECT coalesce(json_agg(number), '[]') FROM trading_slot WHERE account_id = %(account)s AND released_at IS NULL),
  (SELECT count(*) FROM trading_order WHERE account_id = %(account)s AND created_at > %(minute)s),
  (SELECT coalesce(json_agg(json_build_array(held.id, source.name)), '[]') FROM trading_positiongroup held
    JOIN trading_pyramid first ON first.group_id = held.id AND first.index = 0
    LEFT JOIN signals_signal said ON said.id = first.signal_id
    LEFT JOIN signals_alert alert ON alert.id = said.alert_id
    LEFT JOIN signals_source source ON source.id = alert.source_id
    WHERE held.account_id = %(account)s AND held.closed_at IS NULL),
  (SELECT coalesce(json_agg(json_build_array(coalesce(no.checks -> -1 ->> 'name', no.code), no.sentence, no.at)
      ORDER BY no.id DESC), '[]')
    FROM (SELECT id, code, sentence, at, checks FROM risk_riskdecision
      WHERE account_id = %(account)s AND NOT allowed ORDER BY id DESC LIMIT 200) no),
  (SELECT coalesce(json_agg(json_build_array(market.symbol, fit.timeframe_secs, fit.method, fit.candle_at)
      ORDER BY market.symbol), '[]')
    FROM risk_garchfit fit JOIN signals_instrument market ON market.id = fit.instrument_id
    WHERE market.id IN (SELECT instrument_id FROM trading_positiongroup
      WHERE account_id = %(account)s AND closed_at IS NULL)),
  (SELECT coalesce(json_agg(json_build_array(market.symbol, depth.at)), '[]')
    FROM risk_bookdepth depth JOIN signals_instrument market ON market.id = depth.instrument_id
    WHERE market.id IN (SELECT instrument_id FROM trading_positiongroup
      WHERE account_id = %(account)s AND closed_at IS NULL)),
  (SELECT json_build_array(method, at) FROM risk_dependence
    WHERE venue = %(venue)s AND environment = %(environment)s),
  (SELECT coalesce(json_agg(json_build_array(component, state, errors, opened_at) ORDER BY component), '[]')
    FROM risk_breaker),
  (SELECT coalesce(sum(fill.cost), 0) FROM trading_fill fill WHERE fill.account_id = %(account)s AND fill.side = 'BUY'
    AND fill.recorded_at >= (SELECT at FROM accounts_balance WHERE account_id = %(account)s AND currency = %(quote)s))
""")
# One question for what would be nine.


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """A circuit breaker."""

    component: str
    state: str
    errors: int
    opened_at: datetime | None

    @property
    def shut(self) -> bool:
        """Whether it keeps entries away."""
        return self.state != BreakerState.CLOSED


@dataclass(frozen=True, slots=True)
class Drawdown:
    """How far below the peak, percent; the tier in words, and where the four begin."""

    pct: Decimal
    tier: str
    tiers_pct: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class RiskPage:
    """Everything the page shows of one account. None = not known, and said so; hidden: the sealed profile keeps it back."""

    at: datetime
    quote: str
    profile: str
    equity: Decimal | None
    exposure: Decimal
    groups: int
    regime: str
    heat: Decimal | None
    max_heat: Decimal
    losses: tuple[LossRow, ...]
    drawdown: Drawdown
    capital_tier: str
    too_small: bool
    layers: tuple[LayerRows, ...]
    shares: tuple[tuple[str, tuple[ShareRow, ...]], ...]
    matrix: tuple[MatrixRow, ...]
    markets: tuple[MarketRow, ...]
    breakers: tuple[BreakerRow, ...]
    ages: tuple[AgeRow, ...]
    contradictions: tuple[str, ...]
    hidden: bool = False

    @property
    def over(self) -> int:
        """How many checks would deny an entry now."""
        return sum(layer.over for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Fit:
    """A volatility: how it was made, and when the last candle that it counts opened."""

    symbol: str
    timeframe_secs: int
    method: str
    candle_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What FACTS answered, typed."""

    slots: tuple[int, ...]
    orders_last_minute: int
    strategies: dict[int, str]
    denials: tuple[tuple[str, str, datetime], ...]
    fits: tuple[Fit, ...]
    depths: dict[str, datetime]
    correlations: tuple[str, datetime] | None
    breakers: tuple[BreakerRow, ...]
    bought_since: Decimal


def gather(account: ExchangeAccount, *, mode: str, alone: bool, hide: bool, now: datetime) -> RiskPage:
    """The page of an account. mode: as the bar shows it; alone: it is its trader's only one. Raises SettingError."""
    asked = _facts(account, now)
    with ahead(asked, *desk_ahead.whole(account, now=now)), ahead(*desk_ahead.rest(Desk(account, now))):
        known = _known(FACTS(**asked.given)[0])
        desk = _desk(account, known, mode=mode, alone=alone, now=now)
        return _page(desk, known, hide=hide)


def _page(desk: Desk, known: Known, *, hide: bool) -> RiskPage:
    settings, equity = desk.settings(""), desk.equity
    asked = [_asked(desk, *one) for one in _markets(desk)]
    limits, solid = settings.risk, equity if equity and equity > 0 else None
    return RiskPage(
        at=desk.now,
        quote=desk.account.quote,
        profile=limits.profile,
        equity=None if hide else equity,
        exposure=desk.exposure_of_all,
        groups=len(desk.groups),
        regime=regime.value if (regime := risk_facts.worst_regime(desk.holdings)) else "",
        heat=risk_facts.heat(desk.holdings, equity=solid) if solid else None,
        max_heat=limits.max_heat,
        losses=risk_facts.losses_of(desk.holdings, equity=solid) if solid and not hide else (),
        drawdown=_drawdown(desk, limits.drawdown_tiers_pct),
        capital_tier=_capital_tier(desk, equity),
        too_small=equity is not None and capital_tiers.too_small(equity),
        layers=_layers(desk, known, asked, hide=hide),
        shares=() if hide else _shares(desk, solid, asked),
        matrix=() if hide else risk_facts.matrix(desk.holdings, cluster_rho=limits.cluster_rho),
        markets=() if hide else risk_facts.markets(desk.holdings),
        breakers=known.breakers,
        ages=_ages(desk, known),
        contradictions=contradictions(limits, max_open_groups=settings.pool.max_open_groups),
        hidden=hide,
    )


# reading -----------------------------------------------------------------------------------------


def _facts(account: ExchangeAccount, now: datetime) -> Question:
    of = {"venue": account.venue, "environment": account.environment, "quote": account.quote}
    return FACTS.of(account=account.pk, minute=now - timedelta(minutes=1), **of)


def _known(told: Raw) -> Known:
    slots, orders, strategies, denials, fits, depths, correlations, breakers, bought = told
    return Known(
        slots=tuple(slots),
        orders_last_minute=orders,
        strategies={pk: name or "" for pk, name in strategies},
        denials=tuple((name, sentence, _moment(at)) for name, sentence, at in denials),
        fits=tuple(Fit(symbol, secs, how, _moment(at)) for symbol, secs, how, at in fits),
        depths={symbol: _moment(at) for symbol, at in depths},
        correlations=(correlations[0], _moment(correlations[1])) if correlations else None,
        breakers=tuple(BreakerRow(name, state, n, at and _moment(at)) for name, state, n, at in breakers),
        bought_since=bought,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _desk(account: ExchangeAccount, known: Known, *, mode: str, alone: bool, now: datetime) -> Desk:
    """The engine's own desk, given what was read already: the page must see what the gate sees."""
    desk = Desk(account, now)
    vars(desk).update(
        mode=mode,
        taken_slots=frozenset(known.slots),
        strategies=known.strategies,
        _bought_since=known.bought_since,
        _orders_last_minute=known.orders_last_minute,
    )
    limits = desk.settings("").risk
    vars(desk)["_known"] = portfolio.known(
        account,
        equity=desk.equity or ZERO,
        elsewhere={} if alone else surroundings.elsewhere(account),
        sectors=dict(limits.sectors),
        tiered=limits.capital_tiers,
        now=now,
    )
    return desk


# limits ------------------------------------------------------------------------------------------


def _layers(desk: Desk, known: Known, asked: list[Asked], *, hide: bool) -> tuple[LayerRows, ...]:
    denied = risk_limits.last_denials(known.denials)
    return risk_limits.layers(asked, quote=desk.account.quote, denied={} if hide else denied, hide=hide)


def _markets(desk: Desk) -> list[tuple[InstrumentFacts, PositionSide, str, int]]:
    """Every market, side and strategy that is open, with its leverage; without any, the first market with a price."""
    listed = instruments.listed(desk.account.venue, desk.account.environment).by_symbol
    found = {_key(desk, group): group.leverage for group in desk.groups if group.instrument.symbol in listed}
    if found:
        return [(listed[s], PositionSide(side), name, lev) for (s, side, name), lev in [*found.items()][:ASKED_MOST]]
    priced = next((one for one in listed.values() if one.id in desk.tickers), None)
    return [(priced, PositionSide.LONG, "", 1)] if priced else []


def _key(desk: Desk, group: PositionGroup) -> tuple[str, str, str]:
    return group.instrument.symbol, group.side, desk.strategies.get(group.pk, "")


def _asked(desk: Desk, market: InstrumentFacts, side: PositionSide, strategy: str, leverage: int) -> Asked:
    """A plan of nothing on a market, and what stands around it."""
    nothing = Proposed(
        account_id=desk.account.pk,
        symbol=market.symbol,
        side=side,
        kind=PlanKind.ENTRY,
        notional=ZERO,
        smallest_qty=ZERO,
        smallest_notional=ZERO,
        needs_slot=True,
        base=market.base,
        quote=market.quote,
        account=desk.account.name,
        derivative=market.derivative,
        leverage=Decimal(leverage) if market.derivative else None,
    )
    return Asked(nothing, desk.snapshot(market, side, strategy=strategy), desk.settings(market.symbol).risk)


# figures -----------------------------------------------------------------------------------------


def _drawdown(desk: Desk, tiers_pct: tuple[Decimal, ...]) -> Drawdown:
    past = desk.history
    return Drawdown(past.drawdown_pct, DrawdownTier(past.drawdown_tier).name.lower(), tiers_pct)


def _capital_tier(desk: Desk, equity: Decimal | None) -> str:
    """The tier in force, or that there is none."""
    settings: EngineSettings = desk.settings("")
    if not settings.risk.capital_tiers:
        return "off"
    places = desk.holdings.places
    return places.tier.name.lower() if places and equity is not None else ""


def _shares(desk: Desk, equity: Decimal | None, asked: list[Asked]) -> tuple[tuple[str, tuple[ShareRow, ...]], ...]:
    limits, held, places = desk.settings("").risk, desk.holdings, desk.holdings.places
    several = places is not None and places.venues > 1
    whole = places.equity if places and several else equity
    here = desk.exposure_of_all + (places.held_here if places else ZERO)
    venue = risk_facts.shared(desk.account.venue, here, whole, limits.per_venue_pct if several else None)
    left = {one.plan.symbol: risk_limits.left_of("symbol_exposure", one.book) for one in asked}
    pairs = risk_facts.by_symbol(
        held,
        equity=equity,
        limit_of=lambda symbol: desk.settings(symbol).risk.per_symbol_pct,
        left_of=lambda symbol: left.get(symbol, Decimal(1)),
    )
    return (
        ("Pair", pairs),
        ("Strategy", risk_facts.by_strategy(held, equity=equity, limits=limits)),
        ("Sector", risk_facts.by_sector(held, equity=equity, limits=limits)),
        ("Venue", (venue,) if here else ()),
    )


def _ages(desk: Desk, known: Known) -> tuple[AgeRow, ...]:
    """How old everything is that the figures are made of."""
    now, open_ones = desk.now, {group.instrument.symbol: group.instrument_id for group in desk.groups}
    asked = desk.settings("").risk.stale_price_secs
    tickers = [desk.tickers[pk].at if pk in desk.tickers else None for pk in open_ones.values()]
    fits = [_fit_of(known, name) for name in open_ones]
    depths = [known.depths.get(name) for name in open_ones]
    rows = [
        risk_facts.age("Prices", tickers, now=now, most=timedelta(seconds=asked)),
        risk_facts.age(
            "Volatility",
            [fit.candle_at if fit else None for fit in fits],
            now=now,
            most=5 * timedelta(days=1),
            words=_how(fits),
        ),
        risk_facts.age("Book depth", depths, now=now, most=portfolio.DEPTH_KEPT),
    ]
    correlations = [known.correlations[1]] if known.correlations else []
    how = known.correlations[0] if known.correlations else ""
    together = risk_facts.age("Correlations", correlations, now=now, most=CORRELATION_AGE, words=how)
    balances = risk_facts.age("Balances", [row.at for row in desk.balances.values()], now=now, most=BALANCE_AGE)
    return (balances, *(rows if open_ones else ()), *((together,) if len(open_ones) > 1 else ()))


def _fit_of(known: Known, symbol: str) -> Fit | None:
    """The one that the day's risk is taken from: by days, else by hours."""
    mine = [fit for fit in known.fits if fit.symbol == symbol]
    return max(mine, key=lambda fit: fit.timeframe_secs, default=None)


def _how(fits: list[Fit | None]) -> str:
    """By what the volatilities were made: "2 by GARCH, 1 by EWMA"."""
    names = [fit.method for fit in fits if fit]
    return ", ".join(f"{names.count(name)} by {name}" for name in sorted(set(names), reverse=True))
