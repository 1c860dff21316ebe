"""What the gate sees of a plan, an account and a market, and how checks are run. Missing data denies. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from risk.domain.denial import Denial, DenialCode, deny, missing
from risk.domain.drawdown import DrawdownTier
from risk.domain.limits import RiskLimits
from risk.domain.mode import PlanKind
from risk.domain.portfolio import PortfolioFacts
from risk.domain.precision import exact
from risk.domain.regime import DynamicLimits


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
    account: str = "the account"  # its name, for the sentences
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
    quote: the currency that the account counts in. max_open_orders and max_algo_orders None: the venue sets no such cap.
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
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """What the account has done so far; None = not known, which denies.

    day_loss_pct: of the equity at midnight UTC, open positions included. exposure_quote: everything held, and what
    entries may still buy. first_day_cap_quote None: there is no such cap (any more).
    """

    orders_last_minute: int | None
    day_loss_pct: Decimal | None
    losing_streak: int | None
    drawdown_pct: Decimal | None
    drawdown_tier: DrawdownTier | None
    exposure_quote: Decimal | None
    first_day_cap_quote: Decimal | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of account and market; None = not known or too old, which denies.

    available_quote is free and not reserved by plans that are not on the book yet; symbol_exposure_quote includes
    the notional of entries that may still fill. venue None: the plan goes to no venue (a preview, a backtest), and
    what only a venue can answer is not asked. record None: the plan is nobody's, and has no past. portfolio None: it
    stands alone.
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
    record: TrackRecord | None = None
    portfolio: PortfolioFacts | None = None

    @property
    def dynamic(self) -> DynamicLimits:
        """What the market leaves of the limits; all of them where nothing is known of it."""
        return self.portfolio.dynamic if self.portfolio else AS_SET


AS_SET = DynamicLimits()
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


def always(plan: Proposed, book: Snapshot) -> bool:
    return True


class Layer(StrEnum):
    """The five layers of protection, as the page groups the checks."""

    PRE_TRADE = "pre-trade"
    REAL_TIME = "real-time"
    PORTFOLIO = "portfolio"
    MARKET = "market"
    OPERATIONAL = "operational"


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check; entries_only ones let reducing plans pass unmeasured, so that exits go on.

    asks: whether the question makes sense for the plan at all; where it does not, there is no line.
    """

    name: str
    run: CheckFunction
    layer: Layer
    entries_only: bool = True
    asks: Predicate = always


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


def measured(code: DenialCode, *, ok: bool, subject: str, value: Value, limit: Value, unit: str = "") -> Finding:
    """A finding with its denial when the check failed."""
    return Finding(value, limit, unit, None if ok else deny(code, subject=subject, value=value, limit=limit, unit=unit))


def unknown(field: str, plan: Proposed) -> Finding:
    """A finding for data that is not there."""
    return Finding(None, None, "", missing(field, subject=plan.symbol))
