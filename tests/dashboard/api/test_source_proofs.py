"""Sources made, and their new addresses: told once, of one's own accounts, by a person."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from django.test import Client

from dashboard import tokens
from dashboard.models import KeptAnswer
from dashboard.roles import Scope
from project.accounts.models import Environment, ExchangeAccount, Role, User
from project.journal.models import JournalEntry
from signals.models import Source
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import post
from trading.models import SettingOverride


@pytest.fixture
def person(desk: rows.Desk, owner: User, now: datetime) -> Client:
    """The owner, logged in by a program."""
    return world.bearer(tokens.log_in(owner, scope=Scope.TRADE, now=now).access)


@pytest.fixture
def browser(desk: rows.Desk, owner: User) -> Client:
    browser = Client()
    browser.force_login(owner)
    return browser


def new(desk: rows.Desk, **fields: Any) -> dict[str, Any]:
    return {"account": desk.account.pk, "name": "my bot", **fields}


def both(client: Client, desk: rows.Desk) -> list[Any]:
    """A source made, and a new address for the first one."""
    return [post(client, "sources/make", new(desk)), post(client, f"sources/{Source.objects.earliest('pk').pk}/token")]


def codes(answers: list[Any]) -> list[str | None]:
    return [answer.json().get("code") for answer in answers]


def test_a_source_is_made_and_its_address_is_told_once(person: Client, desk: rows.Desk, owner: User) -> None:
    said = post(person, "sources/make", new(desk, kind="alerts"), **{"Idempotency-Key": "k1"}).json()
    row = Source.objects.latest("pk")
    assert (row.user, row.account, row.name, row.kind, row.live) == (owner, desk.account, "my bot", "alerts", True)
    assert bytes(row.token_hash or b"") == sha256(said["token"].encode()).digest()
    assert (said["id"], said["url"].endswith(f"/webhooks/{said['token']}")) == (row.pk, True)
    shown = world.get(person, f"sources/{row.pk}").json()
    assert ("token" in shown, "url" in shown, shown["token_set"], KeptAnswer.objects.count()) == (False, False, True, 0)
    assert said["token"] not in str(JournalEntry.objects.get(kind="source.made").payload)


def test_a_new_address_ends_the_old_one(person: Client, desk: rows.Desk) -> None:
    source = Source.objects.get()
    told = [post(person, f"sources/{source.pk}/token").json()["token"] for _ in range(2)]
    source.refresh_from_db()
    assert bytes(source.token_hash or b"") == sha256(told[1].encode()).digest() != sha256(told[0].encode()).digest()
    assert JournalEntry.objects.filter(kind="source.proof", subject=f"source:{source.pk}").count() == 2


def test_a_name_is_taken_once(person: Client, desk: rows.Desk) -> None:
    answers = [post(person, "sources/make", new(desk)) for _ in range(2)]
    assert [(answer.status_code, answer.json().get("field")) for answer in answers] == [(201, None), (422, "name")]


def test_a_token_gives_no_address(mine: Client, desk: rows.Desk) -> None:
    assert codes(both(mine, desk)) == ["LOG_IN_FIRST"] * 2


def test_nobody_gives_an_address_to_somebody_elses_account(desk: rows.Desk, other: User, now: datetime) -> None:
    stranger = world.bearer(tokens.log_in(other, scope=Scope.TRADE, now=now).access)
    viewer = world.bearer(tokens.log_in(rows.user("vera", Role.VIEWER), scope=Scope.READ, now=now).access)
    assert codes(both(stranger, desk)) == ["NOT_FOUND"] * 2
    assert codes(both(viewer, desk)) == ["SCOPE_MISSING"] * 2


@pytest.mark.parametrize(("environment", "code"), [(Environment.PAPER, None), (Environment.LIVE, "CONFIRM_FIRST")])
def test_a_browser_confirms_afresh_where_it_is_real_money(
    browser: Client, desk: rows.Desk, now: datetime, environment: str, code: str | None
) -> None:
    ExchangeAccount.objects.update(environment=environment)
    with time_machine.travel(now + timedelta(minutes=20), tick=False):
        assert codes(both(browser, desk)) == [code] * 2
    ExchangeAccount.objects.update(environment=Environment.LIVE)
    assert "CONFIRM_FIRST" not in codes(both(browser, desk))


def test_under_the_seal_no_address_is_given(person: Client, desk: rows.Desk) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    assert codes(both(person, desk)) == ["SEALED"] * 2
