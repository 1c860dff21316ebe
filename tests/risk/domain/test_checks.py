"""The gate: all checks in order, missing data denies, every line carries its numbers."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.checks import CHECKS, CheckLine, GateResult, Proposed, Snapshot, run
from risk.domain.limits import RiskLimits
from risk.domain.mode import PlanKind

D = Decimal
NAMES = ["mode", "armed", "stale_price", "minimums", "slots", "symbol_exposure", "reserved_funds"]

PLAN = Proposed(
    account_id=7,
    symbol="BTC/USDT",
    side="LONG",
    kind=PlanKind.ENTRY,
    notional=D(100),
    smallest_qty=D("0.0004"),
    smallest_notional=D(20),
    needs_slot=True,
    base="BTC",
    quote="USDT",
)
BOOK = Snapshot(
    mode="NORMAL",
    armed=True,
    price_age_secs=D("1.5"),
    min_qty=D("0.0001"),
    min_notional=D(5),
    free_slots=1,
    open_slots=9,
    pool_size=10,
    equity=D(10000),
    available_quote=D(500),
    symbol_exposure_quote=D(900),
)
LIMITS = RiskLimits(
    profile="standard",
    per_symbol_pct=D(10),
    per_venue_pct=None,
    per_strategy_pct=D(50),
    per_sector_pct=D(60),
    cluster_rho=D("0.7"),
    cluster_pct=D(60),
    max_leverage=D(3),
    max_heat=D("0.5"),
    var_limit_pct=D(5),
    var_confidence=D(99),
    max_daily_loss_pct=D(5),
    drawdown_tiers_pct=(D(5), D(8), D(12), D(15)),
    max_consecutive_losses=8,
    order_rate_per_min=120,
    stale_price_secs=10,
    max_clock_offset_ms=1000,
)


def gate(plan: Proposed = PLAN, **book: object) -> GateResult:
    return run(CHECKS, plan, replace(BOOK, **book), LIMITS)


def test_a_good_plan_passes_with_all_its_numbers() -> None:
    result = gate()
    assert result.allowed
    assert result.sentence() == "All 7 checks passed."
    assert result.passed == result.lines
    assert result.lines == (
        CheckLine("mode", "NORMAL", "NORMAL", "", ok=True),
        CheckLine("armed", "armed", "armed", "", ok=True),
        CheckLine("stale_price", D("1.5"), 10, "s", ok=True),
        CheckLine("minimums", D(20), D(5), "USDT", ok=True),
        CheckLine("slots", 9, 10, "", ok=True),
        CheckLine("symbol_exposure", D(1000), D(1000), "USDT", ok=True),  # 900 + 100 of 10 % of 10 000
        CheckLine("reserved_funds", D(100), D(500), "USDT", ok=True),
    )


@pytest.mark.parametrize(
    ("changed", "code", "value", "limit", "passed"),
    [
        ({"mode": "PAUSED"}, "MODE", "PAUSED", "NORMAL", 0),
        ({"mode": "REDUCED"}, "MODE", "REDUCED", "NORMAL", 0),
        ({"mode": "EMERGENCY"}, "MODE", "EMERGENCY", "NORMAL", 0),
        ({"armed": False}, "NOT_ARMED", "not armed", "armed", 1),
        ({"price_age_secs": D("10.1")}, "STALE_PRICE", D("10.1"), 10, 2),
        ({"min_qty": D("0.0005")}, "BELOW_MINIMUM", D("0.0004"), D("0.0005"), 3),
        ({"min_notional": D("20.01")}, "BELOW_MINIMUM", D(20), D("20.01"), 3),
        ({"free_slots": 0, "open_slots": 10}, "POOL_FULL", 10, 10, 4),
        ({"symbol_exposure_quote": D("900.01")}, "SYMBOL_EXPOSURE", D("1000.01"), D(1000), 5),
        ({"equity": D(-5)}, "SYMBOL_EXPOSURE", D(1000), D(0), 5),
        ({"available_quote": D("99.99")}, "RESERVED_FUNDS", D(100), D("99.99"), 6),
    ],
)
def test_each_check_denies_with_its_numbers(
    changed: dict[str, object], code: str, value: object, limit: object, passed: int
) -> None:
    result = gate(**changed)
    assert result.denial is not None
    assert (result.denial.code, result.denial.value, result.denial.limit) == (code, value, limit)
    assert [line.name for line in result.passed] == NAMES[:passed]
    assert result.lines[-1] == CheckLine(NAMES[passed], value, limit, result.denial.unit, ok=False)
    assert result.sentence() == result.denial.sentence()


@pytest.mark.parametrize("field", [field.name for field in fields(Snapshot)])
def test_what_is_not_known_denies(field: str) -> None:
    result = gate(**{field: None})
    assert result.denial is not None
    assert result.denial.code == "DATA_MISSING"
    assert result.denial.value


def test_a_pyramid_without_a_slot_passes_a_full_pool() -> None:
    plan = replace(PLAN, kind=PlanKind.PYRAMID, needs_slot=False)
    assert gate(plan, free_slots=0, open_slots=10).allowed


@pytest.mark.parametrize(
    ("kind", "mode", "allowed"),
    [
        (PlanKind.REDUCING, "PAUSED", True),
        (PlanKind.REDUCING, "REDUCED", True),
        (PlanKind.REDUCING, "EMERGENCY", False),
        (PlanKind.FLATTENING, "EMERGENCY", True),
    ],
)
def test_exits_go_on_whatever_else_is_wrong(kind: PlanKind, mode: str, allowed: bool) -> None:
    """Only mode and minimums concern an exit: not armed, no price, no slots, no funds do not hold it."""
    missing = {"armed": False, "price_age_secs": None, "free_slots": None, "equity": None, "available_quote": None}
    result = gate(replace(PLAN, kind=kind), mode=mode, **missing)
    assert result.allowed is allowed
    assert [line.name for line in result.lines] == (["mode", "minimums"] if allowed else ["mode"])


@given(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from([None, "NORMAL", "PAUSED"]),
            "armed": st.sampled_from([None, True, False]),
            "price_age_secs": st.none() | st.decimals(0, 20, places=1),
            "free_slots": st.none() | st.integers(0, 3),
            "equity": st.none() | st.decimals(-100, 20000, places=2),
            "available_quote": st.none() | st.decimals(0, 300, places=2),
            "symbol_exposure_quote": st.none() | st.decimals(0, 2000, places=2),
        }
    )
)
def test_nothing_passes_without_every_condition(book: dict[str, object]) -> None:
    result = gate(**book)
    assert result.allowed == (len(result.passed) == len(CHECKS))
    known = None not in book.values()
    assert known or not result.allowed
    assert not result.allowed or (book["mode"] == "NORMAL" and book["armed"] is True)
