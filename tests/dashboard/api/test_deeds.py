"""Deeds: the same services as the pages, said in one shape; what is not possible now is a 409 with its code."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.api import mode as mode_views
from dashboard.models import ApiToken
from dashboard.roles import Scope
from project.accounts import latch
from project.accounts.models import Role
from project.journal.models import JournalEntry
from signals.models import Alert, LostAlert, Source
from tests.dashboard import rows
from tests.dashboard.api import world
from tests.dashboard.api.world import get, post
from trading.domain.order_state import OrderState
from trading.models import Order, PendingChange, PositionGroup, QueuedSignal, SettingOverride
from trading.services import sealing


def put(client: Client, address: str, body: Any) -> Any:
    return client.put(f"/api/v1/{address}", body, content_type="application/json")


def kinds() -> set[str]:
    return set(JournalEntry.objects.values_list("kind", flat=True))


def last(model: Any, **which: Any) -> Any:
    return model._default_manager.filter(**which).order_by("pk").last()


def open_group() -> PositionGroup:
    return last(PositionGroup, closed_at=None)


def test_a_group_is_blocked_once_and_closed_once(mine: Client) -> None:
    address = f"groups/{open_group().pk}"
    blocked = [post(mine, f"{address}/block", {"blocked": True}) for _ in range(2)]
    closed = [post(mine, f"{address}/close") for _ in range(2)]
    assert [answer.status_code for answer in (*blocked, *closed)] == [200, 409, 200, 409]
    assert [answer.json().get("code") for answer in (*blocked, *closed)] == [
        None,
        "NOTHING_CHANGED",
        None,
        "GROUP_OVER",
    ]
    assert open_group().closing_at is not None
    assert {"group.blocked"} <= kinds()


def test_a_groups_exits_are_edited_and_checked(mine: Client) -> None:
    address = f"groups/{open_group().pk}/exits"
    wrong = post(mine, address, {"exits": {"no_such_exit": "1"}})
    assert post(mine, address, {"exits": {"time_exit_h": "12"}}).json()["exits"]["time_exit_h"] == "12"
    assert get(mine, address).json()["exits"]["time_exit_h"] == "12"
    assert (wrong.status_code, wrong.json()["code"]) == (422, "CANNOT_EDIT")


def test_a_group_is_skipped_until_a_time(mine: Client) -> None:
    answer = post(mine, f"groups/{open_group().pk}/skip").json()
    assert datetime.fromisoformat(answer["until"]) > timezone.now()


def test_an_entry_is_cancelled_and_a_target_is_not(mine: Client) -> None:
    entry = last(Order, purpose="ENTRY", state=OrderState.OPEN)
    target = last(Order, purpose="TARGET", state=OrderState.OPEN)
    codes = [post(mine, f"orders/{order.pk}/cancel").json().get("code") for order in (entry, target)]
    entry.refresh_from_db()
    assert (codes, entry.cancel_requested) == ([None, "NOT_CANCELLABLE"], True)


def test_only_an_order_that_waits_for_a_person_is_settled(mine: Client) -> None:
    order = last(Order, state=OrderState.UNKNOWN)
    absent = {"ending": "absent", "reason": "looked there"}
    assert post(mine, f"orders/{order.pk}/settle", absent).json()["code"] == "NOT_WAITING"
    Order.objects.filter(pk=order.pk).update(state=OrderState.NEEDS_HUMAN)
    assert post(mine, f"orders/{order.pk}/settle", absent).status_code == 200
    order.refresh_from_db()
    assert order.state == OrderState.NOT_PLACED


def test_an_alert_is_replayed_as_a_new_one(mine: Client) -> None:
    alert = last(Alert)
    again = post(mine, f"alerts/{alert.pk}/replay").json()["alert"]
    assert get(mine, f"alerts/{again}").json()["outcome"] == ""
    Source.objects.update(enabled=False)
    assert post(mine, f"alerts/{alert.pk}/replay").json()["code"] == "CANNOT_REPLAY"


def test_a_waiting_signal_keeps_waiting_with_its_reason_and_is_removed_once(mine: Client) -> None:
    row = last(QueuedSignal)
    ranks = get(mine, "pool", account=row.account_id).json()["waiting"]
    kept = post(mine, f"queue/{row.pk}/promote")
    removed = [post(mine, f"queue/{row.pk}/remove").status_code for _ in range(2)]
    assert (ranks[0]["rank"], ranks[0]["why"]) == (1, "the only one")
    assert (kept.status_code, "keeps waiting" in kept.json()["detail"], removed) == (409, True, [200, 409])


def test_a_lost_alert_is_settled_once(mine: Client) -> None:
    row = last(LostAlert)
    assert get(mine, f"lost/{row.pk}").json()["choices"] == ["ignore"]
    codes = [post(mine, f"lost/{row.pk}/settle", {"choice": "ignore"}).json().get("code") for _ in range(2)]
    assert codes == [None, "CANNOT_SETTLE"]


def test_a_source_is_switched_by_an_admin_and_journalled(boss: Client, mine: Client) -> None:
    source, body = last(Source), '{"live": false}'
    address = f"/api/v1/sources/{source.pk}"
    answers = [client.patch(address, body, content_type="application/json") for client in (mine, boss)]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert JournalEntry.objects.get(kind="source.changed").payload["changed"] == {"live": False}


# settings ----------------------------------------------------------------------------------------


def test_a_setting_is_previewed_changed_versioned_and_taken_back(mine: Client, desk: rows.Desk) -> None:
    wanted = {"account": desk.account.pk, "name": "max_open_groups", "value": "3"}
    seen = post(mine, "settings/preview", wanted).json()
    assert (seen["before"], seen["after"], seen["holds_before"], seen["holds_after"]) == ("7", "3", "7", "3")
    assert SettingOverride.objects.get().value == "7"
    done = put(mine, "settings/values", wanted | {"reason": "fewer at once"}).json()
    assert {name: done[name] for name in seen} == seen | {"way": "NOW"}
    assert SettingOverride.objects.get().value == "3"
    gone = post(mine, "settings/withdraw", {"account": desk.account.pk, "name": "max_open_groups"}).json()
    versions = get(mine, "settings/versions", name="max_open_groups").json()["results"]
    assert (gone["after"], SettingOverride.objects.count()) == (None, 0)
    told = [
        (row["changes"][0]["before"], row["changes"][0]["after"], row["operator"], row["reason"]) for row in versions
    ]
    assert told == [("3", None, "mira", ""), ("7", "3", "mira", "fewer at once"), (None, "7", "mira", "")]
    assert done["version"] == versions[1]["id"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"name": "max_open_groups", "value": "0"}, 422, "OUT_OF_RANGE", "max_open_groups"),
        ({"name": "max_open_groups", "value": "many"}, 422, "NOT_A_NUMBER", "max_open_groups"),
        ({"name": "no_such_thing", "value": "1"}, 422, "SETTING_UNKNOWN", "name"),
        ({"name": "max_open_groups", "value": "3", "symbol": "BTC/USDT"}, 422, "SCOPE_TOO_NARROW", "max_open_groups"),
        ({"name": "stop", "value": "fixed", "symbol": "NOPE/USDT"}, 422, "UNKNOWN_SYMBOL", "symbol"),
        ({"name": "max_open_groups"}, 422, "INVALID", "value"),
    ],
)
def test_a_wrong_setting_is_refused_by_field_and_number(
    mine: Client, desk: rows.Desk, body: Any, status: int, code: str, field: str
) -> None:
    answer = put(mine, "settings/values", {"account": desk.account.pk} | body)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)


def test_a_setting_for_everybody_takes_an_admin(mine: Client, boss: Client) -> None:
    body = {"name": "max_open_groups", "value": "3"}
    assert [put(client, "settings/values", body).status_code for client in (mine, boss)] == [403, 200]
    assert put(mine, "settings/values", body | {"own": True}).json()["scope"]["user"] is not None


@pytest.mark.parametrize("name", ["profile", "risk.profile"])
def test_the_seal_holds_for_everybody_so_it_takes_an_admin(mine: Client, desk: rows.Desk, name: str) -> None:
    places = ({"own": True}, {"account": desk.account.pk}, {})
    answers = [put(mine, "settings/values", {"name": name, "value": "sealed", **at}) for at in places]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "SCOPE_MISSING")}
    assert not sealing.in_force()


def test_an_admin_seals_and_then_only_what_protects_is_done(boss: Client, desk: rows.Desk) -> None:
    assert put(boss, "settings/values", {"name": "profile", "value": "sealed", "own": True}).status_code == 200
    source, token = Source.objects.get(), ApiToken.objects.earliest("id")
    answers = [
        world.post(boss, "mode", {"mode": "REDUCED", "reason": "less of it"}),
        world.post(boss, "mode", {"mode": "PAUSED", "reason": "a calm night"}),
        world.post(boss, "mode", {"mode": "NORMAL", "reason": "again"}),
        boss.patch(f"/api/v1/sources/{source.pk}", {"enabled": False}, content_type="application/json"),
        boss.patch(f"/api/v1/sources/{source.pk}", {"enabled": True}, content_type="application/json"),
        boss.delete(f"/api/v1/tokens/{token.pk}"),
        boss.delete(f"/api/v1/tokens/{ApiToken.objects.get(user__username='boss').pk}"),
    ]
    assert [answer.status_code for answer in answers] == [403, 200, 200, 200, 403, 404, 200]
    assert "24 hours" in answers[2].json()["message"]
    assert PendingChange.objects.get(name=sealing.MODE).value == "NORMAL"


def test_what_holds_says_where_it_comes_from(mine: Client, desk: rows.Desk) -> None:
    found = {row["name"]: row for row in get(mine, "settings/values", account=desk.account.pk).json()["values"]}
    assert found["max_open_groups"]["origin"] == {"user": None, "account": desk.account.pk, "symbol": ""}
    assert (found["max_open_groups"]["value"], found["stop"]["origin"]) == ("7", None)


# mode and kill -----------------------------------------------------------------------------------


def test_the_mode_takes_a_reason_and_a_trader(mine: Client, now: datetime) -> None:
    viewer = world.program(rows.user("vera", Role.VIEWER), Scope.READ, now=now)
    step = {"mode": "PAUSED", "reason": "the weekend"}
    answers = [post(viewer, "mode", step), post(mine, "mode", {"mode": "PAUSED"}), post(mine, "mode", step)]
    assert [answer.status_code for answer in answers] == [403, 422, 200]
    assert get(mine, "mode").json()["reason"] == "the weekend"


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any) -> list[str]:
    """A data folder of its own, and a kill process that only writes down that it was called."""
    settings.WINDLASS = replace(settings.WINDLASS, home=tmp_path)
    calls: list[str] = []
    monkeypatch.setattr("trading.services.press.subprocess.Popen", lambda *_, **__: calls.append("kill"))
    return calls


def test_the_red_button_takes_the_phrase_and_a_fresh_confirmation_of_ones_own(
    pressed: list[str], mine: Client, theirs: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    page = get(mine, "kill").json()
    press = {"phrase": page["phrase"], "confirmation": page["confirmation"], "reason": "a test"}
    stranger = get(theirs, "kill").json()["confirmation"]
    refused = [
        post(mine, "kill", press | {"phrase": "kill"}),
        post(mine, "kill", press | {"confirmation": stranger}),
        post(mine, "kill", press | {"confirmation": "made up"}),
    ]
    assert [answer.json()["code"] for answer in refused] == ["PHRASE_WRONG", "CONFIRMATION_STALE", "CONFIRMATION_STALE"]
    assert (latch.is_set(settings.WINDLASS.home), pressed) == (False, [])
    done = post(mine, "kill", press)
    assert (done.status_code, done.json()["durable"]) == (200, True)
    assert (latch.is_set(settings.WINDLASS.home), pressed, get(mine, "mode").json()["mode"]) == (
        True,
        ["kill"],
        "EMERGENCY",
    )
    assert get(mine, "kill").json()["standing"]["source"] == "api"
    assert post(mine, "kill/leave", {"reason": "over"}).status_code == 200
    assert post(mine, "kill/confirm", {"phrase": "no"}).json()["code"] == "MODE_REFUSED"
    assert post(mine, "kill/confirm", {"phrase": "LEAVE EMERGENCY"}).status_code == 200
    assert get(mine, "mode").json()["mode"] == "PAUSED"


def no_room(*_: object, **__: object) -> latch.Latch:
    raise OSError(28, "No space left on device")


def test_a_press_without_a_latch_says_so(
    pressed: list[str], mine: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    page = get(mine, "kill").json()
    monkeypatch.setattr(latch, "engage", no_room)
    press = {"phrase": page["phrase"], "confirmation": page["confirmation"], "reason": "a full disk"}
    done = post(mine, "kill", press).json()
    assert (done["durable"], "The disk took no latch" in done["message"]) == (False, True)
    assert (latch.is_set(settings.WINDLASS.home), pressed, get(mine, "mode").json()["mode"]) == (
        False,
        ["kill"],
        "EMERGENCY",
    )


def test_an_old_confirmation_is_stale(pressed: list[str], mine: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    page = get(mine, "kill").json()
    monkeypatch.setattr(mode_views, "FRESH_SECS", -1)
    press = {"phrase": page["phrase"], "confirmation": page["confirmation"], "reason": "a test"}
    assert post(mine, "kill", press).json()["code"] == "CONFIRMATION_STALE"


# shapes ------------------------------------------------------------------------------------------


def test_pages_by_cursor_show_every_row_once(mine: Client) -> None:
    whole = [row["id"] for row in get(mine, "orders", limit=200).json()["results"]]
    first = get(mine, "orders", limit=7).json()
    second = get(mine, "orders", limit=200, cursor=first["next"]).json()
    assert [row["id"] for row in (*first["results"], *second["results"])] == whole
    assert (len(first["results"]), second["next"]) == (7, None)
    assert get(mine, "orders", limit=0).json()["errors"][0]["field"] == "limit"


def test_an_answer_that_did_not_change_is_not_sent_again(mine: Client) -> None:
    first = get(mine, "groups")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = mine.get("/api/v1/groups", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    post(mine, f"groups/{open_group().pk}/block", {"blocked": True})
    assert mine.get("/api/v1/groups", headers=tag).status_code == 200


def test_money_is_text_without_loss(mine: Client) -> None:
    row = get(mine, "orders", client_order_id=last(Order, purpose="ENTRY").client_order_id).json()["results"][0]
    assert (row["price"], row["reduce_only"]) == ("100", False)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("a=b", "application/x-www-form-urlencoded", 415),
        ("[]", "application/json", 422),
        ("[" * 60_000, "application/json", 400),
        ('{"mode": "PAUSED", "reason": "a test", "\\ud800": 1}', "application/json", 422),
    ],
)
def test_what_is_no_object_is_refused_in_one_shape(mine: Client, body: str, kind: str, status: int) -> None:
    answer = mine.post("/api/v1/mode", body, content_type=kind)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_a_body_without_a_bottom_is_refused_at_the_log_in_too(db: None) -> None:
    answer = Client().post("/api/v1/log-in", "[" * 60_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "PARSE_ERROR")


def test_a_body_has_a_limit(mine: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert post(mine, "mode", {"mode": "PAUSED", "reason": "x" * 200}).json()["code"] == "BODY_TOO_LARGE"


def test_an_address_that_is_none_says_so(mine: Client) -> None:
    assert get(mine, "nonsense").json()["code"] == "NO_SUCH_ADDRESS"


def test_an_account_says_only_whether_it_has_keys(mine: Client, desk: rows.Desk) -> None:
    row = get(mine, f"accounts/{desk.account.pk}").json()
    assert (row["keys_set"], "sealed_credentials" in row) == (True, False)
