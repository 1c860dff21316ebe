"""The gate over columns: the same checks as risk.domain.checks, many plans at once, for backtests. Needs numpy. Pure.

Decimals become floats here, so a plan that stands within a hair of a limit may be judged the other way; nothing else may.
What is not known is NaN, and NaN passes no comparison: missing data denies here too.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from risk.domain import student
from risk.domain.checks import CHECKS, Proposed, Snapshot
from risk.domain.checks.past import PASSES
from risk.domain.limits import CLOCKS_APART_SECS, RiskLimits
from risk.domain.mode import permits

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]
Passes = Callable[[Columns, RiskLimits], "NDArray[np.bool_]"]
ALLOWED = -1
NAN = float("nan")
HUGE = float("inf")


def decide(columns: Columns, limits: RiskLimits) -> NDArray[np.intp]:
    """The place in CHECKS of the first check that denies each plan; ALLOWED where none does."""
    denied = np.stack([~passes(columns, limits) & _asked(columns, place) for place, passes in enumerate(_PASSES)])
    return np.where(denied.any(axis=0), denied.argmax(axis=0), ALLOWED)


def _asked(columns: Columns, place: int) -> "NDArray[np.bool_]":
    """Which plans a check concerns: exits only some, and what the plan has nothing to do with none."""
    check = CHECKS[place]
    asked = columns[_ASKED.get(check.name, "always")] > 0
    return asked & ~(columns["reduces"] > 0) if check.entries_only else asked


def columns_of(plans: Sequence[Proposed], books: Sequence[Snapshot]) -> dict[str, Floats]:
    """Plans and what is known around them as columns."""
    rows = [_row(plan, book) for plan, book in zip(plans, books, strict=True)]
    return {name: np.array([row[name] for row in rows], dtype=float) for name in (rows[0] if rows else ())}


def _row(plan: Proposed, book: Snapshot) -> dict[str, float]:
    return _plan_row(plan, book) | _book_row(plan, book) | _venue_row(book) | _record_row(book) | _portfolio_row(book)


def _plan_row(plan: Proposed, book: Snapshot) -> dict[str, float]:
    return {
        "always": 1.0,
        "reduces": float(plan.reduces),
        "notional": float(plan.notional),
        "smallest_qty": float(plan.smallest_qty),
        "smallest_notional": float(plan.smallest_notional),
        "needs_slot": float(plan.needs_slot),
        "derivative": float(plan.derivative),
        "quoted": NAN if book.venue is None or book.venue.quote is None else float(plan.quote == book.venue.quote),
        "both_sides": float(plan.derivative and book.venue is not None),
        "leverage": _number(plan.leverage),
        "margin": float(plan.notional / (plan.leverage or 1)),
        "orders": float(plan.orders),
        "algo_orders": float(plan.algo_orders),
    }


def _book_row(plan: Proposed, book: Snapshot) -> dict[str, float]:
    return {
        "mode_permits": NAN if book.mode is None else float(permits(book.mode, plan.kind)),
        "armed": _number(book.armed),
        "price_age": _number(book.price_age_secs),
        "min_qty": _number(book.min_qty),
        "min_notional": _number(book.min_notional),
        "free_slots": _number(book.free_slots) if book.open_slots is not None and book.pool_size is not None else NAN,
        "equity": _number(book.equity),
        "available": _number(book.available_quote),
        "symbol_exposure": _number(book.symbol_exposure_quote),
        "dyn_position": float(book.dynamic.position),
        "dyn_drawdown": float(book.dynamic.drawdown),
        "dyn_correlation": float(book.dynamic.correlation),
        "dyn_leverage": float(book.dynamic.leverage),
    }


def _venue_row(book: Snapshot) -> dict[str, float]:
    venue = book.venue
    if venue is None:
        return dict.fromkeys(_VENUE_COLUMNS, 0.0)
    known = venue.health is not None and venue.reconciled is not None
    sided = venue.hedge_mode is not None and venue.opposite is not None
    counted = venue.open_orders is not None and venue.algo_orders is not None
    values = (
        1.0,
        float(venue.health == "" and bool(venue.reconciled)) if known else NAN,
        _number(venue.clock_offset_ms),
        float(bool(venue.hedge_mode) or not venue.opposite) if sided else NAN,
        _number(venue.open_orders) if counted else NAN,
        _number(venue.algo_orders) if counted else NAN,
        _number(venue.max_open_orders, lacking=HUGE),
        _number(venue.max_algo_orders, lacking=HUGE),
    )
    return dict(zip(_VENUE_COLUMNS, values, strict=True))


def _record_row(book: Snapshot) -> dict[str, float]:
    past = book.record
    if past is None:
        return dict.fromkeys(_RECORD_COLUMNS, 0.0)
    known = past.drawdown_tier is not None and past.drawdown_pct is not None
    values = (
        1.0,
        _number(past.orders_last_minute),
        _number(past.day_loss_pct),
        _number(past.losing_streak),
        _number(past.drawdown_pct) if known else NAN,
        _number(past.drawdown_tier) if known else NAN,
        _number(past.exposure_quote),
        float(past.first_day_cap_quote is not None),
        _number(past.first_day_cap_quote),
    )
    return dict(zip(_RECORD_COLUMNS, values, strict=True))


def _portfolio_row(book: Snapshot) -> dict[str, float]:
    facts = book.portfolio
    if facts is None:
        return dict.fromkeys(_PORTFOLIO_COLUMNS, 0.0)
    values = (
        1.0,
        float(facts.breaker is None),
        _number(facts.strategy_quote),
        _number(facts.sector_quote),
        float(bool(facts.cluster)),
        _number(facts.cluster_quote),
        float(facts.several_venues),
        _number(facts.venue_quote),
        _number(facts.places_equity),
        _number(facts.exposure_quote),
        float(facts.tier is not None),
        _number(facts.tier.max_leverage if facts.tier else None, lacking=HUGE),
        _number(facts.tier.max_venues if facts.tier else None, lacking=HUGE),
        float(facts.venues),
        _number(facts.heat_others),
        _number(facts.symbol_quote),
        _number(facts.vol_annual),
        _number(facts.depth or None),
        _number(facts.variance),
        facts.covariance,
        facts.own or NAN,
        facts.nu,
    )
    return dict(zip(_PORTFOLIO_COLUMNS, values, strict=True))


def _number(value: Decimal | float | None, *, lacking: float = NAN) -> float:
    return lacking if value is None else float(value)


_VENUE_COLUMNS = ("at_venue", "healthy", "clock_offset", "side_free", "open", "open_algo", "most_open", "most_algo")
_RECORD_COLUMNS = ("has_past", "last_minute", "day_loss", "streak", "drawdown", "tier", "exposure", "first_day", "cap")
_PORTFOLIO_COLUMNS = (
    "in_portfolio",
    "breaker_closed",
    "strategy",
    "sector",
    "clustered",
    "cluster",
    "several_venues",
    "venue",
    "places_equity",
    "whole",
    "in_tiers",
    "tier_leverage",
    "tier_venues",
    "venues",
    "heat_others",
    "symbol",
    "vol",
    "depth",
    "variance",
    "covariance",
    "own",
    "nu",
)
_ASKED: Mapping[str, str] = {
    "account_health": "at_venue",
    "clock_offset": "at_venue",
    "account_quote": "at_venue",
    "circuit_breaker": "in_portfolio",
    "opposite_side": "both_sides",
    "open_order_cap": "at_venue",
    "order_rate": "has_past",
    "daily_loss": "has_past",
    "consecutive_losses": "has_past",
    "drawdown_tier": "has_past",
    "strategy_exposure": "in_portfolio",
    "sector_exposure": "in_portfolio",
    "cluster_exposure": "clustered",
    "venue_exposure": "several_venues",
    "live_start_cap": "first_day",
    "leverage": "derivative",
    "portfolio_leverage": "in_portfolio",
    "capital_tier": "in_tiers",
    "portfolio_heat": "in_portfolio",
    "daily_var": "in_portfolio",
}
# The column that says whether a check is asked at all; the others are always asked.


def _share(
    c: Columns, held: str, pct: Decimal | None, *, scale: "Floats | float" = 1.0, of: str = "equity"
) -> "NDArray[np.bool_]":
    """Whether what is held, with the plan, stays within a share of equity."""
    if pct is None:
        return c["always"] > 0
    limit = np.maximum(c[of], 0.0) * float(pct) / 100 * scale
    within: NDArray[np.bool_] = c[held] + c["notional"] <= limit
    return within


def _caps(c: Columns, limits: RiskLimits) -> "NDArray[np.bool_]":
    plain: NDArray[np.bool_] = c["open"] + c["orders"] <= c["most_open"]
    algo: NDArray[np.bool_] = c["open_algo"] + c["algo_orders"] <= c["most_algo"]
    return plain & algo


def _drawdown(c: Columns, limits: RiskLimits) -> "NDArray[np.bool_]":
    limit = float(limits.drawdown_tiers_pct[PASSES - 1])
    eased: NDArray[np.bool_] = (c["drawdown"] < limit * c["dyn_drawdown"]) | (c["dyn_drawdown"] == 1)
    return eased & (c["tier"] < PASSES)


def _whole_leverage(c: Columns, limits: RiskLimits) -> "NDArray[np.bool_]":
    known = c["equity"] > 0
    whole = (c["whole"] + c["notional"]) / np.where(known, c["equity"], NAN)
    return whole <= float(limits.max_leverage) * c["dyn_leverage"]


def _tier(c: Columns, limits: RiskLimits) -> "NDArray[np.bool_]":
    leverage = np.where(np.isnan(c["leverage"]), 1.0, c["leverage"])
    return (leverage <= c["tier_leverage"]) & (c["venues"] <= c["tier_venues"])


def _heat(c: Columns, limits: RiskLimits) -> "NDArray[np.bool_]":
    size, equity = c["symbol"] + c["notional"], np.where(c["equity"] > 0, c["equity"], NAN)
    own = size / equity * c["vol"] * np.sqrt(np.maximum(1.0, size / np.where(c["depth"] > 0, c["depth"], NAN)))
    return c["heat_others"] + own <= float(limits.max_heat)


def _var(c: Columns, limits: RiskLimits) -> "NDArray[np.bool_]":
    added, equity = c["notional"], np.where(c["equity"] > 0, c["equity"], NAN)
    variance = np.maximum(c["variance"] + 2 * added * c["covariance"] + added * added * c["own"], 0.0)
    value = np.sqrt(variance) * _quantiles(c["nu"], float(limits.var_confidence)) / equity * 100
    return value <= float(limits.var_limit_pct)


def _quantiles(nu: Floats, confidence: float) -> Floats:
    """Each tail's quantile; there are few different ones."""
    rounded, places = np.unique(np.round(nu, 2), return_inverse=True)
    known = [student.quantile(confidence / 100, float(one)) if one > 2 else NAN for one in rounded]
    return np.array(known)[places]


