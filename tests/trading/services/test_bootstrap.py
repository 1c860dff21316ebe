"""The first start makes what is needed, private and once; later starts change nothing but the address."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from project.accounts.models import ExchangeAccount, Installation, User
from project.accounts.vault import open_credentials
from signals.models import Source
from trading.models import SettingOverride
from trading.services.bootstrap import bootstrap, digest

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:20001"
PRIVATE = ("first-login", "first-source.json", "demo-source.json", "kek", "paper/keys.json")


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.WINDLASS = replace(settings.WINDLASS, home=tmp_path, kek="")
    return tmp_path


def test_a_first_start_makes_login_account_and_sources(home: Path) -> None:
    made = bootstrap(paper_url=URL)
    assert (made.first_login_created, made.username) == (True, "admin")
    found = ExchangeAccount.objects.order_by("id")
    assert [row.venue for row in found] == ["binance", "binanceusdm"]
    for account in found:
        facts = (account.environment, account.base_url, account.armed, account.reconciled_at)
        assert facts == ("paper", URL, True, None)
    assert {"tradingview", "demo feed"} <= {source.name for source in Source.objects.all()}
    login = dict(line.split(": ") for line in (home / "first-login").read_text().splitlines())
    assert User.objects.get().check_password(login["password"])


def test_what_is_secret_is_private_and_only_hashed_in_the_database(home: Path) -> None:
    made = bootstrap(paper_url=URL)
    assert {stat.S_IMODE((home / name).stat().st_mode) for name in PRIVATE} == {0o600}
    told = json.loads((home / "first-source.json").read_text())
    source = Source.objects.get(name="tradingview")
    assert made.webhook_token == told["token"]
    assert (bytes(source.token_hash), bytes(source.secret_hash)) == (digest(told["token"]), digest(told["secret"]))


def test_the_paper_exchange_is_told_the_accounts_keys(home: Path) -> None:
    bootstrap(paper_url=URL)
    told = json.loads((home / "paper" / "keys.json").read_text())
    ours = [open_credentials(account) for account in ExchangeAccount.objects.order_by("id")]
    assert [{"apiKey": row["key"], "secret": row["secret"]} for row in told] == ours


def counted() -> list[int]:
    return [model.objects.count() for model in (User, ExchangeAccount, Source, SettingOverride)]


def test_a_second_start_makes_nothing_and_tells_no_secret(home: Path) -> None:
    bootstrap(paper_url=URL)
    before = {name: (home / name).read_bytes() for name in PRIVATE}
    installation, counts = Installation.objects.get().name, counted()
    again = bootstrap(paper_url=URL)
    assert (again.first_login_created, again.webhook_token) == (False, "")
    assert {name: (home / name).read_bytes() for name in PRIVATE} == before
    assert counted() == counts
    assert Installation.objects.get().name == installation


def test_every_start_follows_the_paper_exchange_and_asks_for_a_reconcile(home: Path) -> None:
    bootstrap(paper_url=URL)
    then = datetime(2026, 1, 1, tzinfo=UTC)
    ExchangeAccount.objects.update(reconciled_at=then, last_reconciled_at=then)
    bootstrap(paper_url="http://127.0.0.1:20002")
    rows = ExchangeAccount.objects.values_list("base_url", "reconciled_at", "last_reconciled_at")
    assert set(rows) == {("http://127.0.0.1:20002", None, then)}  # the books are compared from then on


def test_a_paper_account_without_keys_holds_up_no_start(home: Path) -> None:
    bootstrap(paper_url=URL)
    ExchangeAccount.objects.filter(venue="binance").update(sealed_credentials=b"", keys_mark="")
    bootstrap(paper_url="http://127.0.0.1:20002")
    assert {account.base_url for account in ExchangeAccount.objects.all()} == {"http://127.0.0.1:20002"}


def test_keys_that_stay_shut_hold_up_no_start(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Another key-encryption key: the pages, where new keys are given, must come up all the same."""
    bootstrap(paper_url=URL)
    (home / "kek").unlink()
    bootstrap(paper_url=URL)
    assert "paper trades nothing until its keys are given anew" in caplog.text
