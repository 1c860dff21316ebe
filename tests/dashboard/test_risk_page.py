"""The page Risk: limits with value and limit, what is not known said openly, empty and sealed, few questions to the database."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import risk, risk_facts
from dashboard.risk import RiskPage
from project.accounts.models import ExchangeAccount
from risk.domain.checks import CHECKS
from risk.models import BookDepth, Breaker, Dependence, GarchFit, RiskDecision
from signals.models import Instrument
from signals.timeframes import DAY
from tests.dashboard import rows
from trading.models import SettingOverride

D = Decimal
PAGE = "/risk"


def text(browser: Client) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(PAGE).content.decode()))


def gathered(account: ExchangeAccount, now: datetime) -> RiskPage:
    return risk.gather(account, mode="NORMAL", alone=True, hide=False, now=now)


def weather(now: datetime, *, variance: float = 0.0004) -> None:
    """A fit, a book and a correlation for every market: a day moves by 2 %, no shock stays."""
    for market in Instrument.objects.all():
        BookDepth.objects.create(instrument=market, quote=D(1_000_000), at=now)
        GarchFit.objects.create(
            instrument=market, timeframe_secs=DAY, method="GARCH", omega=variance, alpha=0, beta=0, nu=5,
            variance=variance, usual=variance, count=300, candle_at=now - timedelta(days=1), close=1, fitted_at=now,
        )  # fmt: skip
    names = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    rho = [[one, other, 0.8] for place, one in enumerate(names) for other in names[:place]]
    Dependence.objects.create(venue="binance", environment="paper", method="DCC", rho=rho, at=now)


def test_every_check_of_the_gate_has_its_line(day: rows.Desk, now: datetime) -> None:
    found = [row.name for layer in gathered(day.account, now).layers for row in layer.rows]
    assert sorted(found) == sorted(check.name for check in CHECKS)


def test_what_is_not_known_is_said(day: rows.Desk, trader: Client) -> None:
    page = text(trader)
    assert "▲ not known" in page
    assert "a volatility of what is held is missing, and entries that need it are denied" in page


def test_an_ordinary_day_with_everything_known(day: rows.Desk, trader: Client, now: datetime) -> None:
    weather(now)
    page = text(trader)
    assert "Pairs that move together" in page
    assert "1 by GARCH" not in page  # three pairs are held
    assert "3 by GARCH" in page
    assert "0.80" in page
    assert "normal" in page


def test_the_loss_of_a_bad_day_is_the_one_of_the_textbook(day: rows.Desk, now: datetime) -> None:
    """One pair held, a day of 2 %: VaR = exposure × 2 % × quantile; CVaR lies beyond, a day beyond an hour."""
    weather(now)
    day.account.groups.exclude(instrument__base="BTC").update(qty=0, closed_at=now)
    page = gathered(day.account, now)
    rows_of = {(row.horizon, row.level): row for row in page.losses}
    assert set(rows_of) == {(horizon, level) for horizon in ("1 hour", "1 day") for level in (95, 99)}
    worst, held = rows_of["1 day", 99], page.shares[0][1][0].quote
    # Student's t of 5 degrees at 99 %, standardised: 3.365 × √(3 ÷ 5) = 2.607
    assert float(worst.var_quote) == pytest.approx(float(held) * 0.02 * 2.607, rel=0.01)
    assert worst.cvar_quote > worst.var_quote > rows_of["1 day", 95].var_quote > rows_of["1 hour", 95].var_quote


def test_a_broken_limit_stands_out_with_its_sentence(day: rows.Desk, trader: Client, now: datetime) -> None:
    weather(now)
    SettingOverride.objects.create(name="per_symbol_pct", value="0.5")
    page = text(trader)
    assert "▲ over" in page
    assert "BTC/USDT would stand at" in page


def test_the_last_denial_of_a_check_is_shown(day: rows.Desk, trader: Client) -> None:
    for sentence in ("The first.", "The last."):
        RiskDecision.objects.create(
            account=day.account, allowed=False, code="DAILY_LOSS", sentence=sentence, checks=[{"name": "daily_loss"}]
        )
    page = text(trader)
    assert "The last." in page
    assert "The first." not in page


def test_a_breaker_that_is_open(day: rows.Desk, trader: Client, now: datetime) -> None:
    Breaker.objects.create(component="venue:binance:paper", state="OPEN", errors=5, opened_at=now)
    page = text(trader)
    assert "▲ open" in page
    assert "venue:binance:paper" in page


def test_a_contradiction_is_told(day: rows.Desk, trader: Client) -> None:
    SettingOverride.objects.create(name="per_symbol_pct", value="70")
    assert "no pair ever gets beyond that" in text(trader)


def test_a_setting_that_no_longer_passes_is_told(day: rows.Desk, trader: Client) -> None:
    SettingOverride.objects.create(name="max_heat", value="a lot")
    assert "Nothing is entered meanwhile." in text(trader)


def test_nothing_is_open_and_nothing_is_read(db: None, client: Client) -> None:
    client.force_login(rows.admin())
    assert "No exchange account yet" in text(client)
    rows.account(rows.user("owner"))
    page = text(client)
    assert "Nothing is held." in page
    assert "no market is known yet" in page


def test_the_seal_hides_what_is_held(day: rows.Desk, trader: Client, now: datetime) -> None:
    weather(now)
    SettingOverride.objects.create(name="profile", value="sealed")
    page = text(trader)
    assert "The profile is sealed" in page
    assert "BTC/USDT" not in page
    SettingOverride.objects.create(name="sealed_pnl", value="view")
    assert "BTC/USDT" in text(trader)


def test_it_asks_the_database_little(day: rows.Desk, now: datetime, django_assert_max_num_queries) -> None:
    weather(now)
    gathered(day.account, now)  # what belongs to the venue's markets is kept for some seconds
    with django_assert_max_num_queries(12):
        gathered(day.account, timezone.now())


@pytest.mark.parametrize(
    ("pct", "limit", "used", "state"),
    [
        ("1.5", "50", 3, "ok"),  # 1.5 ÷ 50 = 3 %
        ("1.499", "50", 3, "ok"),  # 2.998 %, as people round
        ("49.9", "50", 100, "near"),  # 99.8 %: not beyond it yet
        ("50", "50", 100, "near"),
        ("50.001", "50", 101, "over"),
        ("0", "0", 0, "ok"),
        ("1", "0", 101, "over"),
    ],
)
def test_how_much_of_a_limit_is_used(pct: str, limit: str, used: int, state: str) -> None:
    row = risk_facts.shared("binance", D(pct), D(100), D(limit))
    assert (row.used, row.state) == (used, state)


def test_a_wild_market_says_what_was_set_and_what_is_left(day: rows.Desk, trader: Client, now: datetime) -> None:
    weather(now)
    GarchFit.objects.update(variance=0.0016, usual=0.0004)  # twice the usual swing: √(0.0016 ÷ 0.0004)
    page = gathered(day.account, now)
    pair = page.shares[0][1][0]
    limits = {row.name: row for layer in page.layers for row in layer.rows}
    assert pair.set_pct is not None
    assert pair.limit_pct < pair.set_pct
    assert limits["symbol_exposure"].tightened.startswith("set: ")
    assert "tightened by the market" in text(trader)


def test_an_ordinary_market_tightens_nothing(day: rows.Desk, trader: Client, now: datetime) -> None:
    weather(now)
    assert gathered(day.account, now).shares[0][1][0].set_pct is None
    assert "tightened" not in text(trader)


def test_a_currency_keeps_its_capitals(day: rows.Desk, now: datetime) -> None:
    found = {row.name: row for layer in gathered(day.account, now).layers for row in layer.rows}
    assert found["account_quote"].value == "USDT"
    assert found["mode"].value == "normal"
