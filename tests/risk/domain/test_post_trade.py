"""After a fill: every limit that stands broken is told, none of the checks about sending."""

from dataclasses import replace
from decimal import Decimal

from risk.domain.checks import CHECKS
from risk.domain.drawdown import DrawdownTier
from risk.domain.post_trade import HELD, breaches
from tests.risk.domain.test_checks import BOOK, LIMITS, PAST, PLAN
from tests.risk.domain.test_portfolio_checks import FACTS

D = Decimal
WITHIN = replace(BOOK, portfolio=FACTS, record=PAST)


def test_within_its_limits_nothing_is_told() -> None:
    assert breaches(PLAN, WITHIN, LIMITS) == []


def test_everything_that_is_broken_is_told() -> None:
    worse = replace(FACTS, strategy_quote=D(5001), heat_others=D("0.6"))
    book = replace(WITHIN, portfolio=worse, symbol_exposure_quote=D(1001), armed=False, mode="PAUSED")
    found = [denial.code for denial in breaches(PLAN, book, LIMITS)]
    assert found == ["SYMBOL_EXPOSURE", "STRATEGY_EXPOSURE", "PORTFOLIO_HEAT"]


def test_a_limit_is_held_against_what_is_there_not_against_the_fill_again() -> None:
    book = replace(WITHIN, symbol_exposure_quote=D(1000))
    assert breaches(replace(PLAN, notional=D(999)), book, LIMITS) == []


def test_what_is_not_known_is_not_broken() -> None:
    assert breaches(PLAN, replace(WITHIN, portfolio=replace(FACTS, variance=None, heat_others=None)), LIMITS) == []


def test_losses_count_too() -> None:
    past = replace(PAST, day_loss_pct=D(6), drawdown_tier=DrawdownTier.RED, drawdown_pct=D(13))
    found = [denial.code for denial in breaches(PLAN, replace(WITHIN, record=past), LIMITS)]
    assert found == ["DAILY_LOSS", "DRAWDOWN_TIER"]


def test_every_name_is_a_check() -> None:
    assert {check.name for check in CHECKS} >= HELD
