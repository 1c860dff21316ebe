"""A fresh confirmation: which deeds ask for one, where it leads, and that protecting never asks."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from project.accounts import mode
from project.accounts.models import Role
from risk.models import RiskState
from signals.models import Source
from tests.dashboard import people, rows

CONFIRM = "/profile/confirm"
pytestmark = pytest.mark.django_db


@pytest.fixture
def old(day: rows.Desk) -> Client:
    """The admin's browser, logged in an hour ago."""
    return people.browser(day.account.user, fresh=False)


@pytest.mark.parametrize(
    ("path", "form", "back"),
    [
        ("/mode", {"wanted": "NORMAL", "reason": "back again"}, "/mode%3Fwanted%3DNORMAL"),
        ("/kill/leave", {"reason": "all is flat"}, "/kill"),
        ("/kill/confirm", {"phrase": "x"}, "/kill"),
        ("/api/tokens", {"name": "x", "scope": "read", "days": 3}, "/api/tokens"),
        ("/users", {"note": "Ann", "role": "viewer", "days": 3}, "/users"),
    ],
)
def test_what_widens_asks(old: Client, path: str, form: dict[str, str], back: str) -> None:
    answer = old.post(path, form)
    assert (answer.status_code, answer["Location"]) == (302, f"{CONFIRM}?next={back.replace('/', '%2F')}")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/mode", {"wanted": "PAUSED", "reason": "news at noon"}),
        ("/mode", {"wanted": "REDUCED", "reason": "news at noon"}),
        ("/kill", {"reason": "x", "phrase": "not the word"}),
        ("/profile/sessions/end-others", {}),
    ],
)
def test_what_protects_never_asks(old: Client, path: str, form: dict[str, str]) -> None:
    answer = old.post(path, form)
    assert CONFIRM not in answer.headers.get("Location", "")


def test_a_question_keeps_its_query(old: Client, day: rows.Desk) -> None:
    other = rows.user("mira", Role.TRADER)
    asked = old.get(f"/users/{other.pk}/admin?from=list")
    assert asked["Location"] == f"{CONFIRM}?next=%2Fusers%2F{other.pk}%2Fadmin%3Ffrom%3Dlist"
    back = old.post(asked["Location"], {"password": rows.PASSWORD, "next": f"/users/{other.pk}/admin?from=list"})
    assert back["Location"] == f"/users/{other.pk}/admin?from=list"
    assert old.get(back["Location"]).status_code == 200


@pytest.mark.parametrize(
    "path", ["/settings/requests/1/approve", "/accounts/{}/keys", "/accounts/{}/arm", "/profile/app/add"]
)
def test_keys_arming_approvals_and_second_factors_ask(old: Client, day: rows.Desk, path: str) -> None:
    assert old.get(path.format(day.account.pk))["Location"].startswith(CONFIRM)


@pytest.mark.parametrize(
    ("environment", "terms", "asks"),
    [
        ("live", {"leverage": 125}, True),
        ("live", {"margin_mode": "cross"}, True),
        ("live", {"leverage": 2}, False),
        ("paper", {"leverage": 125}, False),
    ],
)
def test_wider_terms_of_live_money_ask(
    old: Client, day: rows.Desk, environment: str, terms: dict[str, Any], asks: bool
) -> None:
    account = rows.account(day.account.user, "second", venue="binanceusdm", environment=environment, leverage=3)
    form = {"name": "second", "quote": "USDT", "position_mode": "one-way", "margin_mode": "isolated", "leverage": 3}
    answer = old.post(f"/accounts/{account.pk}/edit", form | terms)
    account.refresh_from_db()
    was = {"leverage": 3, "margin_mode": "isolated"}
    assert answer["Location"].startswith(CONFIRM) is asks
    assert {name: getattr(account, name) for name in was} == (was if asks else was | terms)


@pytest.mark.parametrize(
    "form", [{"make": "1", "source_name": "chart", "account": "{account}"}, {"source": "{source}"}]
)
def test_an_address_for_live_money_asks(old: Client, day: rows.Desk, form: dict[str, str]) -> None:
    source = day.account.sources.get()
    typed = {name: text.format(account=day.account.pk, source=source.pk) for name, text in form.items()}
    day.account.environment = "live"
    day.account.save()
    before = bytes(source.token_hash or b"")
    assert old.post("/builder/source", typed)["Location"] == f"{CONFIRM}?next=%2Fbuilder"
    source = day.account.sources.get()
    assert bytes(source.token_hash or b"") == before
    day.account.environment = "paper"
    day.account.save()
    assert old.post("/builder/source", typed).status_code == 200


