"""The gate's checks: one small function each, one line in the registry. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from risk.domain.checks import past, portfolio, present
from risk.domain.checks.base import (
    Check,
    CheckLine,
    Finding,
    GateResult,
    Layer,
    Proposed,
    Snapshot,
    TrackRecord,
    VenueFacts,
    run,
)

__all__ = ["CHECKS", "LAYER_OF", "Check", "CheckLine", "Finding", "GateResult", "Layer", "Proposed"]
__all__ += ["Snapshot", "TrackRecord", "VenueFacts", "run"]


def _at_venue(plan: Proposed, book: Snapshot) -> bool:
    return book.venue is not None


def _derivative(plan: Proposed, book: Snapshot) -> bool:
    return plan.derivative


def _both_sides(plan: Proposed, book: Snapshot) -> bool:
    return plan.derivative and book.venue is not None


def _has_past(plan: Proposed, book: Snapshot) -> bool:
    return book.record is not None


def _first_live_day(plan: Proposed, book: Snapshot) -> bool:
    return book.record is not None and book.record.first_day_cap_quote is not None


def _in_portfolio(plan: Proposed, book: Snapshot) -> bool:
    return book.portfolio is not None


def _several_places(plan: Proposed, book: Snapshot) -> bool:
    return book.portfolio is not None and book.portfolio.several_venues


def _in_tiers(plan: Proposed, book: Snapshot) -> bool:
    return book.portfolio is not None and book.portfolio.tier is not None


OPERATIONAL, PRE_TRADE = Layer.OPERATIONAL, Layer.PRE_TRADE
CHECKS: tuple[Check, ...] = (
    Check("mode", present.mode, OPERATIONAL, entries_only=False),
    Check("armed", present.armed, OPERATIONAL),
    Check("account_health", present.account_health, OPERATIONAL, asks=_at_venue),
    Check("clock_offset", present.clock_offset, OPERATIONAL, asks=_at_venue),
    Check("circuit_breaker", portfolio.circuit_breaker, OPERATIONAL, asks=_in_portfolio),
    Check("account_quote", present.account_quote, PRE_TRADE, asks=_at_venue),
    Check("stale_price", present.stale_price, Layer.MARKET),
    Check("minimums", present.minimums, PRE_TRADE, entries_only=False),
    Check("opposite_side", present.opposite_side, PRE_TRADE, asks=_both_sides),
    Check("open_order_cap", present.open_order_cap, PRE_TRADE, asks=_at_venue),
    Check("order_rate", past.order_rate, OPERATIONAL, asks=_has_past),
    Check("slots", present.slots, PRE_TRADE),
    Check("daily_loss", past.daily_loss, Layer.REAL_TIME, asks=_has_past),
    Check("consecutive_losses", past.consecutive_losses, Layer.REAL_TIME, asks=_has_past),
    Check("drawdown_tier", past.drawdown_tier, Layer.REAL_TIME, asks=_has_past),
    Check("symbol_exposure", present.symbol_exposure, Layer.PORTFOLIO),
    Check("strategy_exposure", portfolio.strategy_exposure, Layer.PORTFOLIO, asks=_in_portfolio),
    Check("sector_exposure", portfolio.sector_exposure, Layer.PORTFOLIO, asks=_in_portfolio),
    Check("cluster_exposure", portfolio.cluster_exposure, Layer.PORTFOLIO, asks=_in_portfolio),
    Check("venue_exposure", portfolio.venue_exposure, Layer.PORTFOLIO, asks=_several_places),
    Check("live_start_cap", past.live_start_cap, PRE_TRADE, asks=_first_live_day),
    Check("leverage", present.leverage, PRE_TRADE, asks=_derivative),
    Check("portfolio_leverage", portfolio.portfolio_leverage, Layer.PORTFOLIO, asks=_in_portfolio),
    Check("capital_tier", portfolio.capital_tier, Layer.PORTFOLIO, asks=_in_tiers),
    Check("portfolio_heat", portfolio.portfolio_heat, Layer.MARKET, asks=_in_portfolio),
    Check("daily_var", portfolio.daily_var, Layer.MARKET, asks=_in_portfolio),
    Check("reserved_funds", present.reserved_funds, PRE_TRADE),
)
# In the order in which they run: the cheapest and most general first.
LAYER_OF: Mapping[str, Layer] = MappingProxyType({check.name: check.layer for check in CHECKS})
