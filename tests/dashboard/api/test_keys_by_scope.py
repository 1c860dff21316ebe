"""Three kinds of key × three scopes × three roles: what each opens, in one table."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from dashboard import tokens
from dashboard.roles import ORDER, Scope
from dashboard.tokens import NotAllowed
from project.accounts.models import Role, User
from signals.models import Source
from tests.dashboard import rows
from tests.dashboard.api import world

Open = Callable[[User, Scope, datetime], Client]


def a_token(user: User, scope: Scope, now: datetime) -> Client:
    return world.program(user, scope, now=now)


def a_log_in(user: User, scope: Scope, now: datetime) -> Client:
    return world.bearer(tokens.log_in(user, scope=scope, now=now).access)


def a_browser(user: User, scope: Scope, now: datetime) -> Client:
    """A session: it has no scope of its own, its user's role decides; a write carries the CSRF token."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    browser.get("/")
    browser.defaults["HTTP_X_CSRFTOKEN"] = browser.cookies["csrftoken"].value
    return browser


REACH = {Role.VIEWER: Scope.READ, Role.TRADER: Scope.TRADE, Role.ADMIN: Scope.ADMIN}


def opened(client: Client) -> list[str]:
    """Which of reading, acting and everybody's settings it may."""
    source = Source.objects.get()
    answers = {
        "read": world.get(client, "me"),
        "trade": world.post(client, "mode", {"mode": "PAUSED", "reason": "a test"}),
        "admin": client.patch(f"/api/v1/sources/{source.pk}", {"live": False}, content_type="application/json"),
    }
    assert {answer.status_code for answer in answers.values()} <= {200, 403}
    return [name for name, answer in answers.items() if answer.status_code == 200]


@pytest.fixture
def everything(now: datetime) -> rows.Desk:
    return rows.desk(rows.user("mira", Role.TRADER), now=now)


def within(wide: Scope) -> list[str]:
    return [scope.value for scope in ORDER[: ORDER.index(wide) + 1]]


@pytest.mark.parametrize("role", REACH)
@pytest.mark.parametrize("scope", ORDER)
@pytest.mark.parametrize("key", [a_token, a_log_in])
def test_a_key_opens_what_its_scope_and_its_owners_role_both_reach(
    db: None, everything: rows.Desk, now: datetime, key: Open, scope: Scope, role: Role
) -> None:
    user = rows.user("somebody", role)
    wider = ORDER.index(scope) > ORDER.index(REACH[role])
    assert _opened(key, user, scope, now) == (["SCOPE_TOO_WIDE"] if wider else within(scope))


def _opened(key: Open, user: User, scope: Scope, now: datetime) -> list[str]:
    try:
        return opened(key(user, scope, now))
    except NotAllowed as error:
        return [error.code]


@pytest.mark.parametrize("role", REACH)
@pytest.mark.parametrize("key", [a_token, a_log_in])
def test_a_key_of_somebody_who_became_less_opens_less(
    db: None, everything: rows.Desk, now: datetime, key: Open, role: Role
) -> None:
    user = rows.user("somebody", Role.ADMIN)
    client = key(user, Scope.ADMIN, now)
    User.objects.filter(pk=user.pk).update(role=role)
    assert opened(client) == within(REACH[role])


@pytest.mark.parametrize("role", REACH)
def test_a_browser_opens_what_its_users_role_reaches(
    db: None, everything: rows.Desk, now: datetime, role: Role
) -> None:
    assert opened(a_browser(rows.user("somebody", role), Scope.READ, now)) == within(REACH[role])


@pytest.mark.parametrize("wrong", [{}, {"HTTP_X_CSRFTOKEN": "x" * 32}], ids=["none", "another's"])
def test_a_browsers_write_without_its_csrf_token_is_refused(
    db: None, everything: rows.Desk, now: datetime, wrong: dict[str, Any]
) -> None:
    browser = a_browser(rows.user("somebody", Role.TRADER), Scope.READ, now)
    browser.defaults.pop("HTTP_X_CSRFTOKEN")
    browser.defaults.update(wrong)
    answer = world.post(browser, "mode", {"mode": "PAUSED", "reason": "a test"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("tokens", {"name": "bot"}),
        ("mode", {"mode": "NORMAL", "reason": "a test"}),
        ("kill/leave", {"reason": "over"}),
        ("kill/confirm", {"phrase": "LEAVE EMERGENCY"}),
    ],
)
def test_a_browser_confirms_afresh_what_widens_and_a_key_does_not(
    db: None, everything: rows.Desk, now: datetime, address: str, body: Any
) -> None:
    user = rows.user("somebody", Role.TRADER)
    browser, program = a_browser(user, Scope.TRADE, now), a_log_in(user, Scope.TRADE, now)
    with time_machine.travel(now + timedelta(minutes=20), tick=False):
        late = world.post(browser, address, body)
    assert (late.status_code, late.json()["code"]) == (403, "CONFIRM_FIRST")
    assert world.post(browser, address, body).json().get("code") != "CONFIRM_FIRST"
    assert world.post(program, address, body).json().get("code") != "CONFIRM_FIRST"


def test_a_browser_pauses_whenever_it_wants(db: None, everything: rows.Desk, now: datetime) -> None:
    browser = a_browser(rows.user("somebody", Role.TRADER), Scope.TRADE, now)
    with time_machine.travel(now + timedelta(minutes=20), tick=False):
        assert world.post(browser, "mode", {"mode": "PAUSED", "reason": "a test"}).status_code == 200
