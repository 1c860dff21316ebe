"""Arming is the engine's: what is not armed as it stands now opens nothing, wherever an entry has got to; exits go on."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from project.accounts import services
from project.accounts.models import Environment, ExchangeAccount
from project.accounts.vault import put_credentials
from signals.market.instruments import facts
from signals.models import Instrument
from tests.support.factories import Desk, make_user
from trading.domain.vocabulary import PositionSide, Purpose
from trading.errors import LiveNotAllowed
from trading.models import Order
from trading.services import arming, connect
from trading.services import desk as desks

pytestmark = pytest.mark.django_db(transaction=True)


def disarm(desk: Desk) -> None:
    arming.disarm(desk.account.pk, operator="mira", reason="enough for today")


def test_an_entry_decided_before_is_not_sent_after(desk: Desk) -> None:
    desk.alert(symbol="BTCUSDT", action="buy", price="60000", interval="60")
    desk.decide()
    disarm(desk)
    desk.submit()
    assert {order.state for order in Order.objects.filter(purpose=Purpose.ENTRY)} == {"NEW"}
    assert list(desk.gateway.resting()) == []
    arming.arm(desk.account.pk, typed="", operator="mira", now=timezone.now())
    desk.submit()
    assert "NEW" not in {order.state for order in Order.objects.filter(purpose=Purpose.ENTRY)}


def test_exits_go_on_while_it_is_off(desk: Desk) -> None:
    desk.buy()
    disarm(desk)
    desk.alert(symbol="BTCUSDT", action="sell", price="60000", interval="60")
    desk.decide()
    desk.settle()
    desk.account.refresh_from_db()
    assert not desk.account.may_open
    assert {group.closed_at is not None for group in desk.account.groups.all()} == {True}


def test_an_alert_on_an_account_that_is_off_is_denied_with_the_reason(desk: Desk) -> None:
    disarm(desk)
    alert = desk.buy()
    assert (alert.outcome, "not armed" in alert.reason) == ("NOT_ARMED", True)


# live --------------------------------------------------------------------------------------------


@pytest.fixture
def live(settings: Any) -> ExchangeAccount:
    """A live account that was armed as it is."""
    known = {name: getattr(settings.WINDLASS, name) for name in settings.WINDLASS.__slots__}
    settings.WINDLASS = SimpleNamespace(**known | {"live_allowed": True})
    account = ExchangeAccount.objects.create(user=make_user(), name="main", environment=Environment.LIVE)
    put_credentials(account, {"apiKey": "k" * 64, "secret": "s" * 64}, now=timezone.now())
    services.armed(account, now=timezone.now())
    account.save()
    return account


def seen_armed(account: ExchangeAccount, now: datetime) -> bool | None:
    """What the gate is told."""
    market = Instrument.objects.create(
        venue="binance", environment="live", symbol="BTC/USDT", venue_symbol="BTCUSDT", kind="SPOT", base="BTC",
        quote="USDT", tick_size="0.01", lot_step="0.00001", min_qty="0.00001", min_notional=5, maker_fee="0.001",
        taker_fee="0.001", refreshed_at=now,
    )  # fmt: skip
    fresh = ExchangeAccount.objects.get(pk=account.pk)
    return desks.Desk(fresh, now).snapshot(facts(market), PositionSide.LONG).armed


def test_as_it_was_armed_the_gate_lets_it_through(live: ExchangeAccount) -> None:
    assert seen_armed(live, timezone.now()) is True


@pytest.mark.parametrize(
    "facts_of", [{"keys_mark": "0badcafe"}, {"venue": "binanceusdm"}, {"base_url": "http://127.0.0.1:1"}]
)
def test_whoever_changed_it_and_however_the_gate_stops_it(live: ExchangeAccount, facts_of: dict[str, str]) -> None:
    ExchangeAccount.objects.filter(pk=live.pk).update(**facts_of)  # past every form and service
    assert seen_armed(live, timezone.now()) is False


def test_another_owner_arms_it_anew(live: ExchangeAccount) -> None:
    ExchangeAccount.objects.filter(pk=live.pk).update(user=make_user("otto"))
    assert seen_armed(live, timezone.now()) is False


def test_ticking_the_box_in_the_database_arms_nothing(live: ExchangeAccount) -> None:
    arming.disarm(live.pk, operator="mira", reason="enough")
    ExchangeAccount.objects.filter(pk=live.pk).update(armed=True)
    assert seen_armed(live, timezone.now()) is False


def test_without_the_flag_not_even_a_client_is_built(live: ExchangeAccount, settings: Any) -> None:
    settings.WINDLASS.live_allowed = False
    with pytest.raises(LiveNotAllowed):
        connect.gateway(live)


def test_new_keys_of_any_real_account_take_the_arming(live: ExchangeAccount) -> None:
    saved = services.put_keys(live.pk, {"apiKey": "n" * 64, "secret": "m" * 64}, operator="mira", now=timezone.now())
    assert (saved.armed, saved.may_open) == (False, False)


def changed(account: ExchangeAccount, **facts: Any) -> ExchangeAccount:
    """As a form saves it."""
    for name, value in facts.items():
        setattr(account, name, value)
    services.save(account, changed=facts, credentials={}, operator="mira", now=timezone.now())
    account.refresh_from_db()
    return account


@pytest.mark.parametrize("what", ["new keys", "no keys", "another venue"])
def test_its_first_day_begins_anew_with_whatever_makes_it_another_account(live: ExchangeAccount, what: str) -> None:
    ExchangeAccount.objects.update(first_armed_at=timezone.now() - timedelta(days=9))
    live.refresh_from_db()
    keys = {"apiKey": "n" * 64, "secret": "m" * 64}
    {
        "new keys": lambda: services.put_keys(live.pk, keys, operator="mira", now=timezone.now()),
        "no keys": lambda: services.remove_keys(live.pk, operator="mira"),
        "another venue": lambda: changed(live, venue="bybit"),
    }[what]()
    live.refresh_from_db()
    assert live.first_armed_at is None
    services.armed(live, now=timezone.now())
    assert timezone.now() - (live.first_armed_at or timezone.now()) < timedelta(days=1)


@pytest.mark.parametrize(
    ("facts", "stays"),
    [
        ({"leverage": 125}, False),
        ({"margin_mode": "cross"}, False),
        ({"leverage": 2}, True),
        ({"quote": "USDC"}, True),
    ],
    ids=str,
)
def test_wider_terms_of_live_money_take_the_arming(live: ExchangeAccount, facts: dict[str, Any], stays: bool) -> None:
    ExchangeAccount.objects.update(leverage=3)
    live.refresh_from_db()
    first = live.first_armed_at
    saved = changed(live, **facts)
    assert (saved.armed, saved.may_open, saved.first_armed_at) == (stays, stays, first)


def test_its_first_day_is_counted_from_the_first_arming(live: ExchangeAccount) -> None:
    first = live.first_armed_at
    services.armed(live, now=timezone.now() + timedelta(days=2))
    assert live.first_armed_at == first
