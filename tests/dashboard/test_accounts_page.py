"""The pages of accounts: who sees and does what, keys that never come back, arming as its conditions say, few questions."""

import json
import logging
import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from project.accounts import vault
from project.accounts.models import Checkup, ExchangeAccount, Role
from project.journal.models import JournalEntry
from tests.dashboard import rows
from trading.models import SettingOverride

KEY, SECRET = "K" * 30 + "1234", "S" * 30 + "5678"
QUERIES = 12


def fresh(browser: Client) -> Client:
    """The person has just confirmed who they are."""
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return browser


@pytest.fixture
def mine(day: rows.Desk, trader: Client) -> Client:
    """The owner's browser, freshly confirmed."""
    day.account.refresh_from_db()
    return fresh(trader)


@pytest.fixture
def live(day: rows.Desk, mine: Client, now: datetime, settings: Any) -> ExchangeAccount:
    """A live account of the trader that lacks nothing but the typed name."""
    settings.WINDLASS = SimpleNamespace(**{**vars_of(settings.WINDLASS), "live_allowed": True})
    account = rows.account(
        day.account.user, "main", environment="live", armed=False, clock_offset_ms=3, reconciled_at=now
    )
    vault.put_credentials(account, {"apiKey": KEY, "secret": SECRET}, now=now)
    account.save()
    rows.checkup(account, now=now)
    return account


def vars_of(chosen: Any) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in chosen.__slots__}


def place(name: str, account: ExchangeAccount) -> str:
    return reverse(f"dashboard:{name}", args=[account.pk])


# looking -----------------------------------------------------------------------------------------


def test_the_list_shows_every_account_with_its_state(day: rows.Desk, root: Client, now: datetime) -> None:
    other = rows.account(rows.user("otto"), "other", environment="live", armed=False, health="KEYS_REFUSED")
    rows.checkup(day.account, now=now)
    page = root.get("/accounts").content.decode()
    assert 'class="pill paper">PAPER' in page
    assert 'class="pill live">LIVE' in page
    assert all(said in page for said in ("✓ green", "no keys", "the venue refused the keys", place("account", other)))


def test_without_accounts_the_page_says_how_to_begin(db: None, client: Client) -> None:
    client.force_login(rows.user("mira", Role.TRADER))
    page = client.get("/accounts").content.decode()
    assert "No exchange account yet" in page
    assert '<pre class="copy">' in page
    assert reverse("dashboard:add_account") in page


@pytest.mark.parametrize("environment", ["paper", "testnet", "live"])
def test_every_header_says_what_money_it_is(day: rows.Desk, root: Client, environment: str) -> None:
    account = rows.account(day.account.user, "another", environment=environment)
    for address in (place("account", account), f"/?account={account.pk}", f"/pool?account={account.pk}"):
        bar = root.get(address).content.decode().split('data-part="health"', 1)[1].split("</header>", 1)[0]
        assert f"pill {environment}" in bar


def test_an_account_that_is_not_there(root: Client) -> None:
    assert [root.get(f"/accounts/999{end}").status_code for end in ("", "/keys", "/edit", "/arm", "/off")] == [404] * 5


@pytest.mark.parametrize("address", ["/accounts", "account"])
def test_few_questions(
    day: rows.Desk, root: Client, address: str, now: datetime, django_assert_max_num_queries
) -> None:
    for number in range(5):
        rows.checkup(rows.account(day.account.user, f"more-{number}", environment="live"), now=now)
    where = address if address.startswith("/") else place(address, day.account)
    with django_assert_max_num_queries(QUERIES):
        assert root.get(where).status_code == 200


# whose -------------------------------------------------------------------------------------------

DEEDS = (
    "account_keys",
    "arm_account",
    "disarm_account",
    "edit_account",
    "remove_keys",
    "run_preflight",
    "run_test_order",
)
TYPED = {"api_key": KEY, "api_secret": SECRET, "typed": "paper-1", "reason": "because", "name": "x", "quote": "USDT"}


@pytest.mark.parametrize("who", ["stranger", "viewer"])
def test_another_s_account_is_looked_at_and_left_alone(
    day: rows.Desk, who: str, request: pytest.FixtureRequest
) -> None:
    other: Client = fresh(request.getfixturevalue(who))
    before = ExchangeAccount.objects.values().get(pk=day.account.pk)
    assert [other.post(place(name, day.account), TYPED).status_code for name in DEEDS] == [403] * len(DEEDS)
    assert ExchangeAccount.objects.values().get(pk=day.account.pk) == before
    page = other.get(place("account", day.account)).content.decode()
    assert not any(place(name, day.account) in page for name in DEEDS)


