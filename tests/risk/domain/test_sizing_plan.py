"""The capital of a pyramid: what is asked, every cap that is switched on, and which one bound."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.checks import CHECKS, Snapshot, run
from risk.domain.checks.present import reserved_funds
from risk.domain.denial import Denial
from risk.domain.drawdown import DrawdownTier
from risk.domain.kelly import TradeRecord
from risk.domain.limits import RiskLimits
from risk.domain.sizing import Sized, SizeRequest
from risk.domain.sizing_plan import SizeFacts, plan_capital, rooms
from signals.intent import SizeKind
from tests.risk.domain.test_checks import BOOK, LIMITS, PLAN
from tests.risk.domain.test_portfolio_checks import FACTS

D = Decimal
GOOD = TradeRecord(wins=60, losses=40, won=D(6000), lost=D(3000))
ASKED = SizeFacts(
    request=None,
    setting=SizeRequest(SizeKind.QUOTE, D(100)),
    equity=D(10_000),
    free=D(5000),
    position=None,
    price=D(100),
    stop_distance=D(2),
    base="BTC",
    quote="USDT",
    confidence=D("0.8"),
    trades=GOOD,
    target_scale=D("0.6"),
    others=2,
    correlation=D("0.5"),
)
ROOMY = replace(BOOK, symbol_exposure_quote=D(0))


def sized(facts: SizeFacts = ASKED, *, book: Snapshot = ROOMY, caps: str = "", **limits: object) -> Sized | Denial:
    return plan_capital(facts, book, replace(LIMITS, size_caps=tuple(caps.split()), **limits))


def capital_of(found: Sized | Denial) -> tuple[Decimal, str]:
    assert isinstance(found, Sized), found
    return round(found.capital, 4), found.bound_by


@pytest.mark.parametrize(
    ("caps", "limits", "capital", "bound_by"),
    [
        ("", {}, D(100), "setting"),
        ("confidence", {}, D(80), "confidence"),  # 100 × 0.8
        ("volatility", {}, D(60), "volatility target"),  # 100 × 0.6
        ("confidence volatility", {}, D(60), "volatility target"),
        ("risk", {"risk_bps": D(1)}, D(50), "risk per trade"),  # 1 of 10 000 at 2 % away: 1 ÷ 2 × 100
        ("risk", {"risk_bps": D(100)}, D(100), "setting"),
    ],
)
def test_each_cap_by_itself(caps: str, limits: dict[str, object], capital: Decimal, bound_by: str) -> None:
    assert capital_of(sized(caps=caps, **limits)) == (capital, bound_by)


@pytest.mark.parametrize(("leverage", "capital"), [(1, 5000), (3, 15_000), (10, 20_000)])
def test_on_futures_what_is_free_pays_the_margin(leverage: int, capital: int) -> None:
    """The gate's own measure, margin = notional ÷ leverage ≤ 5 000, passes what is sized."""
    facts = replace(ASKED, setting=SizeRequest(SizeKind.QUOTE, D(20_000)), leverage=D(leverage))
    found, name = capital_of(sized(facts))
    plan = replace(PLAN, notional=found, leverage=D(leverage))
    assert (found, name == "setting") == (D(capital), leverage == 10)
    assert reserved_funds(plan, replace(ROOMY, available_quote=D(5000)), LIMITS).denial is None


def test_kelly_binds_where_the_record_says_little() -> None:
    # p = 0.6: 0.6 × (1 − 3000 ÷ 6000) = 0.3 full; × 100 ÷ 150 × 0.25 × 0.5 × 1 ÷ (1 + 2 × 0.5) × 0.8 = 0.01
    # at risk: 0.01 × 10 000 = 100, at 2 % away: 5000, more than is asked
    assert capital_of(sized(caps="kelly")) == (D(100), "setting")
    large = replace(ASKED, setting=SizeRequest(SizeKind.QUOTE, D(5000)), free=D(10_000))
    assert capital_of(sized(replace(large, confidence=D("0.4")), caps="kelly")) == (D(2500), "Kelly")


def test_a_short_record_says_nothing_and_caps_nothing() -> None:
    facts = replace(ASKED, trades=TradeRecord(5, 4, D(5), D(4)))
    assert capital_of(sized(facts, caps="kelly")) == (D(100), "setting")


