"""Every page of the admin opens; what the engine owns cannot be written; what people write goes the right way."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from dashboard.models import Drawing
from project.accounts import mode, vault
from project.accounts.models import (
    BalanceMovement,
    ExchangeAccount,
    Installation,
    KillReport,
    Rival,
    Role,
    User,
    WorkedDown,
)
from project.admin import EngineAdmin
from project.journal.models import JournalEntry, Lease, Seal
from risk.models import Breaker, RiskDecision, RiskState
from signals.market import candles
from signals.market.bars import flat
from signals.models import IndicatorValue, Instrument, Signal, Source
from tests.dashboard import notice_rows, people, rows, shadow_rows
from tests.dashboard.api import keys
from tests.support.markets import know_markets
from trading.models import (
    BareHolding,
    Disagreement,
    DustMove,
    ForeignOrder,
    FundingPayment,
    MonthResult,
    OffsetBook,
    OffsetRun,
    OffsetWatch,
    PendingChange,
    PnlPoint,
    PositionGroup,
    QueuedSignal,
    SettingOverride,
    SettingRequest,
    SettingVersion,
)


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


OURS = ("accounts", "journal", "signals", "risk", "trading", "dashboard", "notices")
MODELS = [model for label in OURS for model in apps.get_app_config(label).get_models()]
REGISTERED = list(admin.site._registry)


def name(model: type[models.Model]) -> str:
    return model._meta.label_lower


@pytest.fixture
def full(day: rows.Desk, now: datetime) -> rows.Desk:
    """At least one row of every model."""
    account, sender = day.account, day.account.sources.get()
    alert = sender.alerts.first()
    signal = Signal.objects.create(
        alert=alert, account=account, meaning="ENTRY", symbol="BTC/USDT", position_side="LONG"
    )
    IndicatorValue.objects.create(source=sender, alert=alert, symbol="BTC/USDT", name="rsi", value=30.5, at=now)
    RiskDecision.objects.create(account=account, allowed=False, code="POOL_FULL", sentence="8 of 8", checks=[])
    BalanceMovement.objects.create(account=account, currency="USDT", kind="baseline", amount=1, at=now)
    Installation.objects.get_or_create(id=1, defaults={"name": "test"})
    Lease.objects.create(name="sealer", holder="test", expires_at=now)
    Seal.objects.create(first_number=1, count=1, from_xid=1, last_xid=1, last_entry_id=1, horizon=2, head=b"\1" * 32)
    SettingOverride.objects.create(name="max_open_groups", value="7")
    JournalEntry.objects.create(kind="test.happened", subject="test:1")
    RiskState.objects.create(account=account, base=10000, equity=10000, peak=10000)
    ForeignOrder.objects.create(
        account=account, instrument=Instrument.objects.get(base="BTC"), venue_order_id="77", side="SELL", qty=1,
        seen_at=now,
    )  # fmt: skip
    PnlPoint.objects.create(
        account=account, at=now, equity="10823.96", realised_pnl="31.87", unrealised_pnl=0, open_groups=3
    )
    FundingPayment.objects.create(
        account=account, instrument=Instrument.objects.get(base="BTC"), venue_id="1", amount="-0.02", at=now
    )
    QueuedSignal.objects.create(
        account=account, instrument=Instrument.objects.get(base="XRP"), timeframe_secs=900, side="LONG", signal=signal,
        queued_at=now, refreshed_at=now,
    )  # fmt: skip
    group = PositionGroup.objects.filter(account=account, closed_at=None).first()
    run = OffsetRun.objects.create(
        account=account, group=group, loss=5, cover=4, uncovered=1, bound=1, started_at=now
    )  # fmt: skip
    run.steps.create(kind="LOSER", group=group, qty=1, expected=-5, worst_price=100, bound=1)
    OffsetWatch.objects.create(group=group)
    OffsetBook.objects.create(instrument=group.instrument, at=now)
    BareHolding.objects.create(account=account, group=group, qty=1, cover="NAKED", code="REFUSED", since=now)
    Disagreement.objects.create(account=account, instrument=group.instrument, kind="FILL_CHANGED", seen_at=now)
    DustMove.objects.create(group=group, qty=1, price=1, at=now)
    PendingChange.objects.create(name="max_leverage", value=5, asked_by="anna", asked_at=now, due_at=now)
    SettingVersion.objects.create(at=now, operator="anna", how="PAGE", changes=[])
    SettingRequest.objects.create(asked_by="anna", asked_at=now, expires_at=now, changes=[])
    KillReport.objects.create(latch="0123456789abcdef", lines=7, flat=True, took_secs="1.5")
    WorkedDown.objects.create(account=account, since=now, step=2)
    rows.checkup(account, now=now)
    Drawing.objects.create(user=account.user, symbol="BTC/USDT", kind="LEVEL", first_at=now, first_price=1)
    MonthResult.objects.create(
        account=account, month=now.date().replace(day=1), kind="ALL", count=0, won=0, lost=0, gross_win=0, gross_loss=0,
        fees=0,
    )  # fmt: skip
    Rival.objects.create(account=account, mark="abcde", standing="OLDER", seen_at=now, last_seen_at=now)
    shadow_rows.one_of_each(alert, now=now)
    candles.write(group.instrument_id, 3600, [flat(now, Decimal(100))])
    know_markets()
    Breaker.objects.create(component="venue:binance:paper")
    keys.one_of_each(account.user, now=now)
    people.one_of_each(account.user, now=now)
    notice_rows.one_of_each(account.user, now=now)
    return day


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_every_model_is_registered(model: type[models.Model]) -> None:
    assert model in admin.site._registry


@pytest.mark.parametrize("model", REGISTERED, ids=name)
def test_every_list_opens_and_can_be_searched(full: rows.Desk, root: Client, model: type[models.Model]) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert root.get(address).status_code == 200
    assert root.get(address, {"q": "7"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_every_row_opens(full: rows.Desk, root: Client, model: type[models.Model]) -> None:
    row = model._default_manager.first()
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    assert root.get(address).status_code == 200


ENGINE = [model for model, page in admin.site._registry.items() if isinstance(page, EngineAdmin)]


@pytest.mark.parametrize("model", ENGINE, ids=name)
def test_the_engines_rows_cannot_be_written(full: rows.Desk, root: Client, model: type[models.Model]) -> None:
    row, base = model._default_manager.first(), f"admin:{model._meta.app_label}_{model._meta.model_name}"
    answers = [
        root.get(reverse(f"{base}_add")),
        root.post(reverse(f"{base}_change", args=[row.pk]), {}),
        root.post(reverse(f"{base}_delete", args=[row.pk]), {"post": "yes"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_group_shows_everything_in_it(full: rows.Desk, root: Client) -> None:
    group = PositionGroup.objects.get(instrument__symbol="BTC/USDT", closed_at=None)
    page = root.get(reverse("admin:trading_positiongroup_change", args=[group.pk])).content.decode()
    order = group.orders.first()
    assert order.client_order_id in page  # group → order
    assert "60,894.9" in page  # group → pyramid → leg
    assert "0.00000325" in page  # order → fill: the fee, 0.1 % of 0.00325


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER])
def test_the_admin_is_for_admins(day: rows.Desk, role: Role) -> None:
    browser = Client()
    browser.force_login(rows.user("someone", role))
    assert browser.get(reverse("admin:index")).status_code == 302


# accounts and their keys -------------------------------------------------------------------------


TERMS = {"position_mode": "one-way", "margin_mode": "isolated", "leverage": "1"}


def account_form(owner: User, **fields: Any) -> dict[str, Any]:
    return (
        {"user": owner.pk, "name": "main", "venue": "binance", "environment": "paper", "quote": "USDT"} | TERMS | fields
    )


KEYS = {"api_key": "KEY-1234567890" + "a" * 20, "api_secret": "SECRET-0987654321" + "b" * 20}


def add_account(root: Client, owner: User, **fields: Any) -> Any:
    return root.post(reverse("admin:accounts_exchangeaccount_add"), account_form(owner, **fields))


def test_keys_go_into_the_vault_and_never_come_back(day: rows.Desk, root: Client) -> None:
    assert add_account(root, day.account.user, **KEYS).status_code == 302
    row = ExchangeAccount.objects.get(name="main")
    assert vault.open_credentials(row) == {"apiKey": KEYS["api_key"], "secret": KEYS["api_secret"]}
    page = root.get(reverse("admin:accounts_exchangeaccount_change", args=[row.pk])).content.decode()
    assert not any(secret in page for secret in KEYS.values())
    assert ">set<" in "".join(page.split())


def test_a_change_is_journalled_by_name_and_not_by_value(day: rows.Desk, root: Client) -> None:
    add_account(root, day.account.user, armed="on", **KEYS)
    entry = JournalEntry.objects.get(kind="account.changed")
    assert (entry.payload["operator"], entry.payload["armed"]) == ("root", True)
    assert "keys" in entry.payload["changed"]
    assert "KEY-1234567890" not in str(entry.payload)


def test_saving_without_keys_keeps_them_and_touches_only_what_was_typed(day: rows.Desk, root: Client) -> None:
    add_account(root, day.account.user, **KEYS)
    row = ExchangeAccount.objects.get(name="main")
    ExchangeAccount.objects.filter(pk=row.pk).update(health="KEYS_REFUSED")
    address = reverse("admin:accounts_exchangeaccount_change", args=[row.pk])
    root.post(address, account_form(day.account.user, name="renamed", armed="on"))
    row.refresh_from_db()
    assert (row.name, row.armed, row.health) == ("renamed", True, "KEYS_REFUSED")
    assert vault.open_credentials(row)["apiKey"] == KEYS["api_key"]


def test_keys_are_sealed_to_user_and_venue(day: rows.Desk, root: Client) -> None:
    add_account(root, day.account.user, **KEYS)
    row = ExchangeAccount.objects.get(name="main")
    address = reverse("admin:accounts_exchangeaccount_change", args=[row.pk])
    answer = root.post(address, account_form(day.account.user, venue="kraken"))
    assert "Enter them again to change either" in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"api_key": "only"}, "Enter API key and secret together"),
        ({"environment": "live", "armed": "on", **KEYS}, "Start Windlass with WINDLASS_LIVE=1."),
        ({"environment": "testnet", "armed": "on"}, "There are no keys yet"),
        ({"environment": "testnet", "armed": "on", **KEYS}, "A new account starts unarmed"),
        ({"environment": "live", "base_url": "http://127.0.0.1:8082"}, "Only a paper account has an address"),
        ({"base_url": "https://api.binance.com"}, "exchange is on this machine"),
    ],
)
def test_an_account_that_would_be_wrong_is_refused(
    day: rows.Desk, root: Client, fields: dict[str, str], said: str
) -> None:
    answer = add_account(root, day.account.user, **fields)
    assert (answer.status_code, said in answer.content.decode()) == (200, True)
    assert not ExchangeAccount.objects.filter(name="main").exists()


# sources -----------------------------------------------------------------------------------------


def act(root: Client, action: str, source: Source) -> str:
    form = {"action": action, "_selected_action": [source.pk]}
    return root.post(reverse("admin:signals_source_changelist"), form, follow=True).content.decode()


def source_form(owner: rows.Desk, **fields: Any) -> dict[str, Any]:
    account = owner.account
    return {
        "user": account.user_id,
        "account": account.pk,
        "name": "bot",
        "kind": "tradingview",
        "body_dedupe_secs": "60",
        "grace_secs": "60",
    } | fields


def test_a_new_source_shows_its_webhook_url_once(day: rows.Desk, root: Client) -> None:
    page = root.post(reverse("admin:signals_source_add"), source_form(day), follow=True).content.decode()
    source = Source.objects.get(name="bot")
    token = page.split("/webhooks/", 1)[1].split(" ", 1)[0]
    assert len(token) >= 43  # 256 bits
    assert bytes(source.token_hash) == sha256(token)
    assert token not in root.get(reverse("admin:signals_source_changelist")).content.decode()


@pytest.mark.parametrize(
    ("action", "field", "before", "after"),
    [
        ("new_token", "token_hash", "/webhooks/", " "),
        ("new_secret", "secret_hash", "&quot;secret&quot;: &quot;", "&quot;"),
        ("new_api_key", "api_key_hash", "X-API-Key: ", " "),
    ],
)
def test_a_new_proof_ends_the_old_one(
    day: rows.Desk, root: Client, action: str, field: str, before: str, after: str
) -> None:
    source = day.account.sources.get()
    shown = [act(root, action, source).split(before, 1)[1].split(after, 1)[0] for _ in range(2)]
    source.refresh_from_db()
    assert shown[0] != shown[1]
    assert bytes(getattr(source, field)) == sha256(shown[1])
    assert JournalEntry.objects.filter(kind="source.proof", subject=f"source:{source.pk}").count() == 2


def test_an_hmac_key_is_sealed_to_its_source(day: rows.Desk, root: Client) -> None:
    source = day.account.sources.get()
    key = act(root, "new_hmac_key", source).split("X-Signature: ", 1)[1].split(" ", 1)[0]
    source.refresh_from_db()
    assert vault.open_sealed(bytes(source.hmac_sealed), aad=f"source:{source.pk}".encode()).decode() == key


def test_revoking_takes_every_proof(day: rows.Desk, root: Client) -> None:
    source = day.account.sources.get()
    act(root, "new_token", source)
    act(root, "revoke", source)
    source.refresh_from_db()
    assert (source.token_hash, source.hmac_sealed, source.enabled) == (None, None, False)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"allowed_ips": "52.89.214.238, somewhere"}, "Write addresses or networks"),
        ({"formats": "windlass,telepathy"}, "No such format: telepathy"),
    ],
)
def test_a_source_that_would_be_wrong_is_refused(
    day: rows.Desk, root: Client, fields: dict[str, str], said: str
) -> None:
    answer = root.post(reverse("admin:signals_source_add"), source_form(day, **fields))
    assert said in answer.content.decode()


def test_a_source_trades_on_its_users_account(day: rows.Desk, root: Client) -> None:
    stranger = rows.user("stranger")
    answer = root.post(reverse("admin:signals_source_add"), source_form(day, user=stranger.pk))
    assert "belongs to root, not to stranger" in answer.content.decode()


# settings, mode, users ---------------------------------------------------------------------------


def set_override(root: Client, **fields: Any) -> str:
    form = {"user": "", "account": "", "symbol": "", **fields}
    return root.post(reverse("admin:trading_settingoverride_add"), form, follow=True).content.decode()


def test_a_setting_is_checked_and_journalled(day: rows.Desk, root: Client) -> None:
    set_override(root, name="max_open_groups", value=" 12 ", account=day.account.pk)
    row = SettingOverride.objects.get()
    assert (row.value, row.changed_by) == ("12", "root")
    assert JournalEntry.objects.get(kind="setting.changed").payload["after"] == "12"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "max_open_groups", "value": "0"}, "OUT_OF_RANGE"),
        ({"name": "max_open_groups", "value": "many"}, "NOT_A_NUMBER"),
        ({"name": "no_such_setting", "value": "1"}, "Select a valid choice"),
        ({"name": "max_pyramids", "value": "3", "symbol": "BTC/USDT"}, "needs its account"),
    ],
)
def test_a_setting_that_would_be_wrong_is_refused(
    day: rows.Desk, root: Client, fields: dict[str, str], said: str
) -> None:
    assert said in set_override(root, **fields)
    assert not SettingOverride.objects.exists()


def test_a_pool_belongs_to_an_account_not_to_a_pair(day: rows.Desk, root: Client) -> None:
    said = set_override(root, name="max_open_groups", value="3", symbol="BTC/USDT", account=day.account.pk)
    assert "has no pair scope" in said


def test_a_setting_taken_back_is_journalled(day: rows.Desk, root: Client) -> None:
    set_override(root, name="max_open_groups", value="12")
    row = SettingOverride.objects.get()
    root.post(reverse("admin:trading_settingoverride_delete", args=[row.pk]), {"post": "yes"})
    assert JournalEntry.objects.filter(kind="setting.changed", payload__before="12", payload__after=None).count() == 1


def test_the_mode_is_changed_with_a_reason(day: rows.Desk, root: Client) -> None:
    address = reverse("admin:accounts_tradingmode_change", args=[1])
    root.post(address, {"mode": "PAUSED", "reason": ""})
    assert mode.current().mode == "NORMAL"
    root.post(address, {"mode": "PAUSED", "reason": "maintenance"})
    assert (mode.current().mode, mode.current().operator) == ("PAUSED", "root")


def test_the_role_decides_who_sees_the_admin(day: rows.Desk, root: Client) -> None:
    form = {
        "username": "new",
        "role": "admin",
        "password1": rows.PASSWORD,
        "password2": rows.PASSWORD,
        "usable_password": "true",
    }
    root.post(reverse("admin:accounts_user_add"), form)
    made = User.objects.get(username="new")
    assert (made.is_staff, made.is_superuser) == (True, True)


def test_nobody_takes_their_own_role_away(day: rows.Desk, root: Client) -> None:
    me = day.account.user
    address = reverse("admin:accounts_user_change", args=[me.pk])
    answer = root.post(address, {"username": "root", "role": "viewer", "is_active": "on"})
    assert "Another admin has to take your role away" in answer.content.decode()


def test_a_changed_setting_says_what_it_was_before(day: rows.Desk, root: Client) -> None:
    set_override(root, name="max_open_groups", value="12")
    address = reverse("admin:trading_settingoverride_change", args=[SettingOverride.objects.get().pk])
    root.post(address, {"name": "max_open_groups", "value": "9", "user": "", "account": "", "symbol": ""})
    entry = JournalEntry.objects.filter(kind="setting.changed").order_by("-id").first()
    assert {name: entry.payload[name] for name in ("operator", "before", "after")} == {
        "operator": "root",
        "before": "12",
        "after": "9",
    }


def test_a_setting_that_moves_to_another_scope_is_taken_back_at_the_first(day: rows.Desk, root: Client) -> None:
    set_override(root, name="max_open_groups", value="12")
    address = reverse("admin:trading_settingoverride_change", args=[SettingOverride.objects.get().pk])
    form = {"name": "max_open_groups", "value": "12", "user": "", "account": day.account.pk, "symbol": ""}
    root.post(address, form)
    entries = JournalEntry.objects.filter(kind="setting.changed").order_by("id")
    said = [(e.payload["scope"]["account"], e.payload["before"], e.payload["after"]) for e in entries]
    assert said == [(None, None, "12"), (None, "12", None), (day.account.pk, None, "12")]
