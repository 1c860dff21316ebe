"""Settings over the API beside the plain change: versions, the way back, a second person, the seal."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from dashboard import tokens
from dashboard.roles import Scope
from project.accounts.models import Environment, ExchangeAccount, User
from tests.dashboard import people, rows
from tests.dashboard.api import world
from tests.dashboard.api.world import get, post
from trading.models import PendingChange, SettingOverride, SettingRequest, SettingVersion
from trading.services.overrides import Place, Wish
from trading.services.setting_versions import Said, write


def put(client: Client, body: Any) -> Any:
    return client.put("/api/v1/settings/values", body, content_type="application/json")


@pytest.fixture
def sealed(desk: rows.Desk) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(("value", "way", "now_set", "waiting"), [("3", "NOW", "3", 0), ("9", "SEAL", "7", 1)])
def test_under_the_seal_what_protects_holds_and_the_rest_waits(
    mine: Client, desk: rows.Desk, value: str, way: str, now_set: str, waiting: int
) -> None:
    answer = put(mine, {"account": desk.account.pk, "name": "max_open_groups", "value": value, "reason": "calmer"})
    assert (answer.status_code, answer.json()["way"], answer.json()["version"] is None) == (200, way, bool(waiting))
    assert SettingOverride.objects.get(name="max_open_groups").value == now_set
    assert PendingChange.objects.filter(reason="calmer").count() == waiting


@pytest.mark.usefixtures("sealed")
def test_under_the_seal_to_withdraw_and_to_go_back_wait_too(mine: Client, desk: rows.Desk) -> None:
    body = {"account": desk.account.pk, "name": "max_open_groups"}  # 7 here, 10 elsewhere
    assert post(mine, "settings/withdraw", body).json()["way"] == "SEAL"
    version = SettingVersion.objects.latest("id")
    back = post(mine, "settings/roll-back", {"version": version.pk}).json()
    assert (back["version"], back["changes"][0]["way"]) == (None, "SEAL")
    assert SettingOverride.objects.get(name="max_open_groups").value == "7"


def test_a_version_is_looked_at_compared_and_undone(mine: Client, desk: rows.Desk) -> None:
    first = SettingVersion.objects.latest("id")
    done = put(mine, {"account": desk.account.pk, "name": "max_open_groups", "value": "3"}).json()
    assert get(mine, f"settings/versions/{done['version']}").json()["changes"][0]["after"] == "3"
    diff = get(mine, "settings/versions/diff", first=first.pk, last=done["version"]).json()["changes"]
    assert [(one["name"], one["before"], one["after"]) for one in diff] == [("max_open_groups", "7", "3")]
    seen = post(mine, "settings/roll-back", {"version": done["version"], "only_preview": True}).json()
    assert (seen["version"], SettingOverride.objects.get().value) == (None, "3")
    back = post(mine, "settings/roll-back", {"version": first.pk, "how": "RETURN", "reason": "was better"}).json()
    assert SettingOverride.objects.get().value == "7"
    version = SettingVersion.objects.get(pk=back["version"])
    assert (version.how, version.of, version.reason, version.operator) == ("ROLLBACK", first.pk, "was better", "mira")
    assert (
        post(mine, "settings/roll-back", {"version": first.pk, "how": "RETURN"}).json()["said"] == "It is so already."
    )


def test_nobody_goes_back_over_what_is_not_his(mine: Client, theirs: Client) -> None:
    own = SettingVersion.objects.latest("id")
    everybodys = write([Wish("max_heat", Place(), "0.4")], Said("boss"))[1]
    assert everybodys is not None
    answers = [
        post(theirs, "settings/roll-back", {"version": own.pk}).status_code,
        post(theirs, "settings/roll-back", {"version": everybodys.pk}).status_code,
        post(mine, "settings/roll-back", {"version": everybodys.pk}).status_code,
        get(theirs, f"settings/versions/{own.pk}").status_code,
    ]
    assert answers == [404, 403, 403, 404]
    assert get(theirs, "settings/versions/diff", first=0, last=own.pk).json()["changes"] == []


def test_of_a_step_each_sees_what_is_his(mine: Client, boss: Client, desk: rows.Desk) -> None:
    otto = Place(rows.user("otto", "trader").pk)
    own = Place(account_id=desk.account.pk)
    version = write([Wish("max_heat", otto, "0.4"), Wish("max_leverage", own, "2")], Said("boss"))[1]
    assert version is not None
    for path in (f"settings/versions/{version.pk}", "settings/versions"):
        told = [get(client, path).json() for client in (mine, boss)]
        seen = [[one["name"] for one in row.get("results", [row])[0]["changes"]] for row in told]
        assert seen == [["max_leverage"], ["max_heat", "max_leverage"]]


def test_a_live_account_takes_a_second_person(mine: Client, boss: Client, desk: rows.Desk, now: datetime) -> None:
    ExchangeAccount.objects.filter(pk=desk.account.pk).update(environment=Environment.LIVE)
    SettingOverride.objects.create(name="approvals", value="on")
    asked = put(mine, {"account": desk.account.pk, "name": "max_open_groups", "value": "20"}).json()
    assert (asked["way"], asked["version"]) == ("APPROVAL", None)
    row = SettingRequest.objects.latest("id")
    address = f"settings/requests/{row.pk}"
    person = world.bearer(tokens.log_in(User.objects.get(username="boss"), scope=Scope.ADMIN, now=now).access)
    answers = [
        post(mine, f"{address}/approve", {"reason": "fine"}),
        post(boss, f"{address}/approve", {"reason": "fine"}),
        post(person, f"{address}/approve", {"reason": "fine"}),
    ]
    answers += [post(boss, f"{address}/refuse", {"reason": "too late"})]
    assert [answer.status_code for answer in answers] == [403, 403, 200, 409]
    assert [answer.json()["code"] for answer in answers[:2]] == ["SCOPE_MISSING", "LOG_IN_FIRST"]
    assert SettingOverride.objects.get(name="max_open_groups").value == "20"
    assert get(mine, "settings/requests").json()["results"][0]["ending"] == "APPROVED"


def test_a_browser_that_confirms_sends_its_yes_again_under_the_same_key(desk: rows.Desk) -> None:
    row = SettingRequest.objects.latest("id")
    browser = people.browser(rows.admin("vera"), fresh=False)
    yes = f"settings/requests/{row.pk}/approve", {"reason": "fine"}
    assert post(browser, *yes, **{"Idempotency-Key": "k1"}).json()["code"] == "CONFIRM_FIRST"
    browser.post("/profile/confirm", {"password": rows.PASSWORD})
    again = post(browser, *yes, **{"Idempotency-Key": "k1"})
    assert ("Idempotent-Replay" in again.headers, again.json().get("code") == "CONFIRM_FIRST") == (False, False)
