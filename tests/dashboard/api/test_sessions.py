"""One's own log-ins by the API: told in words, ended by a person, never by a personal token."""

from datetime import datetime

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from dashboard import tokens
from dashboard.roles import Scope
from dashboard.users_models import BrowserSession
from project.accounts.models import User
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import get, post

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def logged_in(user: User, agent: str = FIREFOX) -> Client:
    browser = Client(headers={"User-Agent": agent})
    browser.post("/login", {"username": user.get_username(), "password": rows.PASSWORD})
    return browser


@pytest.fixture
def two(owner: User) -> tuple[Client, Client]:
    """Two browsers of one trader; both are logged in."""
    return logged_in(owner), logged_in(owner, "curl/8.5")


def test_the_list_says_where_and_which_one_asks(two: tuple[Client, Client]) -> None:
    found = {row["what"]: row["here"] for row in get(two[0], "sessions").json()["results"]}
    assert found == {"Firefox on Linux": True, "curl/8.5": False}


def test_one_is_ended_and_then_all_others(two: tuple[Client, Client], owner: User) -> None:
    here, there = two
    number = next(row["id"] for row in get(here, "sessions").json()["results"] if not row["here"])
    assert here.delete(f"/api/v1/sessions/{number}").json()["message"] == "curl/8.5 is logged out."
    assert (get(here, "me").status_code, get(there, "me").status_code) == (200, 401)
    logged_in(owner)
    assert post(here, "sessions/end-others").json()["ended"] == 1
    assert get(here, "me").status_code == 200
    assert BrowserSession.objects.count() == 1


def test_a_session_that_is_over_is_not_listed(two: tuple[Client, Client]) -> None:
    Session.objects.filter(session_key=two[1].cookies["sessionid"].value).delete()
    assert len(get(two[0], "sessions").json()["results"]) == 1


def test_a_token_ends_none_and_a_log_in_s_key_ends_all(two: tuple[Client, Client], owner: User, now: datetime) -> None:
    _, text = tokens.make(owner, name="bot", scope=Scope.TRADE, days=1, now=now)
    assert post(world.bearer(text), "sessions/end-others").json()["code"] == "LOG_IN_FIRST"
    key = world.bearer(tokens.log_in(owner, scope=Scope.READ, now=now).access)
    assert post(key, "sessions/end-others").json()["ended"] == 2
    assert [get(browser, "me").status_code for browser in two] == [401, 401]