def test_a_viewer_adds_nothing(viewer: Client) -> None:
    assert viewer.post("/accounts/new", {"venue": "binance", "name": "x"}).status_code == 403
    assert not ExchangeAccount.objects.filter(name="x").exists()


@pytest.mark.parametrize("name", ["account_keys", "arm_account", "remove_keys"])
def test_what_hands_over_power_asks_who_it_is(day: rows.Desk, trader: Client, name: str) -> None:
    session = trader.session
    session.pop("account_authentication_methods", None)
    session.save()
    for answer in (trader.get(place(name, day.account)), trader.post(place(name, day.account), TYPED)):
        assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_reauthenticate"))


# adding and changing -----------------------------------------------------------------------------

NEW = {"venue": "binance", "environment": "paper", "name": "second", "quote": "usdt", "position_mode": "one-way",
       "margin_mode": "isolated", "leverage": "1"}  # fmt: skip


def test_a_paper_account_is_wired_and_armed_at_once(
    mine: Client, tmp_path: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.WINDLASS = SimpleNamespace(**{**vars_of(settings.WINDLASS), "home": tmp_path, "kek": "A" * 43})
    with django_capture_on_commit_callbacks(execute=True):
        answer = mine.post("/accounts/new", NEW)
    made = ExchangeAccount.objects.get(name="second")
    assert (answer.status_code, answer.url) == (302, place("account", made))
    assert (made.armed, made.may_open, made.quote, made.user.username) == (True, True, "USDT", "mira")
    assert made.base_url == f"http://127.0.0.1:{settings.WINDLASS.paper_port}"
    (told,) = json.loads((tmp_path / "paper" / "keys.json").read_text())
    assert vault.open_credentials(made) == {"apiKey": told["key"], "secret": told["secret"]}
    assert Checkup.objects.get(account=made).finished_at is None  # a worker makes it


@pytest.mark.parametrize("environment", ["testnet", "live"])
def test_any_other_account_starts_unarmed_and_goes_on_to_its_keys(mine: Client, environment: str) -> None:
    answer = mine.post("/accounts/new", NEW | {"environment": environment})
    made = ExchangeAccount.objects.get(name="second")
    assert (answer.url, made.armed, made.base_url) == (place("account_keys", made), False, "")
    assert mine.get(place("account_keys", made)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "paper-1"}, "There is an account named paper-1 already"),
        ({"name": ""}, "This field is required"),
        ({"name": "in\u202evert"}, "invisible character"),
        ({"quote": "U$D"}, "letters and digits only"),
        ({"venue": "mtgox"}, "Select a valid choice"),
        ({"leverage": "3"}, "leverage 1 and one-way are all it knows"),
        ({"venue": "binanceusdm", "leverage": "126"}, "1 to 125"),
        ({"position_mode": "hedge"}, "choose one-way"),
    ],
)
def test_an_account_that_would_be_wrong_is_refused_in_words(mine: Client, fields: dict[str, str], said: str) -> None:
    answer = mine.post("/accounts/new", NEW | fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_changing_terms_is_journalled_by_name(day: rows.Desk, mine: Client) -> None:
    own = {"name": "renamed", "quote": "USDT", "position_mode": "one-way", "margin_mode": "isolated", "leverage": "1"}
    assert mine.post(place("edit_account", day.account), own).status_code == 302
    entry = JournalEntry.objects.get(kind="account.changed")
    assert (entry.payload["operator"], entry.payload["changed"]) == ("mira", ["name"])


# keys --------------------------------------------------------------------------------------------


def test_keys_go_in_and_never_come_out(live: ExchangeAccount, mine: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    new = {
        "api_key": "PLANTED-key-" + "a" * 30,
        "api_secret": "PLANTED-secret-" + "b" * 30,
        "passphrase": "PLANTED-pass",
    }
    wrong = mine.post(place("account_keys", live), new | {"api_secret": "PLANTED-short"})
    assert wrong.status_code == 422
    assert "Too short: 13 characters" in wrong.content.decode()
    assert mine.post(place("account_keys", live), new).status_code == 302
    live.refresh_from_db()
    assert vault.open_credentials(live) == {
        "apiKey": new["api_key"],
        "secret": new["api_secret"],
        "passphrase": "PLANTED-pass",
    }
    shown = [mine.get(at).content.decode() for at in ("/accounts", place("account", live), place("account_keys", live))]
    written = [str(list(entry)) for entry in JournalEntry.objects.values_list("kind", "payload")]
    said = [wrong.content.decode(), caplog.text, *shown, *written]
    assert [text for text in said if "PLANTED" in text] == []
    assert live.keys_mark in shown[1]


def test_new_keys_take_the_arming_and_the_green_light(live: ExchangeAccount, mine: Client, now: datetime) -> None:
    mine.post(place("arm_account", live), {"typed": "main"})
    live.refresh_from_db()
    assert live.may_open
    mine.post(place("account_keys", live), {"api_key": "N" * 40, "api_secret": "M" * 40})
    live.refresh_from_db()
    assert (live.armed, live.may_open, live.reconciled_at) == (False, False, None)
    assert "of other keys" in mine.get(place("account", live)).content.decode() or Checkup.objects.count() == 2


def test_keys_are_not_removed_while_something_is_open(day: rows.Desk, mine: Client, now: datetime) -> None:
    vault.put_credentials(day.account, {"apiKey": KEY, "secret": SECRET}, now=now)
    day.account.save()
    answer = mine.post(place("remove_keys", day.account), follow=True).content.decode()
    assert "3 groups are open" in answer
    day.account.refresh_from_db()
    assert vault.open_credentials(day.account)


def test_removed_keys_are_gone_and_journalled(live: ExchangeAccount, mine: Client) -> None:
    mine.post(place("remove_keys", live))
    live.refresh_from_db()
    assert (bytes(live.sealed_credentials), live.keys_mark, live.armed) == (b"", "", False)
    assert JournalEntry.objects.get(kind="account.keys").payload["keys"] == "removed"


# arming ------------------------------------------------------------------------------------------


def test_a_live_account_is_armed_by_typing_its_name(live: ExchangeAccount, mine: Client) -> None:
    mine.post(place("arm_account", live), {"typed": "main"})
    live.refresh_from_db()
    assert (live.armed, live.may_open, live.first_armed_at is not None) == (True, True, True)
    entry = JournalEntry.objects.get(kind="account.armed")
    assert (entry.payload["operator"], entry.payload["environment"]) == ("mira", "live")


@pytest.mark.parametrize(
    ("lacking", "advice"),
    [
        ({"typed": "Main"}, "Type the account&#x27;s name, main, to confirm."),
        ({"flag": False}, "Start Windlass with WINDLASS_LIVE=1."),
        ({"green": False}, "Run the doctor"),
        ({"age": timedelta(hours=2)}, "Run the doctor"),
        ({"identity": "0" * 16}, "Run the doctor"),
        ({"cap": "0"}, "Set live_start_cap_quote above 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_condition_keeps_it_unarmed(
    live: ExchangeAccount, mine: Client, settings: Any, lacking: dict[str, Any], advice: str
) -> None:
    settings.WINDLASS.live_allowed = lacking.get("flag", True)
    check = Checkup.objects.get(account=live)
    finished = check.finished_at - lacking.get("age", timedelta())
    changed = {"green": lacking.get("green", True), "identity": lacking.get("identity", check.identity)}
    Checkup.objects.update(finished_at=finished, **changed)
    SettingOverride.objects.create(account=live, name="live_start_cap_quote", value=lacking.get("cap", "500"))
    page = mine.post(place("arm_account", live), {"typed": lacking.get("typed", "main")}, follow=True).content.decode()
    live.refresh_from_db()
    assert (live.armed, live.may_open) == (False, False)
    assert advice in page


def test_switching_off_is_at_once_with_a_reason(live: ExchangeAccount, mine: Client) -> None:
    mine.post(place("arm_account", live), {"typed": "main"})
    assert mine.post(place("disarm_account", live), {"reason": ""}).status_code == 422
    mine.post(place("disarm_account", live), {"reason": "holiday"})
    live.refresh_from_db()
    assert (live.armed, live.armed_as) == (False, "")
    assert JournalEntry.objects.get(kind="account.disarmed").payload["reason"] == "holiday"


# check-ups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind"), [("run_preflight", "preflight"), ("run_test_order", "test_order")])
def test_a_check_up_is_asked_for_and_shown_while_it_waits(day: rows.Desk, mine: Client, name: str, kind: str) -> None:
    assert mine.post(place(name, day.account)).status_code == 302
    waiting = Checkup.objects.get(account=day.account)
    assert (waiting.kind, waiting.asked_by, waiting.finished_at) == (kind, "mira", None)
    page = mine.get(place("account", day.account)).content.decode()
    assert "Waiting for a worker since" in page
    assert "data-running" in page


def test_every_line_is_shown_with_its_mark_and_advice(day: rows.Desk, mine: Client, now: datetime) -> None:
    line = {
        "asked": "What it may",
        "value": "<b>allowed</b>",
        "limit": "not allowed",
        "level": "bad",
        "advice": "Take it away.",
    }
    rows.checkup(day.account, now=now, green=False, lines=[line | {"name": "right to withdraw"}])
    page = mine.get(place("account", day.account)).content.decode()
    assert all(said in page for said in ("✗", "right to withdraw", "&lt;b&gt;allowed", "not allowed", "Take it away."))
    assert "<b>allowed" not in page
