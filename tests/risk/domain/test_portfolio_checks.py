"""The checks of the whole: each denies at its limit with its numbers, and what is not known denies."""

from dataclasses import replace
from decimal import Decimal
from math import sqrt

import pytest

from risk.domain import student
from risk.domain.breaker import BreakerState, BreakerView
from risk.domain.capital_tiers import TIERS
from risk.domain.checks import CHECKS, LAYER_OF, GateResult, Layer, Proposed, run
from risk.domain.limits import RiskLimits
from risk.domain.mode import PlanKind
from risk.domain.portfolio import PortfolioFacts
from risk.domain.regime import DynamicLimits
from tests.risk.domain.test_checks import BOOK, LIMITS, PLAN

D = Decimal
SURVIVAL, GROWTH, ACCELERATION = TIERS[:3]

# Equity 10 000, the plan 100. The market swings 4 % a day, 0.0016 per quote².
FACTS = PortfolioFacts(
    strategy="first source",
    strategy_quote=D(4900),
    sector="BTC",
    sector_quote=D(5900),
    cluster=("ETH/USDT",),
    cluster_quote=D(5900),
    exposure_quote=D(8000),
    symbol_quote=D(900),
    heat_others=D("0.3"),
    vol_annual=D("0.8"),
    depth=D(1000),
    variance=2500.0,
    covariance=0.5,
    own=0.0016,
    nu=4.0,
    several_venues=True,
    venue_quote=D(9900),
    places_equity=D(20000),
    tier=GROWTH,
    venues=2,
)
LIMITED = replace(LIMITS, per_venue_pct=D(50))


def gate(plan: Proposed = PLAN, limits: RiskLimits = LIMITED, **facts: object) -> GateResult:
    return run(CHECKS, plan, replace(BOOK, portfolio=replace(FACTS, **facts)), limits)


def test_a_plan_just_within_every_limit_passes_with_its_numbers() -> None:
    result = gate()
    assert result.allowed, result.sentence()
    numbers = {line.name: (line.value, line.limit) for line in result.lines}
    assert numbers["strategy_exposure"] == (D(5000), D(5000))  # 4900 + 100, 50 % of 10 000
    assert numbers["sector_exposure"] == (D(6000), D(6000))
    assert numbers["cluster_exposure"] == (D(6000), D(6000))
    assert numbers["venue_exposure"] == (D(10000), D(10000))  # 50 % of all 20 000
    assert numbers["portfolio_leverage"] == (D("0.81"), D(3))  # 8100 ÷ 10 000
    assert numbers["capital_tier"] == ("GROWTH", "GROWTH")
    assert numbers["portfolio_heat"] == (D("0.38"), D("0.5"))  # 0.3 + 1000 ÷ 10 000 × 0.8 × √1
    assert numbers["circuit_breaker"] == ("closed", "closed")
    # √(2500 + 2·100·0.5 + 100²·0.0016) = √2616 = 51.15 quote a day; × 2.6495 (t, ν 4, 99 %) ÷ 10 000
    assert numbers["daily_var"] == (D("1.3551"), D(5))


