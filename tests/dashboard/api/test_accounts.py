"""An account through the API: check-ups are asked for once, arming takes a person who types its name, switching off takes anybody who may trade."""

from datetime import datetime

from django.test import Client

from dashboard import tokens
from dashboard.roles import Scope
from project.accounts.models import Checkup, ExchangeAccount, User
from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import get, post


def place(desk: rows.Desk, deed: str) -> str:
    return f"accounts/{desk.account.pk}/{deed}"


def is_armed(desk: rows.Desk) -> bool:
    return ExchangeAccount.objects.get(pk=desk.account.pk).armed


def test_a_check_up_that_waits_is_the_answer_to_the_next_who_asks(mine: Client, desk: rows.Desk) -> None:
    ids = {post(mine, place(desk, "checkups"), {"kind": "preflight"}).json()["id"] for _ in range(2)}
    assert ids == {Checkup.objects.get().pk}
    shown = get(mine, place(desk, "checkups")).json()["checkups"]
    assert [(one["kind"], one["asked_by"], one["finished_at"]) for one in shown] == [("preflight", "mira", None)]


def test_a_check_up_is_shown_line_by_line(mine: Client, desk: rows.Desk, now: datetime) -> None:
    line = {"name": "clock", "asked": "time", "value": "9 ms", "limit": "1000 ms", "level": "ok", "advice": ""}
    said = {"account": desk.account, "kind": "preflight", "asked_by": "mira", "asked_at": now, "lines": [line]}
    Checkup.objects.create(**said)
    assert get(mine, place(desk, "checkups")).json()["checkups"][0]["lines"] == [line]


def test_an_account_is_switched_off_once_and_armed_again_by_a_person(
    mine: Client, desk: rows.Desk, owner: User, now: datetime
) -> None:
    off = [post(mine, place(desk, "disarm"), {"reason": "the weekend"}).json().get("code") for _ in range(2)]
    assert (off, is_armed(desk)) == ([None, "NOTHING_CHANGED"], False)
    person = world.bearer(tokens.log_in(owner, scope=Scope.TRADE, now=now).access)
    name = {"typed": desk.account.name}
    asked = [(mine, name), (person, {"typed": "another"}), (person, name)]
    codes = [post(client, place(desk, "arm"), body).json().get("code") for client, body in asked]
    assert (codes, is_armed(desk)) == (["LOG_IN_FIRST", "NAME_WRONG", None], True)
    assert JournalEntry.objects.get(kind="account.disarmed").payload["reason"] == "the weekend"


def test_a_live_account_is_not_armed_without_everything_it_takes(desk: rows.Desk, owner: User, now: datetime) -> None:
    ExchangeAccount.objects.update(environment="live", armed=False)
    person = world.bearer(tokens.log_in(owner, scope=Scope.TRADE, now=now).access)
    answer = post(person, place(desk, "arm"), {"typed": desk.account.name})
    assert (answer.status_code, answer.json()["code"], is_armed(desk)) == (409, "NOT_ARMED", False)
