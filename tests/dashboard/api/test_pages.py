"""The page of tokens and the interactive page: tokens are told once, and nothing is fetched from elsewhere."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.models import ApiToken
from project.accounts.models import User
from tests.dashboard.api.world import bearer, get

WANTED = {"name": "my bot", "scope": "trade", "days": "30"}
PAGE = "dashboard:api_tokens"


@pytest.fixture
def browser(owner: User) -> Client:
    found = Client()
    found.force_login(owner)
    return found


def told(page: str) -> list[str]:
    return re.findall(r"wlt_[\w-]{40,}", page)


def test_a_token_is_shown_when_it_is_made_and_never_again(browser: Client) -> None:
    first = browser.post(reverse(PAGE), WANTED)
    [text] = told(first.content.decode())
    assert get(bearer(text), "me").json()["scopes"] == ["read", "trade"]
    assert told(browser.get(reverse(PAGE)).content.decode()) == []
    assert "no-store" in first.headers["Cache-Control"]


def test_a_token_is_revoked_by_its_owner_alone(browser: Client, other: User) -> None:
    [text] = told(browser.post(reverse(PAGE), WANTED).content.decode())
    stranger = Client()
    stranger.force_login(other)
    address = reverse("dashboard:revoke_token", args=[ApiToken.objects.get().pk])
    assert [client.post(address).status_code for client in (stranger, browser)] == [404, 302]
    assert get(bearer(text), "me").status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"days": "0"}, {"days": "x"}, {"days": "9999"}, {"scope": "admin"}, {"scope": "x"}]
)
def test_what_cannot_be_made_is_said(browser: Client, wrong: dict[str, str]) -> None:
    assert browser.post(reverse(PAGE), WANTED | wrong).status_code == 422
    assert not ApiToken.objects.exists()


def test_the_interactive_page_loads_nothing_from_elsewhere(browser: Client) -> None:
    page = browser.get(reverse("dashboard:api_page"))
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert [source for source in sources if not source.startswith("/")] == []
    assert "https:" not in page.headers["Content-Security-Policy"]
    assert Client().get(reverse("dashboard:api_page")).status_code == 302
