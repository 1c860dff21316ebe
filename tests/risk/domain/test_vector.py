"""The gate over columns says what the gate says: the same first denial, whatever is in the plan and around it."""

from dataclasses import fields, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.domain import vector
from risk.domain.breaker import BreakerState, BreakerView
from risk.domain.capital_tiers import TIERS
from risk.domain.checks import CHECKS, Proposed, Snapshot, run
from risk.domain.drawdown import DrawdownTier
from risk.domain.limits import RiskLimits
from risk.domain.mode import PlanKind
from risk.domain.regime import DynamicLimits
from tests.risk.domain.test_checks import BOOK, LIMITS, PAST, PLAN, VENUE
from tests.risk.domain.test_portfolio_checks import FACTS

NAMES = [check.name for check in CHECKS]
WHOLE = st.integers(0, 4000).map(lambda n: Decimal(n) / 4)  # quarters: sums and shares of them are exact as floats
UNKNOWN = st.none()


def of(base: object, **columns: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Mostly as in `base`, with any of the columns drawn instead: so that every check is reached."""
    drawn = st.fixed_dictionaries({}, optional=columns)
    return drawn.map(lambda changed: replace(base, **changed))


LEVERAGES = st.sampled_from([None, Decimal(1), Decimal(2), Decimal(3), Decimal(4)])
PLANS = of(
    PLAN,
    kind=st.sampled_from(list(PlanKind)),
    notional=WHOLE,
    smallest_notional=WHOLE,
    needs_slot=st.booleans(),
    derivative=st.booleans(),
    leverage=LEVERAGES,
    orders=st.integers(0, 8),
    algo_orders=st.integers(0, 4),
)
VENUES = of(
    VENUE,
    health=st.sampled_from([None, "", "KEY_REVOKED"]),
    reconciled=st.sampled_from([None, True, False]),
    clock_offset_ms=UNKNOWN | st.integers(-1500, 1500),
    open_orders=UNKNOWN | st.integers(150, 201),
    algo_orders=UNKNOWN | st.integers(0, 11),
    max_open_orders=st.sampled_from([None, 200]),
    hedge_mode=st.sampled_from([None, True, False]),
    opposite=st.sampled_from([None, "", "SHORT 1"]),
    quote=st.sampled_from([None, "USDT", "USDT", "USDT", "BTC"]),
)
RECORDS = of(
    PAST,
    orders_last_minute=UNKNOWN | st.integers(0, 125),
    day_loss_pct=UNKNOWN | st.integers(0, 40).map(lambda n: Decimal(n) / 8),
    losing_streak=UNKNOWN | st.integers(0, 10),
    drawdown_pct=UNKNOWN | st.integers(0, 60).map(lambda n: Decimal(n) / 4),
    drawdown_tier=UNKNOWN | st.sampled_from(list(DrawdownTier)),
    exposure_quote=UNKNOWN | WHOLE,
    first_day_cap_quote=UNKNOWN | WHOLE,
)
SHARES = st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.75")])
PORTFOLIOS = of(
    FACTS,
    strategy_quote=WHOLE,
    sector_quote=WHOLE,
    cluster=st.sampled_from([(), ("ETH/USDT",)]),
    cluster_quote=WHOLE,
    exposure_quote=WHOLE,
    symbol_quote=WHOLE,
    heat_others=UNKNOWN | st.sampled_from([Decimal(0), Decimal("0.49")]),
    vol_annual=UNKNOWN | st.sampled_from([Decimal("0.6"), Decimal(9)]),
    depth=UNKNOWN | st.sampled_from([Decimal(0), Decimal(100), Decimal(100_000)]),
    variance=UNKNOWN | st.sampled_from([0.0, 2500.0, 90_000.0]),
    covariance=st.sampled_from([0.0, 1.5, -0.5]),
    own=st.sampled_from([0.0, 0.0016]),
    nu=st.sampled_from([3.0, 4.56]),
    several_venues=st.booleans(),
    venue_quote=UNKNOWN | WHOLE,
    places_equity=UNKNOWN | WHOLE,
    tier=st.sampled_from([None, *TIERS]),
    venues=st.integers(1, 3),
    breaker=st.sampled_from([None, BreakerView("venue", BreakerState.OPEN, errors=5)]),
    dynamic=st.builds(DynamicLimits, SHARES, SHARES, SHARES, SHARES),
)
FULL = replace(BOOK, venue=VENUE, record=PAST, portfolio=FACTS)
BOOKS = of(
    FULL,
    mode=st.sampled_from([None, "NORMAL", "PAUSED", "EMERGENCY"]),
    armed=st.sampled_from([None, True, False]),
    price_age_secs=UNKNOWN | st.integers(-48, 88).map(lambda n: Decimal(n) / 8),
    min_qty=UNKNOWN | st.just(Decimal("0.0001")),
    min_notional=UNKNOWN | WHOLE,
    free_slots=UNKNOWN | st.integers(0, 2),
    open_slots=UNKNOWN | st.just(9),
    equity=UNKNOWN | st.sampled_from([Decimal(-100), Decimal(0), Decimal(10_000)]),
    available_quote=UNKNOWN | WHOLE,
    symbol_exposure_quote=UNKNOWN | WHOLE,
    venue=UNKNOWN | VENUES,
    record=UNKNOWN | RECORDS,
    portfolio=UNKNOWN | PORTFOLIOS,
)
SOME_LIMITS = st.sampled_from([LIMITS, replace(LIMITS, per_venue_pct=Decimal(20), cluster_pct=Decimal(0))])


def scalar(plan: Proposed, book: Snapshot, limits: RiskLimits) -> str:
    result = run(CHECKS, plan, book, limits)
    return "" if result.allowed else result.lines[-1].name


def vectorial(plans: list[Proposed], books: list[Snapshot], limits: RiskLimits) -> list[str]:
    found = vector.decide(vector.columns_of(plans, books), limits)
    return ["" if place == vector.ALLOWED else NAMES[place] for place in found]


@settings(max_examples=150)
@given(st.lists(st.tuples(PLANS, BOOKS), min_size=1, max_size=12), SOME_LIMITS)
def test_columns_deny_what_the_gate_denies(pairs: list[tuple[Proposed, Snapshot]], limits: RiskLimits) -> None:
    plans, books = [plan for plan, _ in pairs], [book for _, book in pairs]
    assert vectorial(plans, books, limits) == [scalar(plan, book, limits) for plan, book in pairs]


@pytest.mark.parametrize("name", [field.name for field in fields(Snapshot)])
def test_one_thing_that_is_not_known(name: str) -> None:
    book = replace(FULL, **{name: None})
    assert vectorial([PLAN], [book], LIMITS) == [scalar(PLAN, book, LIMITS)]


def test_no_plans_need_no_decisions() -> None:
    columns = {name: np.array([]) for name in vector.columns_of([PLAN], [BOOK])}
    assert list(vector.decide(columns, LIMITS)) == []
