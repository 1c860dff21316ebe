"""Checks of what is: mode, account, venue, price, sizes, slots, money. Pure."""

from decimal import Decimal

from risk.domain.checks.base import Finding, Proposed, Snapshot, measured, unknown
from risk.domain.denial import DenialCode
from risk.domain.limits import CLOCKS_APART_SECS, RiskLimits
from risk.domain.mode import MODES_FOR, permits


def mode(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The trading mode lets this kind of plan through."""
    if book.mode is None:
        return unknown("mode", plan)
    ok, wanted = permits(book.mode, plan.kind), MODES_FOR[plan.kind]
    subject = f"{plan.kind} {plan.symbol}"
    return measured(DenialCode.MODE, ok=ok, subject=subject, value=book.mode, limit=wanted)


def armed(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The account may open positions."""
    if book.armed is None:
        return unknown("armed", plan)
    state = "armed" if book.armed else "not armed"
    subject = plan.account
    return measured(DenialCode.NOT_ARMED, ok=book.armed, subject=subject, value=state, limit="armed")


def account_health(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """Nothing is wrong with the account, and our books agree with the venue's."""
    venue = book.venue
    if venue is None or venue.health is None or venue.reconciled is None:
        return unknown("account health", plan)
    state = venue.health or ("healthy" if venue.reconciled else "not reconciled with the venue lately")
    ok, subject = venue.health == "" and venue.reconciled, plan.account
    return measured(DenialCode.ACCOUNT_UNHEALTHY, ok=ok, subject=subject, value=state, limit="healthy")


def clock_offset(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """This machine's clock and the venue's agree, either way."""
    if book.venue is None or book.venue.clock_offset_ms is None:
        return unknown("clock offset", plan)
    offset, limit = book.venue.clock_offset_ms, limits.max_clock_offset_ms
    ok, code = abs(offset) <= limit, DenialCode.CLOCK_OFFSET
    return measured(code, ok=ok, subject="the venue", value=offset, limit=limit, unit="ms")


def stale_price(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The price the plan was made from is fresh; one from the future was written by a clock that has been set back."""
    age, limit = book.price_age_secs, limits.stale_price_secs
    if age is None:
        return unknown("price", plan)
    ok = -CLOCKS_APART_SECS <= age <= limit
    return measured(DenialCode.STALE_PRICE, ok=ok, subject=plan.symbol, value=age, limit=limit, unit="s")


def minimums(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The smallest leg stands above the venue's minimums, in quantity and in value."""
    if book.min_qty is None or book.min_notional is None:
        return unknown("minimums", plan)
    if plan.smallest_qty < book.min_qty:
        unit, value, limit = plan.base, plan.smallest_qty, book.min_qty
    else:
        unit, value, limit = plan.quote, plan.smallest_notional, book.min_notional
    code = DenialCode.BELOW_MINIMUM
    return measured(code, ok=value >= limit, subject=plan.symbol, value=value, limit=limit, unit=unit)


def account_quote(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The market is priced in the currency in which the account's equity, limits and results are counted."""
    counted = book.venue.quote if book.venue else None
    if counted is None:
        return unknown("the account's currency", plan)
    code, ok = DenialCode.OTHER_QUOTE, plan.quote == counted
    return measured(code, ok=ok, subject=plan.symbol, value=plan.quote, limit=counted)


def opposite_side(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """A one-way account holds nothing on the other side."""
    venue = book.venue
    if venue is None or venue.hedge_mode is None or venue.opposite is None:
        return unknown("position mode", plan)
    ok = venue.hedge_mode or not venue.opposite
    value, limit = venue.opposite or "nothing", "both sides" if venue.hedge_mode else "one side"
    return measured(DenialCode.OPPOSITE_SIDE_OPEN, ok=ok, subject=plan.symbol, value=value, limit=limit)


def open_order_cap(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The plan's orders and those on the book stay within the venue's caps, plain and conditional each for itself."""
    venue = book.venue
    if venue is None or venue.open_orders is None or venue.algo_orders is None:
        return unknown("open orders", plan)
    plain = (venue.open_orders + plan.orders, venue.max_open_orders, "")
    algo = (venue.algo_orders + plan.algo_orders, venue.max_algo_orders, "conditional")
    over = [(value, limit, unit) for value, limit, unit in (algo, plain) if limit is not None and value > limit]
    value, limit, unit = over[0] if over else plain
    code = DenialCode.OPEN_ORDER_CAP
    return measured(code, ok=not over, subject=plan.symbol, value=value, limit=limit, unit=unit)


def slots(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The pool has room, when the plan needs a slot."""
    if book.free_slots is None or book.open_slots is None or book.pool_size is None:
        return unknown("slots", plan)
    ok = not plan.needs_slot or book.free_slots > 0
    subject = plan.account
    return measured(DenialCode.POOL_FULL, ok=ok, subject=subject, value=book.open_slots, limit=book.pool_size)


def symbol_exposure(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The symbol's exposure with this plan stays within its share of equity, less in a wild market."""
    if book.equity is None:
        return unknown("equity", plan)
    if book.symbol_exposure_quote is None:
        return unknown("symbol exposure", plan)
    limit = max(book.equity, Decimal(0)) * limits.per_symbol_pct / 100 * book.dynamic.position
    value = book.symbol_exposure_quote + plan.notional
    unit, code = plan.quote, DenialCode.SYMBOL_EXPOSURE
    return measured(code, ok=value <= limit, subject=plan.symbol, value=value, limit=limit, unit=unit)


def leverage(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The leverage that the position would be held with."""
    if plan.leverage is None:
        return unknown("leverage", plan)
    ok, code = plan.leverage <= limits.max_leverage, DenialCode.LEVERAGE
    return measured(code, ok=ok, subject=plan.symbol, value=plan.leverage, limit=limits.max_leverage, unit="×")


def reserved_funds(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """What is free and not promised to another plan pays for this one; on futures, for its margin."""
    available, value = book.available_quote, plan.notional / (plan.leverage or 1)
    if available is None:
        return unknown("free balance", plan)
    unit, code = plan.quote, DenialCode.RESERVED_FUNDS
    return measured(code, ok=value <= available, subject=plan.symbol, value=value, limit=available, unit=unit)