def test_a_deed_is_not_done_by_confirming(old: Client) -> None:
    mode.change("PAUSED", operator="root", reason="lunch")
    asked = old.post("/mode", {"wanted": "NORMAL", "reason": "back again"})
    page = old.get(asked["Location"]).content.decode()
    assert "Nothing has been done yet" in page
    old.post(asked["Location"], {"password": rows.PASSWORD, "next": "/mode?wanted=NORMAL"})
    assert mode.current().mode == "PAUSED"
    old.post("/mode", {"wanted": "NORMAL", "reason": "back again"})
    assert mode.current().mode == "NORMAL"


def test_a_wrong_password_confirms_nothing(old: Client) -> None:
    answer = old.post(f"{CONFIRM}?next=/users", {"password": "nonsense", "next": "/users"})
    assert "That is not your password" in answer.content.decode()
    assert old.post("/users", {"note": "Ann"}).status_code == 302


def test_a_confirmation_leads_nowhere_else(old: Client) -> None:
    answer = old.post(CONFIRM, {"password": rows.PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_a_code_confirms_too_and_only_once(old: Client, day: rows.Desk) -> None:
    key = people.app(day.account.user)
    shown = people.code(key)
    assert "Use authenticator app or code" in old.get(f"{CONFIRM}?next=/users").content.decode()
    assert old.post(f"{CONFIRM}/code", {"code": shown, "next": "/users"})["Location"] == "/users"
    again = people.aged(old).post(f"{CONFIRM}/code", {"code": shown, "next": "/users"})
    assert "That code is not right" in again.content.decode()


@pytest.mark.parametrize(
    "name", ["admin:accounts_exchangeaccount_add", "admin:accounts_user_add", "admin:signals_source_add"]
)
def test_keys_and_users_in_the_admin_ask(old: Client, name: str) -> None:
    answer = old.get(reverse(name))
    assert answer["Location"].startswith(CONFIRM)


@pytest.mark.parametrize(("wanted", "asks"), [("NORMAL", True), ("PAUSED", False)])
def test_the_mode_in_the_admin(old: Client, day: rows.Desk, wanted: str, asks: bool) -> None:
    answer = old.post(reverse("admin:accounts_tradingmode_change", args=[1]), {"mode": wanted, "reason": "because"})
    assert answer.headers.get("Location", "").startswith(CONFIRM) is asks


@pytest.mark.parametrize(
    ("page", "action", "asks"),
    [
        ("signals_source", "new_token", True),
        ("signals_source", "new_secret", True),
        ("signals_source", "new_api_key", True),
        ("signals_source", "new_hmac_key", True),
        ("signals_source", "remove_secret", True),
        ("signals_source", "revoke", False),
        ("risk_riskstate", "reset", True),
    ],
)
def test_what_hands_out_proofs_or_resumes_in_the_admin_asks(
    old: Client, day: rows.Desk, page: str, action: str, asks: bool
) -> None:
    RiskState.objects.create(account=day.account, base=10000, equity=9000, peak=10000, stopped=True)
    source, state = day.account.sources.get(), RiskState.objects.get()
    chosen = {"signals_source": source.pk, "risk_riskstate": state.pk}[page]
    address = reverse(f"admin:{page}_changelist")
    answer = old.post(address, {"action": ["", action], "index": "1", "_selected_action": [chosen]})
    assert answer["Location"].startswith(CONFIRM) is asks
    assert Source.objects.filter(pk=source.pk, updated_at=source.updated_at).exists() is asks
    assert RiskState.objects.get().stopped


@pytest.mark.parametrize(
    ("environment", "written", "asks"),
    [("live", "{}", True), ("live", " {}", True), ("live", "+{}", True), ("paper", "{}", False)],
)
def test_a_source_for_live_money_in_the_admin_asks(
    old: Client, day: rows.Desk, environment: str, written: str, asks: bool
) -> None:
    people.app(day.account.user)
    account, source = rows.account(day.account.user, "second", environment=environment), day.account.sources.get()
    form = {"user": account.user_id, "account": written.format(account.pk), "name": "moved", "kind": "tradingview"}
    form |= {"body_dedupe_secs": "60", "grace_secs": "60"}
    answer = old.post(reverse("admin:signals_source_change", args=[source.pk]), form)
    source.refresh_from_db()
    assert answer["Location"].startswith(CONFIRM) is asks
    assert (source.account_id == account.pk) is not asks


def test_a_log_in_is_fresh_by_itself(day: rows.Desk, client: Client) -> None:
    client.post("/login", {"username": "root", "password": rows.PASSWORD})
    assert client.post("/api/tokens", {"name": "bot", "scope": "read", "days": 3}).status_code == 200
