"""Idempotency-Key: a write is done once, and says the same again; other requests may not use its key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from psycopg.errors import LockNotAvailable

from dashboard.models import KeptAnswer
from project.accounts.models import User
from project.journal.models import JournalEntry
from tests.dashboard.api import world

KEY = "Idempotency-Key"
PAUSE = {"mode": "PAUSED", "reason": "a test"}
RESUME = {"mode": "NORMAL", "reason": "a test"}


@pytest.fixture
def bot(owner: User, now: datetime) -> Client:
    return world.program(owner, now=now)


def step(client: Client, body: Any, key: str = "k1") -> Any:
    return world.post(client, "mode", body, **{KEY: key})


def changes() -> int:
    return JournalEntry.objects.filter(kind="mode.changed").count()


def test_the_same_key_and_body_is_the_same_answer_and_one_deed(bot: Client) -> None:
    first = step(bot, PAUSE)
    step(bot, RESUME, "k2")
    again = step(bot, PAUSE)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again.headers["Idempotent-Replay"], changes()) == ("true", 2)


def test_a_refusal_is_kept_too(bot: Client) -> None:
    first, again = (world.post(bot, "mode", {"mode": "PAUSED"}, **{KEY: "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (422, 422, first.content)
    assert again.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("address", "body"), [("mode", RESUME), ("mode?x=1", PAUSE), ("preview", PAUSE)], ids=["body", "query", "address"]
)
def test_another_request_may_not_use_the_key(bot: Client, address: str, body: Any) -> None:
    step(bot, PAUSE)
    answer = world.post(bot, address, body, **{KEY: "k1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_key_is_its_users_own(bot: Client, other: User, now: datetime) -> None:
    theirs = world.program(other, now=now)
    assert [step(client, PAUSE).status_code for client in (bot, theirs)] == [200, 200]
    assert KeptAnswer.objects.count() == 2


@pytest.mark.parametrize(
    ("age", "code"), [(timedelta(seconds=1), "IDEMPOTENCY_BUSY"), (timedelta(minutes=5), "IDEMPOTENCY_UNKNOWN")]
)
def test_a_first_request_without_an_answer_is_not_done_again(
    bot: Client, now: datetime, age: timedelta, code: str
) -> None:
    step(bot, PAUSE)
    KeptAnswer.objects.update(status=None, created_at=now - age)
    assert (step(bot, PAUSE).json()["code"], changes()) == (code, 1)


def test_what_was_rolled_back_may_be_tried_again(bot: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("dashboard.api.mode.take_step", _locked)
        assert step(bot, PAUSE).status_code == 503
    assert (KeptAnswer.objects.count(), step(bot, PAUSE).status_code) == (0, 200)


@pytest.mark.parametrize("ends", ["the connection", "a defect"])
def test_what_may_have_been_done_is_not_done_again(bot: Client, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    """A connection that is lost while a commit is under way, or a defect after it: nobody knows what was done."""
    from dashboard.api import mode

    def done(*args: Any, **more: Any) -> str:
        real(*args, **more)
        return _away() if ends == "the connection" else str(1 / 0)

    real = mode.take_step
    bot.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("dashboard.api.mode.take_step", done)
        assert step(bot, PAUSE).status_code == (503 if ends == "the connection" else 500)
    assert (step(bot, PAUSE).json()["code"], changes()) == ("IDEMPOTENCY_BUSY", 1)


def _away(*_: Any, **__: Any) -> str:
    raise OperationalError


def _locked(*_: Any, **__: Any) -> str:
    raise OperationalError from LockNotAvailable()


@dataclass
class Gone:
    """A database that goes away with the first statement that begins so, and stays away."""

    begins: str
    is_gone: bool = False

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        self.is_gone = self.is_gone or sql.startswith(self.begins)
        return _away() if self.is_gone else execute(sql, *rest)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_in_the_middle_is_said(bot: Client) -> None:
    with connection.execute_wrapper(Gone('SELECT "accounts_tradingmode"')):
        answer = step(bot, PAUSE)
    assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_AWAY")
    assert (step(bot, PAUSE).json()["code"], changes()) == ("IDEMPOTENCY_BUSY", 0)


@pytest.mark.django_db(transaction=True)
def test_a_deed_whose_answer_cannot_be_kept_is_answered_and_not_done_again(bot: Client) -> None:
    with connection.execute_wrapper(Gone('UPDATE "dashboard_keptanswer"')):
        assert step(bot, PAUSE).status_code == 200
    assert (step(bot, PAUSE).json()["code"], changes()) == ("IDEMPOTENCY_BUSY", 1)


def test_an_answer_is_forgotten_after_a_day(bot: Client, now: datetime) -> None:
    step(bot, PAUSE)
    KeptAnswer.objects.update(expires_at=now - timedelta(seconds=1))
    assert "Idempotent-Replay" not in step(bot, PAUSE).headers


@pytest.mark.parametrize("key", ["", "x" * 129, "a\tb"])
def test_a_key_has_a_shape(bot: Client, key: str) -> None:
    assert step(bot, PAUSE, key).json()["code"] == "IDEMPOTENCY_KEY_INVALID"


def test_a_token_is_never_kept(owner: User, now: datetime) -> None:
    browser = Client()
    browser.force_login(owner)
    made = [world.post(browser, "tokens", {"name": "bot"}, **{KEY: "k1"}).json()["token"] for _ in range(2)]
    assert (len(set(made)), KeptAnswer.objects.count()) == (2, 0)
