"""The admin where it was weak: NUL bytes, futures terms of an account, versions of a setting, buttons of a row."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from project.accounts.models import ExchangeAccount
from project.admin import plain, short
from signals.models import Alert
from tests.dashboard import rows
from tests.support.factories import Desk
from trading.models import Order, PositionGroup, SettingOverride

REGISTERED = list(admin.site._registry)


def address(model: type[models.Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def filters() -> list[tuple[type[models.Model], str]]:
    """Every filter of every list, with the search."""
    of_model = {model: [str(entry) for entry in page.list_filter] for model, page in admin.site._registry.items()}
    return [(model, name) for model, names in of_model.items() for name in (*names, "q")]


def test_a_nul_in_a_filter_is_left_out(day: rows.Desk, root: Client) -> None:
    answers = {f"{address(model, 'changelist')}?{name}=%00": "?e=1" for model, name in filters()}
    assert {path: root.get(path).headers.get("Location") for path in answers} == answers
    assert root.get(address(Alert, "changelist"), {"outcome__exact": "\0"}, follow=True).status_code == 200


def test_a_nul_in_a_rows_number_is_no_row(day: rows.Desk, root: Client) -> None:
    pages = [address(model, page, "\0") for model in REGISTERED for page in ("change", "history", "delete")]
    answers = {page: root.get(page).status_code for page in pages}
    assert {page: status for page, status in answers.items() if status not in (302, 403, 404)} == {}


@pytest.mark.parametrize(
    ("value", "full", "listed"),
    [
        ("3565.063266859674045303", "3,565.063266859674045303", "3,565.063267"),
        ("0.000009710000000000", "0.00000971", "0.00000971"),
        ("-0.045436732432432432", "-0.045436732432432432", "-0.04543673243"),
        ("0E-18", "0", "0"),
        ("10482.160000", "10,482.16", "10,482.16"),
        ("123456789012.34", "123,456,789,012.34", "123,456,789,000"),
    ],
)
def test_numbers_are_short_in_lists_and_whole_on_their_page(value: str, full: str, listed: str) -> None:
    assert (plain(Decimal(value)), short(Decimal(value))) == (full, listed)


# an account's futures terms ----------------------------------------------------------------------

TERMS = {"position_mode": "one-way", "margin_mode": "isolated", "leverage": "1"}


def save_account(root: Client, day: rows.Desk, **fields: Any) -> str:
    form = {"user": day.account.user_id, "name": "main", "venue": "binanceusdm", "environment": "paper"}
    form |= {"quote": "USDT"} | TERMS | fields
    return root.post(address(ExchangeAccount, "add"), form, follow=True).content.decode()


def test_terms_are_kept(day: rows.Desk, root: Client) -> None:
    save_account(root, day, position_mode="hedge", margin_mode="cross", leverage="20")
    row = ExchangeAccount.objects.get(name="main")
    assert (row.position_mode, row.margin_mode, row.leverage) == ("hedge", "cross", 20)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"leverage": "0"}, "0 × is not possible: 1 to 125 × are"),
        ({"leverage": "126"}, "126 × is not possible"),
        ({"leverage": "2", "venue": "binance"}, "binance trades spot"),
        ({"position_mode": "hedge", "venue": "binance"}, "binance holds one side of a pair at a time"),
        ({"position_mode": "both"}, "Select a valid choice"),
        ({"venue": "nowhere"}, "This venue is not known here. Choose one of binance, binanceusdm"),
    ],
)
def test_terms_that_no_venue_takes_are_refused(day: rows.Desk, root: Client, fields: dict[str, str], said: str) -> None:
    assert said in save_account(root, day, **fields)
    assert not ExchangeAccount.objects.filter(name="main").exists()


def test_modes_stay_while_groups_are_open(day: rows.Desk, root: Client) -> None:
    form = {"user": day.account.user_id, "name": "paper-1", "venue": "binanceusdm", "environment": "paper"}
    form |= {"quote": "USDT"} | TERMS | {"margin_mode": "cross"}
    answer = root.post(address(ExchangeAccount, "change", day.account.pk), form)
    assert "3 groups are open under these terms" in answer.content.decode()


# the connection ----------------------------------------------------------------------------------


def test_the_connection_is_tested_from_the_account_s_page(desk: Desk, client: Client) -> None:
    client.force_login(rows.admin())
    page = client.get(f"/admin/accounts/exchangeaccount/{desk.account.pk}/test-connection/", follow=True)
    assert "paper, keys: accepted; 10000 USDT held" in page.content.decode()


def test_and_from_the_list(day: rows.Desk, root: Client) -> None:
    form = {"action": "test_connection", "_selected_action": [day.account.pk]}
    page = root.post(address(ExchangeAccount, "changelist"), form, follow=True).content.decode()
    assert "UNSAFE_ENDPOINT" in page


# buttons of a row --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("trading/positiongroup/{group}/close", "/groups/{group}/close"),
        ("trading/positiongroup/{group}/journal", "/admin/journal/journalentry/?q=group%3A{group}"),
        ("trading/order/{order}/cancel", "/orders/{order}/cancel"),
        ("trading/order/{order}/journal", "/admin/journal/journalentry/?q=order%3A{order}"),
        ("signals/alert/{alert}/replay", "/alerts/{alert}/replay"),
        ("signals/alert/{alert}/journal", "/admin/journal/journalentry/?q=alert%3A{alert}"),
        ("trading/settingoverride/every-change", "/admin/journal/journalentry/?kind__exact=setting.changed"),
    ],
)
def test_buttons_lead_to_the_page_that_asks(day: rows.Desk, root: Client, path: str, leads_to: str) -> None:
    ids = {
        "group": PositionGroup.objects.first().pk,
        "order": Order.objects.first().pk,
        "alert": Alert.objects.first().pk,
    }
    answer = root.get(f"/admin/{path.format(**ids)}/")
    assert (answer.status_code, answer["Location"]) == (302, leads_to.format(**ids))


def test_an_alert_shows_what_followed(day: rows.Desk, root: Client) -> None:
    group = PositionGroup.objects.first()
    Alert.objects.filter(outcome="ENTERED").update(details={"group": group.pk})
    row = Alert.objects.get(outcome="ENTERED")
    page = root.get(address(Alert, "change", row.pk)).content.decode()
    assert f"group {group.pk}, {group.instrument.symbol}" in page


def test_states_are_words(day: rows.Desk, root: Client) -> None:
    PositionGroup.objects.filter(instrument__symbol="ETH/USDT").update(status="FAILED")
    assert "withdrawn, nothing filled" in root.get(address(PositionGroup, "changelist")).content.decode()
    assert "unknown, being looked up" in root.get(address(Order, "changelist")).content.decode()


# versions of a setting ---------------------------------------------------------------------------


def test_a_setting_shows_its_default_and_every_version(day: rows.Desk, root: Client) -> None:
    form = {"user": "", "account": day.account.pk, "symbol": "", "name": "max_open_groups"}
    root.post(address(SettingOverride, "add"), form | {"value": "12"})
    row = SettingOverride.objects.get()
    page = address(SettingOverride, "change", row.pk)
    root.post(page, form | {"value": "9"})
    shown = root.get(page).content.decode()
    assert "root: (the wider scope) → 12" in shown
    assert "root: 12 → 9" in shown
    assert shown.index("12 → 9") < shown.index("scope) → 12")
