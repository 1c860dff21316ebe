"""A setting of a pair: it is kept under the name that the engine looks it up by, or refused."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from project.accounts.models import Role
from tests.dashboard import rows
from trading.models import SettingOverride
from trading.services.desk import Desk


def set_override(root: Client, **fields: Any) -> str:
    form = {"user": "", "account": "", "symbol": "", **fields}
    return root.post(reverse("admin:trading_settingoverride_add"), form, follow=True).content.decode()


@pytest.mark.parametrize("typed", ["BTC/USDT", "BTCUSDT", " btc-usdt ", "BINANCE:BTCUSDT"])
def test_a_pair_is_kept_under_the_name_that_the_engine_reads(day: rows.Desk, root: Client, typed: str) -> None:
    set_override(root, name="max_pyramids", value="3", symbol=typed, account=day.account.pk)
    assert SettingOverride.objects.get().symbol == "BTC/USDT"
    desk = Desk(day.account, timezone.now())
    assert desk.settings("BTC/USDT").grid.max_pyramids == 3
    assert desk.settings("ETH/USDT").grid.max_pyramids != 3


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("BTCUSD", "BTCUSD is not a pair of paper-1; did you mean BTC/USDT?"),
        ("BTC/USTD", "BTC/USTD is not a pair of paper-1; did you mean BTC/USDT?"),
        ("QQQQ", "QQQQ is not a pair of paper-1."),
    ],
)
def test_a_pair_that_the_venue_does_not_list_is_refused(day: rows.Desk, root: Client, typed: str, said: str) -> None:
    answer = set_override(root, name="max_pyramids", value="3", symbol=typed, account=day.account.pk)
    assert said in answer
    assert not SettingOverride.objects.exists()


def test_a_name_of_two_pairs_asks_for_one_of_them(day: rows.Desk, root: Client) -> None:
    twin = rows.Instrument.objects.get(symbol="BTC/USDT")
    twin.pk, twin.symbol = None, "BTC/USDT:TWIN"
    twin.save()
    answer = set_override(root, name="max_pyramids", value="3", symbol="BTCUSDT", account=day.account.pk)
    assert "BTCUSDT is more than one pair of paper-1: write BTC/USDT or BTC/USDT:TWIN." in answer


def test_the_form_says_what_an_empty_scope_means(root: Client) -> None:
    page = root.get(reverse("admin:trading_settingoverride_add")).content.decode()
    for said in ("Empty: everybody.", "Empty: every account.", "Empty: every pair. As in BTC/USDT; needs an account."):
        assert said in page


def test_the_list_shows_values_as_they_are_typed(day: rows.Desk, root: Client) -> None:
    set_override(root, name="max_open_groups", value="12", account=day.account.pk)
    page = root.get(reverse("admin:trading_settingoverride_changelist")).content.decode()
    assert "&quot;12&quot;" not in page
    assert page.count("paper-1 (") == 2  # the filter's choice and its title; the column has the name alone


def test_a_trader_in_the_admin_does_not_seal_the_installation(day: rows.Desk) -> None:
    mira, browser = rows.user("mira", Role.TRADER, is_staff=True), Client()
    rights = Permission.objects.filter(content_type__app_label="trading", codename__endswith="settingoverride")
    mira.user_permissions.set(rights)
    browser.force_login(mira)
    set_override(browser, name="profile", value="sealed", user=mira.pk)
    assert not SettingOverride.objects.exists()
    set_override(browser, name="max_pyramids", value="3", user=mira.pk)
    assert SettingOverride.objects.get().name == "max_pyramids"
