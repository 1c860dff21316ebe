"""The gate: all checks in order, missing data denies, every line carries its numbers."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.checks import CHECKS, CheckLine, GateResult, Proposed, Snapshot, TrackRecord, VenueFacts, run
from risk.domain.drawdown import DrawdownTier
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
        ({"price_age_secs": D("-5.1")}, "STALE_PRICE", D("-5.1"), 10, 2),
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


@pytest.mark.parametrize(
    "field", [field.name for field in fields(Snapshot) if field.name not in ("venue", "record", "portfolio")]
)
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


VENUE = VenueFacts(
    health="",
    reconciled=True,
    clock_offset_ms=-1000,
    open_orders=195,
    algo_orders=8,
    max_open_orders=200,
    max_algo_orders=10,
    hedge_mode=False,
    opposite="",
    quote="USDT",
)
PERP = replace(PLAN, symbol="BTC/USDT:USDT", derivative=True, leverage=D(3), orders=5, algo_orders=2)
PAST_ONLY = {"order_rate", "daily_loss", "consecutive_losses", "drawdown_tier", "live_start_cap"}
OF_PORTFOLIO = {check.name for check in CHECKS if check.run.__module__.endswith("portfolio")}
ALL = [check.name for check in CHECKS if check.name not in PAST_ONLY | OF_PORTFOLIO]


def at_venue(plan: Proposed = PERP, **facts: object) -> GateResult:
    return gate(plan, venue=replace(VENUE, **facts))


def test_at_a_venue_a_futures_plan_passes_every_check() -> None:
    result = at_venue()
    assert result.sentence() == "All 13 checks passed."
    assert [line.name for line in result.lines] == ALL
    numbers = {line.name: (line.value, line.limit, line.unit) for line in result.lines}
    assert numbers["account_health"] == ("healthy", "healthy", "")
    assert numbers["clock_offset"] == (-1000, 1000, "ms")
    assert numbers["opposite_side"] == ("nothing", "one side", "")
    assert numbers["open_order_cap"] == (200, 200, "")  # 195 + 5
    assert numbers["leverage"] == (D(3), D(3), "×")


def test_a_spot_plan_is_asked_nothing_about_futures() -> None:
    names = [line.name for line in at_venue(replace(PLAN, orders=5)).lines]
    assert set(ALL) - set(names) == {"opposite_side", "leverage"}


@pytest.mark.parametrize(
    ("changed", "code", "value", "limit"),
    [
        ({"health": "KEY_REVOKED"}, "ACCOUNT_UNHEALTHY", "KEY_REVOKED", "healthy"),
        ({"reconciled": False}, "ACCOUNT_UNHEALTHY", "not reconciled with the venue lately", "healthy"),
        ({"clock_offset_ms": 1001}, "CLOCK_OFFSET", 1001, 1000),
        ({"clock_offset_ms": -1001}, "CLOCK_OFFSET", -1001, 1000),
        ({"opposite": "SHORT 0.5"}, "OPPOSITE_SIDE_OPEN", "SHORT 0.5", "one side"),
        ({"quote": "BTC"}, "OTHER_QUOTE", "USDT", "BTC"),
        ({"open_orders": 196}, "OPEN_ORDER_CAP", 201, 200),
        ({"algo_orders": 9}, "OPEN_ORDER_CAP", 11, 10),
    ],
)
def test_each_venue_check_denies_with_its_numbers(
    changed: dict[str, object], code: str, value: object, limit: object
) -> None:
    denial = at_venue(**changed).denial
    assert denial is not None
    assert (denial.code, denial.value, denial.limit) == (code, value, limit)


@pytest.mark.parametrize(
    "changed",
    [
        {"max_open_orders": None, "open_orders": 10**6},  # the venue sets no cap
        {"max_algo_orders": None, "algo_orders": 10**6},
        {"hedge_mode": True, "opposite": "SHORT 0.5"},
    ],
)
def test_what_the_venue_allows_passes(changed: dict[str, object]) -> None:
    assert at_venue(**changed).allowed


@pytest.mark.parametrize(
    "field",
    ["health", "reconciled", "clock_offset_ms", "open_orders", "algo_orders", "hedge_mode", "opposite", "quote"],
)
def test_what_the_venue_does_not_tell_denies(field: str) -> None:
    denial = at_venue(**{field: None}).denial
    assert denial is not None
    assert denial.code == "DATA_MISSING"


@pytest.mark.parametrize(("leverage", "code"), [(D("3.1"), "LEVERAGE"), (None, "DATA_MISSING")])
def test_leverage_stays_within_its_limit(leverage: Decimal | None, code: str) -> None:
    denial = gate(replace(PERP, leverage=leverage)).denial
    assert denial is not None
    assert denial.code == code


@pytest.mark.parametrize("name", ["account_health", "account_quote", "clock_offset", "opposite_side", "open_order_cap"])
def test_a_venue_check_without_a_venue_denies(name: str) -> None:
    """The registry does not ask then; the function by itself never says yes."""
    check = next(check for check in CHECKS if check.name == name)
    found = check.run(PERP, BOOK, LIMITS)
    assert found.denial is not None
    assert found.denial.code == "DATA_MISSING"


def test_an_unhealthy_account_can_always_exit() -> None:
    plan = replace(PERP, kind=PlanKind.REDUCING)
    assert at_venue(plan, health="KEY_REVOKED", reconciled=False, clock_offset_ms=None, opposite=None).allowed


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
    assert result.allowed == (len(result.passed) == len(NAMES))
    known = None not in book.values()
    assert known or not result.allowed
    assert not result.allowed or (book["mode"] == "NORMAL" and book["armed"] is True)


# what was ----------------------------------------------------------------------------------------

PAST = TrackRecord(
    orders_last_minute=115,
    day_loss_pct=D("4.999"),
    losing_streak=7,
    drawdown_pct=D("8.5"),
    drawdown_tier=DrawdownTier.ORANGE,
    exposure_quote=D(100),
    first_day_cap_quote=D(200),
)


def with_past(**changed: object) -> GateResult:
    return gate(replace(PLAN, orders=5), record=replace(PAST, **changed))


def test_a_record_just_within_its_limits_passes() -> None:
    numbers = {line.name: (line.value, line.limit, line.unit) for line in with_past().lines}
    assert numbers["order_rate"] == (120, 120, "")
    assert numbers["daily_loss"] == (D("5.00"), D(5), "%")
    assert numbers["consecutive_losses"] == (7, 8, "")
    assert numbers["drawdown_tier"] == (D("8.50"), D(12), "%")
    assert numbers["live_start_cap"] == (D(200), D(200), "USDT")
    assert with_past().allowed


@pytest.mark.parametrize(
    ("changed", "code", "value", "limit"),
    [
        ({"orders_last_minute": 116}, "ORDER_RATE", 121, 120),
        ({"day_loss_pct": D(5)}, "DAILY_LOSS", D("5.00"), D(5)),
        ({"losing_streak": 8}, "CONSECUTIVE_LOSSES", 8, 8),
        ({"drawdown_tier": DrawdownTier.RED, "drawdown_pct": D(3)}, "DRAWDOWN_TIER", D("3.00"), D(12)),  # cooling down
        ({"drawdown_tier": DrawdownTier.STOP, "drawdown_pct": D(16)}, "DRAWDOWN_TIER", D("16.00"), D(12)),
        ({"exposure_quote": D("100.01")}, "LIVE_START_CAP", D("200.01"), D(200)),
    ],
)
def test_each_check_of_the_past_denies_with_its_numbers(
    changed: dict[str, object], code: str, value: object, limit: object
) -> None:
    denial = with_past(**changed).denial
    assert denial is not None
    assert (denial.code, denial.value, denial.limit) == (code, value, limit)
    assert denial.sentence()


def test_after_the_first_day_there_is_no_cap_to_show() -> None:
    assert "live_start_cap" not in [line.name for line in with_past(first_day_cap_quote=None).lines]


@pytest.mark.parametrize("field", [field.name for field in fields(TrackRecord) if field.name != "first_day_cap_quote"])
def test_a_past_that_is_not_known_denies(field: str) -> None:
    denial = with_past(**{field: None}).denial
    assert denial is not None
    assert denial.code == "DATA_MISSING"