_BY_NAME: Mapping[str, Passes] = {
    "mode": lambda c, _: c["mode_permits"] > 0,
    "armed": lambda c, _: c["armed"] > 0,
    "account_health": lambda c, _: c["healthy"] > 0,
    "clock_offset": lambda c, limits: np.abs(c["clock_offset"]) <= limits.max_clock_offset_ms,
    "circuit_breaker": lambda c, _: c["breaker_closed"] > 0,
    "account_quote": lambda c, _: c["quoted"] > 0,
    "stale_price": lambda c, lim: (c["price_age"] >= -CLOCKS_APART_SECS) & (c["price_age"] <= lim.stale_price_secs),
    "minimums": lambda c, _: (c["smallest_qty"] >= c["min_qty"]) & (c["smallest_notional"] >= c["min_notional"]),
    "opposite_side": lambda c, _: c["side_free"] > 0,
    "open_order_cap": _caps,
    "order_rate": lambda c, limits: c["last_minute"] + c["orders"] <= limits.order_rate_per_min,
    "slots": lambda c, _: (c["free_slots"] > 0) | ((c["needs_slot"] == 0) & ~np.isnan(c["free_slots"])),
    "daily_loss": lambda c, limits: c["day_loss"] < float(limits.max_daily_loss_pct),
    "consecutive_losses": lambda c, limits: c["streak"] < limits.max_consecutive_losses,
    "drawdown_tier": _drawdown,
    "symbol_exposure": lambda c, lim: _share(c, "symbol_exposure", lim.per_symbol_pct, scale=c["dyn_position"]),
    "strategy_exposure": lambda c, limits: _share(c, "strategy", limits.per_strategy_pct),
    "sector_exposure": lambda c, limits: _share(c, "sector", limits.per_sector_pct),
    "cluster_exposure": lambda c, limits: _share(c, "cluster", limits.cluster_pct, scale=c["dyn_correlation"]),
    "venue_exposure": lambda c, limits: _share(c, "venue", limits.per_venue_pct, of="places_equity"),
    "live_start_cap": lambda c, _: c["exposure"] + c["notional"] <= c["cap"],
    "leverage": lambda c, limits: c["leverage"] <= float(limits.max_leverage),
    "portfolio_leverage": _whole_leverage,
    "capital_tier": _tier,
    "portfolio_heat": _heat,
    "daily_var": _var,
    "reserved_funds": lambda c, _: c["margin"] <= c["available"],
}
_PASSES: tuple[Passes, ...] = tuple(_BY_NAME[check.name] for check in CHECKS)
# In the gate's own order; a check without its column form fails here, when the module is imported.
