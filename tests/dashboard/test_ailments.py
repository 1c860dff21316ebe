"""What holds an account back, told in words."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import ailments, words
from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from project.journal import leases
from tests.dashboard import rows
from trading import errors
from trading.services import instance

CODES = [
    errors.InMaintenance.code,
    errors.KeysRefused.code,
    errors.LiveNotAllowed.code,
    errors.NotReached.code,
    errors.UnsafeEndpoint.code,
    errors.UnsupportedVenue.code,
    VaultError.code,
    "BOOKS_DIFFER",
    "POSITION_DIFFERS",
    instance.SECOND_ENGINE,
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_is_wrong_what_works_and_what_to_do(code: str) -> None:
    found = ailments.ailment(7, code, "Two words.")
    assert found.wrong.endswith(". Two words.")
    assert code in words.HEALTH_WORDS
    assert (found.works, found.mend) == (ailments.ADVICE[code].works, ailments.ADVICE[code].mend)


def test_an_unforeseen_code_is_told_all_the_same() -> None:
    found = ailments.ailment(7, "MOON_FULL", "")
    assert (found.wrong, found.mend) == ("Moon full.", ailments.UNFORESEEN.mend)


def test_a_well_account_has_none() -> None:
    assert ailments.ailment(7, "", "") is None


def test_the_page_says_it_and_leads_to_the_account(day: rows.Desk, root: Client) -> None:
    ExchangeAccount.objects.update(health="POSITION_DIFFERS", health_detail="BTC/USDT:USDT LONG: the venue holds 2")
    page = root.get("/").content.decode()
    assert "Somebody traded this market outside Windlass" in page
    assert "the venue holds 2" in page
    assert f'href="/accounts/{day.account.pk}"' in page


def test_another_engine_of_this_database_is_told_where_it_is_not_in_the_row(day: rows.Desk, root: Client) -> None:
    name, span = instance.lease_name(day.account.pk), timedelta(minutes=10)
    assert leases.claim(name, holder="the attic's", now=timezone.now(), span=span)
    page = root.get("/").content.decode()
    assert "Another engine trades this account. Engine the attic&#x27;s of this database has the lease until" in page
    ExchangeAccount.objects.update(health="KEYS_REFUSED")
    assert "Another engine" not in root.get("/").content.decode()