@pytest.mark.parametrize(
    ("caps", "changed", "lacking"),
    [
        ("kelly", {"trades": None}, "the strategy's trades"),
        ("kelly", {"stop_distance": None}, "stop distance"),
        ("risk", {"stop_distance": None}, "stop distance"),
        ("volatility", {"target_scale": None}, "volatility"),
        ("", {"free": None}, "free balance"),
    ],
)
def test_a_cap_that_lacks_its_facts_denies(caps: str, changed: dict[str, object], lacking: str) -> None:
    found = sized(replace(ASKED, **changed), caps=caps)
    assert isinstance(found, Denial)
    assert (found.code, found.value) == ("DATA_MISSING", lacking)


def test_a_signal_without_confidence_is_taken_as_it_is() -> None:
    assert capital_of(sized(replace(ASKED, confidence=None), caps="confidence")) == (D(100), "setting")


def test_half_of_it_in_the_orange_tier() -> None:
    assert capital_of(sized(replace(ASKED, tier=DrawdownTier.ORANGE))) == (D(50), "drawdown tier")
    assert capital_of(sized(replace(ASKED, tier=DrawdownTier.RED))) == (D(100), "setting")  # the gate denies


@pytest.mark.parametrize(
    ("facts", "capital", "bound_by"),
    [
        ({"strategy_quote": D(4920)}, D(80), "strategy exposure"),  # 50 % of 10 000 less 4920
        ({"sector_quote": D(5930)}, D(70), "sector exposure"),
        ({"cluster_quote": D(5940)}, D(60), "cluster exposure"),
        ({"venue_quote": D(9950)}, D(50), "venue exposure"),
        ({"exposure_quote": D(29_945)}, D(55), "leverage"),
        ({"heat_others": D("0.4232")}, D(60), "portfolio heat"),  # (0.5 − 0.4232) ÷ 0.8 × 10 000 = 960, 900 are held
        ({"strategy_quote": D(4951)}, D(100), "setting"),  # less than half is left: the gate denies with its numbers
    ],
)
def test_every_limit_caps_with_its_name(facts: dict[str, object], capital: Decimal, bound_by: str) -> None:
    free = replace(FACTS, cluster_quote=D(0), strategy_quote=D(0), sector_quote=D(0), venue_quote=D(0))
    book = replace(ROOMY, portfolio=replace(free, **facts))
    found = sized(book=book, caps="limits", per_venue_pct=D(50))
    assert capital_of(found) == (capital, bound_by)


def test_the_symbols_own_limit_follows_the_market() -> None:
    assert [(cap.name, cap.quote) for cap in rooms(BOOK, LIMITS)] == [("symbol exposure", D(100))]
    assert rooms(replace(BOOK, equity=None), LIMITS) == []


MONEY = st.integers(0, 12_000).map(Decimal)


@given(MONEY, MONEY, MONEY, MONEY, st.integers(1, 3000).map(Decimal))
def test_what_limits_leave_the_gate_lets_through(
    symbol: Decimal, strategy: Decimal, sector: Decimal, cluster: Decimal, asked: Decimal
) -> None:
    """Where a limit bound the size, no limit denies it."""
    facts = replace(FACTS, strategy_quote=strategy, sector_quote=sector, cluster_quote=cluster, several_venues=False)
    book = replace(BOOK, symbol_exposure_quote=symbol, portfolio=facts, available_quote=D(10**6))
    limits: RiskLimits = replace(LIMITS, size_caps=("limits",))
    wanted = replace(ASKED, setting=SizeRequest(SizeKind.QUOTE, asked), free=D(10**6))
    found = plan_capital(wanted, book, limits)
    assert isinstance(found, Sized)
    assert found.capital <= asked
    worth_having = all(cap.quote * 2 >= asked for cap in rooms(book, limits))
    result = run(CHECKS, replace(PLAN, notional=found.capital), book, limits)
    shares = {"SYMBOL_EXPOSURE", "STRATEGY_EXPOSURE", "SECTOR_EXPOSURE", "CLUSTER_EXPOSURE", "PORTFOLIO_HEAT"}
    assert not worth_having or result.denial is None or result.denial.code not in shares
