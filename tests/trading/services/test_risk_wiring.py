"""The whole risk on the real path: portfolio checks run, caps bind by name, what is not known denies."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from risk import portfolio
from risk.models import BookDepth, Dependence, GarchFit
from signals.market import instruments
from signals.models import Alert, Instrument
from tests.support.factories import Desk
from trading.models import PositionGroup, Pyramid

D = Decimal
LAYERS = {"operational", "pre-trade", "real-time", "portfolio", "market"}


def checks(alert: Alert) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in alert.details["checks"]}


def test_an_entry_passes_every_layer(desk: Desk) -> None:
    alert = desk.buy(price="60000")
    assert alert.outcome == "ENTERED", alert.reason
    names = set(checks(alert))
    assert {"circuit_breaker", "strategy_exposure", "sector_exposure", "cluster_exposure"} <= names
    assert {"portfolio_leverage", "capital_tier", "portfolio_heat", "daily_var"} <= names
    assert {line["layer"] for line in checks(alert).values()} == LAYERS


def test_the_next_entry_of_the_batch_sees_the_one_before(desk: Desk) -> None:
    alerts = [
        desk.alert(symbol=symbol, action="buy", price=price, interval="60")
        for symbol, price in (("BTCUSDT", "60000"), ("ETHUSDT", "3000"))
    ]
    desk.decide()
    for alert in alerts:
        alert.refresh_from_db()
    first, second = (D(checks(alert)["strategy_exposure"]["value"]) for alert in alerts)
    assert second > first * D("1.9")
    assert D(checks(alerts[1])["daily_var"]["value"]) > D(checks(alerts[0])["daily_var"]["value"])


@pytest.mark.parametrize(("gone", "said"), [(GarchFit, "volatility"), (BookDepth, "book depth")])
def test_what_is_not_known_denies_by_name(desk: Desk, gone: Any, said: str) -> None:
    gone.objects.all().delete()
    portfolio.forget()
    alert = desk.buy(price="60000")
    assert alert.outcome == "DATA_MISSING"
    assert alert.reason.startswith(f"{said} of BTC/USDT")


def test_unknown_correlations_count_as_one(desk: Desk) -> None:
    Dependence.objects.all().delete()
    portfolio.forget()
    desk.buy(price="60000")
    alert = desk.buy("ETHUSDT", price="3000")
    assert D(checks(alert)["cluster_exposure"]["value"]) > 150  # both


def test_strict_blocks_a_second_pair_that_moves_with_it(desk: Desk) -> None:
    desk.setting("profile", "strict")
    desk.setting("cluster_rho", "0.4")
    assert desk.buy(price="60000").outcome == "ENTERED"
    assert desk.buy("ETHUSDT", price="3000").outcome == "CLUSTER_EXPOSURE"


@pytest.mark.parametrize(
    ("settings", "bound_by"),
    [
        ({"size_caps": "volatility", "vol_target_pct": "40"}, "volatility target"),
        ({"size_caps": "limits", "per_strategy_pct": "0.9"}, "strategy exposure"),
        (
            {"size_caps": "risk", "risk_bps": "5", "stop": "fixed", "fixed_stop_pct": "10"},
            "risk per trade",
        ),  # 5 ÷ 10 % = 50
    ],
)
def test_the_cap_that_bound_is_on_the_page(desk: Desk, settings: dict[str, str], bound_by: str) -> None:
    for name, value in settings.items():
        desk.setting(name, value)
    alert = desk.buy(price="60000")
    assert alert.outcome == "ENTERED", alert.reason
    assert alert.details["bound_by"] == bound_by
    assert Pyramid.objects.get().bound_by == bound_by
    assert PositionGroup.objects.count() == 1


@pytest.mark.parametrize(("minutes", "outcome"), [(9, "ENTERED"), (11, "ACCOUNT_UNHEALTHY")])
def test_nothing_is_entered_while_nobody_compares_the_books(desk: Desk, minutes: int, outcome: str) -> None:
    """Balances, drawdown and the day's result stand still with the worker that reconciles."""
    of_then = timezone.now() - timedelta(minutes=minutes)
    ExchangeAccount.objects.filter(pk=desk.account.pk).update(reconciled_at=of_then)
    assert desk.buy().outcome == outcome


def test_a_pair_in_another_currency_is_refused_by_name(desk: Desk) -> None:
    """Sizes, limits and results are counted in the account's own."""
    Instrument.objects.filter(symbol="ETH/USDT").update(quote="FDUSD")
    instruments.forget()
    alert = desk.buy(symbol="ETHUSDT", price="3000")
    assert (alert.outcome, "in FDUSD, and the account counts in USDT" in alert.reason) == ("OTHER_QUOTE", True)
