"""The order ticket as a program sends it: the page's checks, its journal, and one alert for each key."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard.models import KeptAnswer
from dashboard.roles import Scope
from project.accounts.models import Environment, ExchangeAccount, User
from project.journal.models import JournalEntry
from signals.models import Alert, Source
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import post
from trading.models import SettingOverride

BUY = {"symbol": "BTCUSDT", "side": "LONG", "size": "200 USDT", "note": "the news"}
KEY = {"Idempotency-Key": "morning"}


def send(client: Client, desk: rows.Desk, key: dict[str, str] | None = None, **fields: Any) -> Any:
    return post(client, "ticket", {"account": desk.account.pk, **BUY, **fields}, **(key or {}))


@pytest.fixture
def before(desk: rows.Desk) -> int:
    return Alert.objects.count()


def test_an_order_is_an_alert_with_its_reason(mine: Client, desk: rows.Desk, before: int) -> None:
    said = send(mine, desk).json()
    alert = Alert.objects.get(pk=said["alert"])
    assert (said["fresh"], alert.account, alert.format or "windlass") == (True, desk.account, "windlass")
    assert alert.source.name == f"by hand, {desk.account.name}"
    told = JournalEntry.objects.get(kind="alert.by_hand").payload
    assert (told["operator"], told["note"], told["asked"]["size"]) == ("mira", "the news", "200 USDT")
    assert Alert.objects.count() == before + 1


def test_a_key_sends_one_order_for_good(mine: Client, desk: rows.Desk, now: datetime, before: int) -> None:
    first = send(mine, desk, KEY).json()
    assert send(mine, desk, KEY).json() == first
    KeptAnswer.objects.update(expires_at=now - timedelta(days=2))  # the answer is forgotten, the order is not
    later = send(mine, desk, KEY).json()
    assert (later["alert"], later["fresh"]) == (first["alert"], False)
    KeptAnswer.objects.update(expires_at=now - timedelta(days=2))
    other = send(mine, desk, KEY, size="900 USDT")
    assert (other.status_code, other.json()["code"], Alert.objects.count()) == (409, "SENT_ALREADY", before + 1)


def test_without_a_key_every_request_is_an_order(mine: Client, desk: rows.Desk, before: int) -> None:
    assert len({send(mine, desk).json()["alert"] for _ in range(2)}) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"side": "UP"}, "side"),
        ({"side": "SHORT"}, "side"),
        ({"order_type": "market", "price": "100"}, "price"),
        ({"order_type": "limit", "price": "cheap"}, "price"),
        ({"size": "a lot"}, "size"),
        ({"target": "-1"}, "target"),
        ({"timeframe": "7 moons"}, "timeframe"),
        ({"strategy": 2**63}, "strategy"),
    ],
)
def test_what_is_wrong_names_its_field(
    mine: Client, desk: rows.Desk, before: int, wrong: dict[str, Any], field: str
) -> None:
    answer = send(mine, desk, **wrong)
    assert (answer.status_code, answer.json()["field"], Alert.objects.count()) == (422, field, before)


def test_real_money_takes_a_word_more(mine: Client, desk: rows.Desk, before: int) -> None:
    ExchangeAccount.objects.update(environment=Environment.LIVE)
    answer = send(mine, desk)
    assert (answer.json()["code"], answer.json()["field"], Alert.objects.count()) == ("NOT_SURE", "sure", before)
    assert send(mine, desk, sure=True).json().get("code") != "NOT_SURE"


def test_a_strategy_that_is_off_or_of_another_account_sends_nothing(
    mine: Client, desk: rows.Desk, other: User, before: int
) -> None:
    Source.objects.update(enabled=False)
    foreign = Source.objects.create(user=other, account=rows.account(other, "paper-2"), name="theirs")
    codes = [send(mine, desk, strategy=pk).json()["code"] for pk in (desk.account.sources.get().pk, foreign.pk)]
    assert (codes, Alert.objects.count()) == (["CANNOT_SEND"] * 2, before)


def test_only_who_may_act_on_the_account_sends(
    desk: rows.Desk, theirs: Client, owner: User, now: datetime, before: int
) -> None:
    looks = world.program(owner, Scope.READ, now=now)
    assert [send(one, desk).json()["code"] for one in (theirs, looks)] == ["NOT_FOUND", "SCOPE_MISSING"]
    assert Alert.objects.count() == before


def test_under_the_seal_nothing_is_sent(mine: Client, desk: rows.Desk, before: int) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    assert (send(mine, desk).json()["code"], Alert.objects.count()) == ("SEALED", before)


# the look -----------------------------------------------------------------------------------------


def look(client: Client, desk: rows.Desk, **fields: Any) -> Any:
    return post(client, "ticket/preview", {"account": desk.account.pk, **BUY, **fields})


def test_a_look_tells_what_would_become_of_it_and_leaves_nothing(mine: Client, desk: rows.Desk, before: int) -> None:
    told, ticket = JournalEntry.objects.count(), look(mine, desk).json()
    assert (ticket["format"], ticket["symbol"]) == ("windlass", "BTC/USDT")
    assert ticket["outcome"]
    assert ticket["reason"]
    assert (Alert.objects.count(), JournalEntry.objects.count()) == (before, told)


def test_a_look_names_what_is_wrong_and_shows_nobody_else_s(
    mine: Client, desk: rows.Desk, theirs: Client, before: int
) -> None:
    wrong = look(mine, desk, price="cheap").json()
    assert (wrong["code"], wrong["field"]) == ("TICKET_WRONG", "price")
    assert look(theirs, desk).status_code == 404
    Source.objects.update(enabled=False)
    off = look(mine, desk, strategy=desk.account.sources.get().pk)
    assert (off.status_code, off.json()["code"]) == (409, "CANNOT_SEND")


def test_under_the_seal_nothing_is_looked_at(mine: Client, desk: rows.Desk) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    assert look(mine, desk).json()["code"] == "SEALED"