@pytest.mark.parametrize(
    ("changed", "code", "value", "limit"),
    [
        ({"strategy_quote": D("4900.01")}, "STRATEGY_EXPOSURE", D("5000.01"), D(5000)),
        ({"sector_quote": D("5900.01")}, "SECTOR_EXPOSURE", D("6000.01"), D(6000)),
        ({"cluster_quote": D("5900.01")}, "CLUSTER_EXPOSURE", D("6000.01"), D(6000)),
        ({"dynamic": DynamicLimits(correlation=D("0.8"))}, "CLUSTER_EXPOSURE", D(6000), D(4800)),
        ({"venue_quote": D("9900.01")}, "VENUE_EXPOSURE", D("10000.01"), D(10000)),
        ({"exposure_quote": D(29901)}, "LEVERAGE", D("3.0001"), D(3)),
        ({"dynamic": DynamicLimits(leverage=D("0.25"))}, "LEVERAGE", D("0.81"), D("0.75")),
        ({"dynamic": DynamicLimits(position=D("0.5"))}, "SYMBOL_EXPOSURE", D(1000), D(500)),
        ({"venues": 3}, "CAPITAL_TIER", "GROWTH", "ACCELERATION"),
        ({"tier": SURVIVAL}, "CAPITAL_TIER", "SURVIVAL", "GROWTH"),  # two venues
        ({"heat_others": D("0.4201")}, "PORTFOLIO_HEAT", D("0.5001"), D("0.5")),
        ({"depth": D(250)}, "PORTFOLIO_HEAT", D("0.46"), D("0.5")),  # 0.08 × √(1000 ÷ 250) = 0.16: passes at 0.46
        ({"variance": 40_000.0}, "DAILY_VAR", D("5.3067"), D(5)),  # √40116 × 2.6495 ÷ 100
        ({"breaker": BreakerView("venue:x", BreakerState.OPEN, errors=7)}, "CIRCUIT_BREAKER", 7, 5),
    ],
)
def test_each_check_denies_with_its_numbers(
    changed: dict[str, object], code: str, value: object, limit: object
) -> None:
    result = gate(**changed)
    found = (result.denial.code, result.denial.value, result.denial.limit) if result.denial else passed(result, code)
    assert found == (code, value, limit)
    assert result.sentence()


def passed(result: GateResult, code: str) -> tuple[str, object, object]:
    line = next(line for line in result.lines if line.name == code.lower())
    return code, line.value, line.limit


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"heat_others": None, "lacking": ("book depth", "XRP/USDT")}, "book depth"),
        ({"vol_annual": None, "lacking": ("volatility", "BTC/USDT")}, "volatility"),
        ({"depth": None}, "volatility"),
        ({"variance": None, "lacking": ("volatility", "XRP/USDT")}, "volatility"),
        ({"own": 0.0}, "volatility"),
        ({"places_equity": None}, "equity elsewhere"),
    ],
)
def test_what_is_not_known_denies_by_name(changed: dict[str, object], field: str) -> None:
    denial = gate(**changed).denial
    assert denial is not None
    assert (denial.code, denial.value) == ("DATA_MISSING", field)


@pytest.mark.parametrize("name", [check.name for check in CHECKS if check.run.__module__.endswith("portfolio")])
def test_a_portfolio_check_without_a_portfolio_denies(name: str) -> None:
    """The registry does not ask then; the function by itself never says yes."""
    found = next(check for check in CHECKS if check.name == name).run(PLAN, BOOK, LIMITS)
    assert found.denial is not None
    assert found.denial.value == "portfolio"


def test_what_stands_alone_is_in_no_cluster() -> None:
    assert gate(cluster=(), cluster_quote=D(9999)).allowed


def test_in_the_strict_profile_a_second_pair_of_a_cluster_is_blocked() -> None:
    strict = replace(LIMITED, cluster_pct=D(0))
    assert gate(limits=strict, cluster=()).allowed
    assert gate(limits=strict).denial is not None


def test_with_one_venue_its_share_is_not_asked() -> None:
    names = [line.name for line in gate(several_venues=False, venue_quote=None, places_equity=None).lines]
    assert "venue_exposure" not in names


@pytest.mark.parametrize(("leverage", "allowed"), [(D(2), True), (D(3), False)])
def test_leverage_is_part_of_the_tier(leverage: Decimal, allowed: bool) -> None:
    perp = replace(PLAN, derivative=True, leverage=leverage)
    assert gate(perp).allowed is allowed
    assert gate(perp, tier=ACCELERATION).allowed
    assert gate(perp, tier=None).allowed  # tiers are switched off


def test_exits_are_asked_nothing_of_it() -> None:
    plan = replace(PLAN, kind=PlanKind.REDUCING)
    assert gate(plan, heat_others=None, variance=None, tier=SURVIVAL, exposure_quote=D(10**9)).allowed


def test_the_value_at_risk_is_that_of_the_standardised_tail() -> None:
    """The plain quantile of t at ν = 4 would overstate it by √2."""
    assert student.quantile(0.99, 4.0) == pytest.approx(3.7469474 / sqrt(2))


def test_every_layer_has_a_check() -> None:
    assert {*LAYER_OF.values()} == {*Layer}
