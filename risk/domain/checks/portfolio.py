"""Checks of the whole: strategy, sector, cluster, venue, leverage, capital tier, heat, value at risk, breakers. Pure."""

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from math import sqrt

from risk.domain import student
from risk.domain.breaker import POLICY
from risk.domain.capital_tiers import TIERS, Tier
from risk.domain.checks.base import CheckFunction, Finding, Proposed, Snapshot, measured, unknown
from risk.domain.denial import DenialCode, missing
from risk.domain.limits import RiskLimits
from risk.domain.portfolio import PortfolioFacts, heat_of
from risk.domain.value_at_risk import with_plan

ZERO = Decimal(0)
PLACES = 4
# Of ratios and percentages as the page shows them; what is compared is exact.


OfPortfolio = Callable[[Proposed, Snapshot, RiskLimits, PortfolioFacts], Finding]


def of_portfolio(check: OfPortfolio) -> CheckFunction:
    """A check that is handed the portfolio; where it is not known it denies, like everything that is not known."""

    @wraps(check)
    def run(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
        return unknown("portfolio", plan) if book.portfolio is None else check(plan, book, limits, book.portfolio)

    return run


@of_portfolio
def circuit_breaker(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Neither the venue's own circuit breaker nor that of everything is open."""
    shut = facts.breaker
    limit = POLICY.errors_in_a_row
    if shut is None:
        return Finding("closed", "closed")
    errors = max(shut.errors, shut.recent.count(False))
    return measured(DenialCode.CIRCUIT_BREAKER, ok=False, subject=shut.component, value=errors, limit=limit)


@of_portfolio
def strategy_exposure(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Everything that the plan's source has open stays within its share of equity."""
    held, code = facts.strategy_quote, DenialCode.STRATEGY_EXPOSURE
    return _share(plan, book, code, held=held, limit_pct=limits.per_strategy_pct, subject=facts.strategy)


@of_portfolio
def sector_exposure(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """The plan's sector stays within its share of equity; a currency on no list is a sector of its own."""
    held, code = facts.sector_quote, DenialCode.SECTOR_EXPOSURE
    return _share(plan, book, code, held=held, limit_pct=limits.per_sector_pct, subject=facts.sector)


@of_portfolio
def cluster_exposure(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Pairs that move together stay within their share of equity; at 0 there may be one of them only."""
    code = DenialCode.CLUSTER_EXPOSURE
    if not facts.cluster:
        return Finding("nothing that moves with it", limits.cluster_pct, "%")
    pct = limits.cluster_pct * facts.dynamic.correlation
    return _share(plan, book, code, held=facts.cluster_quote, limit_pct=pct, subject=plan.symbol)


@of_portfolio
def venue_exposure(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Everything held at the venue stays within its share of the equity at all of them."""
    if limits.per_venue_pct is None:
        return Finding("no limit", "off")
    if facts.places_equity is None or facts.venue_quote is None:
        return unknown("equity elsewhere", plan)
    value, limit = facts.venue_quote + plan.notional, max(facts.places_equity, ZERO) * limits.per_venue_pct / 100
    code, subject = DenialCode.VENUE_EXPOSURE, plan.account
    return measured(code, ok=value <= limit, subject=subject, value=value, limit=limit, unit=plan.quote)


@of_portfolio
def portfolio_leverage(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Everything held, with this plan, stays within the leverage that the market's volatility leaves."""
    equity, limit = _equity(book), limits.max_leverage * facts.dynamic.leverage
    if equity is None:
        return unknown("equity", plan)
    value = (facts.exposure_quote + plan.notional) / equity
    code, subject = DenialCode.LEVERAGE, f"Everything in {plan.account} together"
    return measured(code, ok=value <= limit, subject=subject, value=round(value, PLACES), limit=limit, unit="×")


@of_portfolio
def capital_tier(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Leverage and number of venues are part of the account's capital tier."""
    tier, code = facts.tier, DenialCode.CAPITAL_TIER
    if tier is None:
        return unknown("capital tier", plan)
    leverage, venues = plan.leverage or Decimal(1), facts.venues
    if tier.max_leverage is not None and leverage > tier.max_leverage:
        return _beyond(f"Leverage {leverage}×", tier, _first(lambda one: _fits(leverage, one.max_leverage)))
    if tier.max_venues is not None and venues > tier.max_venues:
        return _beyond(f"A {venues}. venue", tier, _first(lambda one: _fits(Decimal(venues), one.max_venues)))
    return measured(code, ok=True, subject=plan.account, value=tier.name, limit=tier.name)


@of_portfolio
def portfolio_heat(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """Everything held, by how hard it swings and how thin its books are, stays below the heat limit."""
    equity = _equity(book)
    if equity is None:
        return unknown("equity", plan)
    if facts.heat_others is None or facts.vol_annual is None or not facts.depth:
        return Finding(
            None, None, "", missing(facts.lacking[0] or "volatility", subject=facts.lacking[1] or plan.symbol)
        )
    notional = facts.symbol_quote + plan.notional
    value = facts.heat_others + heat_of(notional, equity=equity, vol_annual=facts.vol_annual, depth=facts.depth)
    subject, shown, limit = "The portfolio's heat", round(value, PLACES), limits.max_heat
    return measured(DenialCode.PORTFOLIO_HEAT, ok=value <= limit, subject=subject, value=shown, limit=limit)


@of_portfolio
def daily_var(plan: Proposed, book: Snapshot, limits: RiskLimits, facts: PortfolioFacts) -> Finding:
    """What a bad day may cost, at the set confidence, with all correlations, stays within its share of equity."""
    equity = _equity(book)
    if equity is None:
        return unknown("equity", plan)
    if facts.variance is None or not facts.own:
        return Finding(None, None, "", missing("volatility", subject=facts.lacking[1] or plan.symbol))
    value = var_pct(facts, float(plan.notional), float(equity), float(limits.var_confidence))
    ok, shown = value <= float(limits.var_limit_pct), Decimal(f"{value:.{PLACES}f}")
    code, subject, limit = DenialCode.DAILY_VAR, plan.account, limits.var_limit_pct
    return measured(code, ok=ok, subject=subject, value=shown, limit=limit, unit="%")


def var_pct(facts: PortfolioFacts, notional: float, equity: float, confidence: float) -> float:
    """Value at risk of a day with the plan, percent of equity."""
    variance = with_plan(facts.variance or 0.0, covariance=facts.covariance, own=facts.own, notional=notional)
    return sqrt(variance) * student.quantile(confidence / 100, round(facts.nu, 2)) / equity * 100


def _equity(book: Snapshot) -> Decimal | None:
    return book.equity if book.equity is not None and book.equity > 0 else None


def _share(
    plan: Proposed, book: Snapshot, code: DenialCode, *, held: Decimal, limit_pct: Decimal, subject: str
) -> Finding:
    """A share of equity, with the plan in it."""
    if book.equity is None:
        return unknown("equity", plan)
    value, limit = held + plan.notional, max(book.equity, ZERO) * limit_pct / 100
    return measured(code, ok=value <= limit, subject=subject, value=value, limit=limit, unit=plan.quote)


def _fits(wanted: Decimal, most: Decimal | int | None) -> bool:
    return most is None or wanted <= most


def _beyond(what: str, tier: Tier, allowed_from: str) -> Finding:
    code, value = DenialCode.CAPITAL_TIER, tier.name.value
    return measured(code, ok=False, subject=what, value=value, limit=allowed_from)


def _first(allows: Callable[[Tier], bool]) -> str:
    """The smallest tier that allows something."""
    return next(tier.name.value for tier in TIERS if allows(tier))
