"""The gate's checks: one small function each, one line in the registry. Missing data denies. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from risk.domain.denial import Denial, DenialCode, deny, missing
from risk.domain.limits import RiskLimits
from risk.domain.mode import MODES_FOR, PlanKind, permits
from risk.domain.precision import exact


@dataclass(frozen=True, slots=True)
class Proposed:
    """A plan as the gate sees it. Money is quote, quantities base; the smallest leg is the worst of entries and exits."""

    account_id: int
    symbol: str
    side: str
    kind: PlanKind
    notional: Decimal
    smallest_qty: Decimal
    smallest_notional: Decimal
    needs_slot: bool
    base: str = "base"  # the currencies' names, for the sentences
    quote: str = "quote"
    derivative: bool = False
    leverage: Decimal | None = None  # futures: what the account has set for the pair
    orders: int = 0  # how many the plan puts on the book, and how many of another kind (conditional)
    algo_orders: int = 0

    @property
    def reduces(self) -> bool:
        """True when the plan can only shrink a position."""
        return self.kind in (PlanKind.REDUCING, PlanKind.FLATTENING)


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What is known of the account at its venue; None = not known, which denies, but for the two caps.

    health: empty while the account may trade, else the code that says why not. reconciled: our books agreed with the
    venue's since the start. opposite: what the account holds on the plan's other side, in words, empty for nothing.
    max_open_orders and max_algo_orders None: the venue sets no such cap.
    """

    health: str | None
    reconciled: bool | None
    clock_offset_ms: int | None
    open_orders: int | None
    algo_orders: int | None
    max_open_orders: int | None = None
    max_algo_orders: int | None = None
    hedge_mode: bool | None = None
    opposite: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of account and market; None = not known or too old, which denies.

    available_quote is free and not reserved by plans that are not on the book yet; symbol_exposure_quote includes
    the notional of entries that may still fill. venue None: the plan goes to no venue (a preview, a backtest), and
    what only a venue can answer is not asked.
    """

    mode: str | None
    armed: bool | None
    price_age_secs: Decimal | None
    min_qty: Decimal | None
    min_notional: Decimal | None
    free_slots: int | None
    open_slots: int | None
    pool_size: int | None
    equity: Decimal | None
    available_quote: Decimal | None
    symbol_exposure_quote: Decimal | None
    venue: VenueFacts | None = None


Value = Decimal | int | str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check measured; denial None when it passed."""

    value: Value
    limit: Value
    unit: str = ""
    denial: Denial | None = None


CheckFunction = Callable[[Proposed, Snapshot, RiskLimits], Finding]
Predicate = Callable[[Proposed, Snapshot], bool]


def _always(plan: Proposed, book: Snapshot) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check; entries_only ones let reducing plans pass unmeasured, so that exits go on.

    asks: whether the question makes sense for the plan at all; where it does not, there is no line.
    """

    name: str
    run: CheckFunction
    entries_only: bool = True
    asks: Predicate = _always


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A check's result as the page prints it."""

    name: str
    value: Value
    limit: Value
    unit: str
    ok: bool


@dataclass(frozen=True, slots=True)
class GateResult:
    """All lines up to the first denial, which ends the gate."""

    lines: tuple[CheckLine, ...]
    denial: Denial | None

    @property
    def allowed(self) -> bool:
        """True when every check passed."""
        return self.denial is None

    @property
    def passed(self) -> tuple[CheckLine, ...]:
        """The lines of the checks that passed."""
        return tuple(line for line in self.lines if line.ok)

    def sentence(self) -> str:
        """The number of checks that passed, or the denial."""
        return f"All {len(self.lines)} checks passed." if self.denial is None else self.denial.sentence()


@exact
def run(checks: Sequence[Check], plan: Proposed, book: Snapshot, limits: RiskLimits) -> GateResult:
    """Run the checks that apply, in order, up to the first denial."""
    lines, reduces = list[CheckLine](), plan.reduces
    for check in checks:
        if (check.entries_only and reduces) or not check.asks(plan, book):
            continue
        found = check.run(plan, book, limits)
        lines.append(CheckLine(check.name, found.value, found.limit, found.unit, found.denial is None))
        if found.denial is not None:
            return GateResult(tuple(lines), found.denial)
    return GateResult(tuple(lines), None)


def _measured(code: DenialCode, *, ok: bool, subject: str, value: Value, limit: Value, unit: str = "") -> Finding:
    """A finding with its denial when the check failed."""
    return Finding(value, limit, unit, None if ok else deny(code, subject=subject, value=value, limit=limit, unit=unit))


def _unknown(field: str, plan: Proposed) -> Finding:
    """A finding for data that is not there."""
    return Finding(None, None, "", missing(field, subject=plan.symbol))


