"""Channels of notifications: made, changed, tried, switched and removed by their own person; addresses are never answered."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from dashboard import tokens
from dashboard.notices import sealing
from dashboard.notices.models import Channel, Notice
from dashboard.roles import Scope
from project.accounts.models import Role, User
from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import HOOK, get, post
from trading.models import SettingOverride

LIST = "notices/channels"
URL = "https://hooks.example.org/another-hook-beef"
NEW = {"kind": "webhook", "name": "desk", "address": {"url": URL}}


def patch(client: Client, body: Any, pk: int = 0) -> Any:
    place = f"/api/v1/{LIST}/{pk or Channel.objects.earliest('pk').pk}"
    return client.patch(place, body, content_type="application/json")


def deed(client: Client, name: str, body: Any = None) -> Any:
    return post(client, f"{LIST}/{Channel.objects.earliest('pk').pk}/{name}", body)


def log_in(user: User, scope: Scope, now: datetime) -> Client:
    return world.bearer(tokens.log_in(user, scope=scope, now=now).access)


@pytest.fixture
def person(desk: rows.Desk, owner: User, now: datetime) -> Client:
    """The owner, logged in by a program."""
    return log_in(owner, Scope.TRADE, now)


def test_a_channel_is_made_with_the_usual_manners_and_its_address_sealed(person: Client, owner: User) -> None:
    answer = post(person, LIST, {**NEW, "quiet_from": "22:00", "quiet_to": "07:30", "ways": {"fills": "off"}})
    row = Channel.objects.latest("pk")
    said = answer.json()
    assert (answer.status_code, said["id"], said["tail"], said["enabled"]) == (201, row.pk, "beef", True)
    assert (said["quiet_from"], said["quiet_to"], said["most"], said["zone"]) == ("22:00", "07:30", 5, "UTC")
    assert (said["ways"]["fills"], said["ways"]["kill"], row.ways) == ("off", "on", {"fills": "off"})
    assert (row.user, sealing.address(row)) == (owner, URL.replace("https", "jsons"))
    assert URL not in answer.content.decode() + str(JournalEntry.objects.get(kind="notices.made").payload)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "phone"}, "name"),
        ({"name": ""}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"address": {}}, "address.url"),
        ({"address": {"url": "https://127.0.0.1/x"}}, "address.url"),
        ({"zone": "Mars"}, "zone"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"quiet_from": "22:00"}, "quiet_from"),
        ({"most": 0}, "most"),
        ({"ways": {"pigeons": "on"}}, "ways"),
        ({"ways": {"fills": "loud"}}, "ways.fills"),
    ],
)
def test_what_cannot_be_kept_names_its_field(person: Client, wrong: Any, field: str) -> None:
    answer = post(person, LIST, {**NEW, **wrong})
    assert (answer.status_code, answer.json()["field"], Channel.objects.count()) == (422, field, 1)


def test_what_is_left_out_stays_as_it_is(person: Client) -> None:
    patch(person, {"ways": {"fills": "off"}})
    answer = patch(person, {"most": 3, "ways": {"lost": "silent"}, "quiet_from": "22:00", "quiet_to": "07:00"})
    row = Channel.objects.get()
    assert (answer.json()["most"], row.name, row.ways) == (3, "phone", {"fills": "off", "lost": "silent"})
    assert HOOK in sealing.address(row)
    assert patch(person, {"quiet_from": None, "quiet_to": None}).json()["quiet_from"] is None
    assert patch(person, {"address": {"url": URL}}).json()["tail"] == "beef"


def test_a_channel_is_tried_switched_and_removed_once(person: Client, now: datetime) -> None:
    answers = [deed(person, "test") for _ in range(2)] + [deed(person, "switch", {"on": False}) for _ in range(2)]
    assert [answer.json().get("code") for answer in answers] == [None, "TEST_WAITS", None, "NOTHING_CHANGED"]
    (tried,) = get(person, "notices", klass="test").json()["results"]
    assert (tried["state"], tried["channel"]) == ("EXPIRED", Channel.objects.get().pk)
    gone = [person.delete(f"/api/v1/{LIST}/{tried['channel']}").status_code for _ in range(2)]
    assert (gone, Channel.objects.count()) == ([200, 404], 0)
    kinds = set(JournalEntry.objects.values_list("kind", flat=True))
    assert {"notices.removed", "notices.switched", "notices.test_asked"} <= kinds


@pytest.mark.parametrize(
    ("scope", "codes"),
    [
        (Scope.READ, ["LOG_IN_FIRST", "SCOPE_MISSING", "SCOPE_MISSING", "SCOPE_MISSING"]),
        (Scope.TRADE, ["LOG_IN_FIRST", "LOG_IN_FIRST", None, None]),
    ],
)
def test_a_token_gives_no_address_and_one_that_looks_does_nothing(
    desk: rows.Desk, owner: User, now: datetime, scope: Scope, codes: list[str | None]
) -> None:
    bot = world.program(owner, scope, now=now)
    address, manners = patch(bot, {"address": {"url": URL}}), patch(bot, {"most": 3})
    answers = [post(bot, LIST, NEW), address, manners, deed(bot, "switch", {"on": False})]
    assert [answer.json().get("code") for answer in answers] == codes
    assert HOOK in sealing.address(Channel.objects.get())


def test_a_log_in_that_only_looks_is_a_viewers_whole_reach_and_nobody_elses(
    desk: rows.Desk, owner: User, now: datetime
) -> None:
    viewer = log_in(rows.user("vera", Role.VIEWER), Scope.READ, now)
    codes = [post(one, LIST, NEW).json().get("code") for one in (viewer, log_in(owner, Scope.READ, now))]
    assert codes == [None, "SCOPE_MISSING"]


def test_everybodys_accounts_are_an_admins_and_take_his_whole_key(desk: rows.Desk, now: datetime) -> None:
    boss, wish = rows.admin("boss"), {**NEW, "everyones": True}
    answers = [post(log_in(boss, scope, now), LIST, wish) for scope in (Scope.TRADE, Scope.ADMIN)]
    assert [(answer.status_code, answer.json().get("field")) for answer in answers] == [(403, "everyones"), (201, None)]


def test_a_browser_makes_one_as_on_the_page_without_confirming_afresh(
    desk: rows.Desk, owner: User, now: datetime
) -> None:
    browser = Client()
    browser.force_login(owner)
    with time_machine.travel(now + timedelta(minutes=20), tick=False):
        assert post(browser, LIST, NEW).status_code == 201


def test_a_channel_is_its_persons_alone(mine: Client, theirs: Client, boss: Client) -> None:
    pk = Channel.objects.get().pk
    for stranger in (theirs, boss):
        assert get(stranger, LIST).json()["results"] == get(stranger, "notices").json()["results"] == []
        answers = [get(stranger, f"{LIST}/{pk}"), patch(stranger, {"most": 3}), stranger.delete(f"/api/v1/{LIST}/{pk}")]
        assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_under_the_seal_a_channel_is_tried_and_switched_off_and_nothing_else(person: Client) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    assert get(person, "notices").json()["results"] == []  # the executions of what is open
    answers = [
        deed(person, "test"),
        deed(person, "switch", {"on": False}),
        deed(person, "switch", {"on": True}),
        patch(person, {"most": 3}),
        post(person, LIST, NEW),
        person.delete(f"/api/v1/{LIST}/{Channel.objects.get().pk}"),
    ]
    assert [answer.json().get("code") for answer in answers] == [None, None, *["SEALED"] * 4]


def test_the_same_key_makes_one_channel_and_keeps_no_address(person: Client) -> None:
    headers = {"Idempotency-Key": "desk"}
    made = [post(person, LIST, NEW, **headers).json()["id"] for _ in range(2)]
    assert (made[0] == made[1], Channel.objects.count(), Notice.objects.count()) == (True, 2, 1)


def test_every_kind_says_what_its_address_is_made_of(mine: Client) -> None:
    said = get(mine, "notices/kinds").json()
    assert {kind["name"]: [part["name"] for part in kind["address"]] for kind in said["kinds"]}["telegram"] == [
        "token",
        "chat",
    ]
    assert ("fills", "silent") in {(row["name"], row["way"]) for row in said["classes"]}
