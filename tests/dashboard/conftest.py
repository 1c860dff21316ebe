"""A day at the desk, and people to look at it."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from project.accounts.models import ExchangeAccount, Role
from tests.dashboard import rows

admin.autodiscover()
# As the web process does, before a test asks what is registered.


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def standing(now: datetime) -> Iterator[None]:
    """The clock stands at `now`: prices stay fresh however slow this machine is."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def day(db: None, now: datetime) -> rows.Desk:
    """One paper account in the middle of an ordinary day; its owner is the admin `root`."""
    return rows.desk(rows.admin(), now=now)


@pytest.fixture
def root(day: rows.Desk, client: Client) -> Client:
    """The admin's browser."""
    client.force_login(day.account.user)
    return client


@pytest.fixture
def trader(day: rows.Desk) -> Client:
    """The browser of a trader, who owns the account."""
    browser, mira = Client(), rows.user("mira", Role.TRADER)
    ExchangeAccount.objects.filter(pk=day.account.pk).update(user=mira)
    browser.force_login(mira)
    return browser


@pytest.fixture
def stranger(day: rows.Desk) -> Client:
    """The browser of a trader to whom no account belongs."""
    browser = Client()
    browser.force_login(rows.user("otto", Role.TRADER))
    return browser


@pytest.fixture
def viewer(day: rows.Desk) -> Client:
    browser = Client()
    browser.force_login(rows.user("vera", Role.VIEWER))
    return browser


@pytest.fixture(autouse=True)
def nobody_guessed_yet() -> None:
    cache.clear()