def mode(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The trading mode lets this kind of plan through."""
    if book.mode is None:
        return _unknown("mode", plan)
    ok, wanted = permits(book.mode, plan.kind), MODES_FOR[plan.kind]
    subject = f"{plan.kind} {plan.symbol}"
    return _measured(DenialCode.MODE, ok=ok, subject=subject, value=book.mode, limit=wanted)


def armed(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The account may open positions."""
    if book.armed is None:
        return _unknown("armed", plan)
    state = "armed" if book.armed else "not armed"
    subject = str(plan.account_id)
    return _measured(DenialCode.NOT_ARMED, ok=book.armed, subject=subject, value=state, limit="armed")


def account_health(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """Nothing is wrong with the account, and our books agree with the venue's."""
    venue = book.venue
    if venue is None or venue.health is None or venue.reconciled is None:
        return _unknown("account health", plan)
    state = venue.health or ("healthy" if venue.reconciled else "not reconciled with the venue yet")
    ok, subject = venue.health == "" and venue.reconciled, str(plan.account_id)
    return _measured(DenialCode.ACCOUNT_UNHEALTHY, ok=ok, subject=subject, value=state, limit="healthy")


def clock_offset(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """This machine's clock and the venue's agree, either way."""
    if book.venue is None or book.venue.clock_offset_ms is None:
        return _unknown("clock offset", plan)
    offset, limit = book.venue.clock_offset_ms, limits.max_clock_offset_ms
    ok, code = abs(offset) <= limit, DenialCode.CLOCK_OFFSET
    return _measured(code, ok=ok, subject="the venue", value=offset, limit=limit, unit="ms")


def stale_price(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The price the plan was made from is fresh."""
    age, limit = book.price_age_secs, limits.stale_price_secs
    if age is None:
        return _unknown("price", plan)
    return _measured(DenialCode.STALE_PRICE, ok=age <= limit, subject=plan.symbol, value=age, limit=limit, unit="s")


def minimums(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The smallest leg stands above the venue's minimums, in quantity and in value."""
    if book.min_qty is None or book.min_notional is None:
        return _unknown("minimums", plan)
    if plan.smallest_qty < book.min_qty:
        unit, value, limit = plan.base, plan.smallest_qty, book.min_qty
    else:
        unit, value, limit = plan.quote, plan.smallest_notional, book.min_notional
    code = DenialCode.BELOW_MINIMUM
    return _measured(code, ok=value >= limit, subject=plan.symbol, value=value, limit=limit, unit=unit)


def opposite_side(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """A one-way account holds nothing on the other side."""
    venue = book.venue
    if venue is None or venue.hedge_mode is None or venue.opposite is None:
        return _unknown("position mode", plan)
    ok = venue.hedge_mode or not venue.opposite
    value, limit = venue.opposite or "nothing", "both sides" if venue.hedge_mode else "one side"
    return _measured(DenialCode.OPPOSITE_SIDE_OPEN, ok=ok, subject=plan.symbol, value=value, limit=limit)


def open_order_cap(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The plan's orders and those on the book stay within the venue's caps, plain and conditional each for itself."""
    venue = book.venue
    if venue is None or venue.open_orders is None or venue.algo_orders is None:
        return _unknown("open orders", plan)
    plain = (venue.open_orders + plan.orders, venue.max_open_orders, "")
    algo = (venue.algo_orders + plan.algo_orders, venue.max_algo_orders, "conditional")
    over = [(value, limit, unit) for value, limit, unit in (algo, plain) if limit is not None and value > limit]
    value, limit, unit = over[0] if over else plain
    code = DenialCode.OPEN_ORDER_CAP
    return _measured(code, ok=not over, subject=plan.symbol, value=value, limit=limit, unit=unit)


def slots(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The pool has room, when the plan needs a slot."""
    if book.free_slots is None or book.open_slots is None or book.pool_size is None:
        return _unknown("slots", plan)
    ok = not plan.needs_slot or book.free_slots > 0
    subject = f"account {plan.account_id}"
    return _measured(DenialCode.POOL_FULL, ok=ok, subject=subject, value=book.open_slots, limit=book.pool_size)


def symbol_exposure(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The symbol's exposure with this plan stays within its share of equity."""
    if book.equity is None:
        return _unknown("equity", plan)
    if book.symbol_exposure_quote is None:
        return _unknown("symbol exposure", plan)
    limit = max(book.equity, Decimal(0)) * limits.per_symbol_pct / 100
    value = book.symbol_exposure_quote + plan.notional
    unit, code = plan.quote, DenialCode.SYMBOL_EXPOSURE
    return _measured(code, ok=value <= limit, subject=plan.symbol, value=value, limit=limit, unit=unit)


def leverage(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """The leverage that the position would be held with."""
    if plan.leverage is None:
        return _unknown("leverage", plan)
    ok, code = plan.leverage <= limits.max_leverage, DenialCode.LEVERAGE
    return _measured(code, ok=ok, subject=plan.symbol, value=plan.leverage, limit=limits.max_leverage, unit="×")


def reserved_funds(plan: Proposed, book: Snapshot, limits: RiskLimits) -> Finding:
    """What is free and not promised to another plan pays for this one; on futures, for its margin."""
    available, value = book.available_quote, plan.notional / (plan.leverage or 1)
    if available is None:
        return _unknown("free balance", plan)
    unit, code = plan.quote, DenialCode.RESERVED_FUNDS
    return _measured(code, ok=value <= available, subject=plan.symbol, value=value, limit=available, unit=unit)


def _at_venue(plan: Proposed, book: Snapshot) -> bool:
    return book.venue is not None


def _derivative(plan: Proposed, book: Snapshot) -> bool:
    return plan.derivative


def _both_sides(plan: Proposed, book: Snapshot) -> bool:
    return plan.derivative and book.venue is not None


CHECKS: tuple[Check, ...] = (
    Check("mode", mode, entries_only=False),
    Check("armed", armed),
    Check("account_health", account_health, asks=_at_venue),
    Check("clock_offset", clock_offset, asks=_at_venue),
    Check("stale_price", stale_price),
    Check("minimums", minimums, entries_only=False),
    Check("opposite_side", opposite_side, asks=_both_sides),
    Check("open_order_cap", open_order_cap, asks=_at_venue),
    Check("slots", slots),
    Check("symbol_exposure", symbol_exposure),
    Check("leverage", leverage, asks=_derivative),
    Check("reserved_funds", reserved_funds),
)
# In the order in which they run: the cheapest and most general first.
