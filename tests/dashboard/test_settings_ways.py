"""Settings beside the form: versions and the way back, a second person, the seal, files."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from project.accounts.models import Environment, ExchangeAccount, Role
from tests.dashboard import rows
from tests.dashboard.test_settings_page import PAGE, confirmed, held, previewed, text
from trading.models import PendingChange, SettingOverride, SettingRequest, SettingVersion
from trading.services.overrides import Place, Wish
from trading.services.setting_versions import Said, write

VERSIONS = f"{PAGE}/versions"


def changed(**values: str | None) -> SettingVersion:
    version = write([Wish(name, Place(), value) for name, value in values.items()], Said("vera", "a calmer week"))[1]
    assert version is not None
    return version


@pytest.fixture
def second(day: rows.Desk) -> Client:
    """The browser of another admin."""
    browser = Client()
    browser.force_login(rows.user("vera", Role.ADMIN, is_staff=True))
    return browser


@pytest.fixture
def live(day: rows.Desk) -> None:
    """Real money, and approvals on."""
    ExchangeAccount.objects.filter(pk=day.account.pk).update(environment=Environment.LIVE)
    SettingOverride.objects.create(name="approvals", value="on")


# versions ----------------------------------------------------------------------------------------


def test_the_list_says_who_when_why_and_what(root: Client) -> None:
    assert "No setting was ever changed" in text(root.get(VERSIONS))
    version = changed(max_heat="0.4", max_leverage="2")
    page = text(root.get(VERSIONS))
    for said in (f"{version.pk} ", "vera", "a calmer week", "max_heat everybody: 0.5 (default) → 0.4", "max_leverage"):
        assert said in page
    assert "max_heat" in text(root.get(VERSIONS, {"name": "max_heat"}))
    assert "legs was never changed" in text(root.get(VERSIONS, {"name": "legs"}))
    assert "a calmer week" in text(root.get(PAGE))


def test_the_place_that_was_looked_at_is_kept_on_the_way_there_and_back(root: Client) -> None:
    asked = {"account": ExchangeAccount.objects.get().pk, "scope": "pair", "symbol": "BTC/USDT"}
    place = urlencode(asked).replace("&", "&amp;")
    assert f'href="{VERSIONS}?{place}"' in root.get(PAGE, asked).content.decode()
    page = root.get(VERSIONS, asked).content.decode()
    assert f'href="{PAGE}?{place}"' in page
    assert '<input type="hidden" name="symbol" value="BTC/USDT">' in page


def test_two_versions_are_compared(root: Client) -> None:
    first, last = changed(max_heat="0.4"), changed(max_heat="0.9", max_pyramids="3")
    page = text(root.get(VERSIONS, {"first": first.pk, "last": last.pk}))
    assert "2 settings differ" in page
    assert "0.4 0.9" in page
    assert "The same settings." in text(root.get(VERSIONS, {"first": last.pk, "last": last.pk}))


@pytest.mark.parametrize(
    ("way", "after"),
    [("undo", {"max_heat": "0.4", "max_leverage": "1"}), ("return", {"max_heat": "0.4"})],
)
def test_the_way_back_is_previewed_and_is_a_version(root: Client, way: str, after: dict[str, str]) -> None:
    first = changed(max_heat="0.4")
    wrong = changed(max_heat="0.9", max_pyramids="3")
    changed(max_leverage="1")
    to = {"undo": wrong, "return": first}[way]
    shown = root.post(f"{VERSIONS}/{to.pk}/{way}")
    assert held()["max_heat"] == "0.9"
    form = {"changes": shown.context["packed"], "mark": shown.context["mark"], "how": shown.context["how"], "of": to.pk}
    assert f'name="mark" value="{form["mark"]}"' in shown.content.decode()
    root.post(f"{PAGE}/change", form | {"reason": "was wrong"})
    assert held() == after
    version = SettingVersion.objects.latest("id")
    assert (version.how, version.of, version.reason) == ("ROLLBACK", to.pk, "was wrong")


def test_the_way_back_leads_to_the_place_that_it_changed(root: Client, day: rows.Desk) -> None:
    number = day.account.pk
    for place, back in (
        (Place(account_id=number), f"account={number}&scope=account"),
        (Place(account_id=number, symbol="BTC/USDT"), f"account={number}&scope=pair&symbol=BTC%2FUSDT"),
        (Place(), f"account={number}"),
    ):
        version = write([Wish("max_pyramids", place, "3")], Said("vera"))[1]
        assert version is not None
        assert root.post(f"{VERSIONS}/{version.pk}/undo").context["back"] == back


def test_nobody_calls_his_own_change_a_way_back(root: Client) -> None:
    first = changed(max_heat="0.4")
    marked = root.post(f"{VERSIONS}/{first.pk}/undo").context["mark"]
    for mark in ("", marked):
        shown = previewed(root, v_max_leverage="2")
        form = {"changes": shown.context["packed"], "how": "ROLLBACK", "of": first.pk, "mark": mark}
        root.post(f"{PAGE}/change", form | {"reason": "as it was"})
        version = SettingVersion.objects.latest("id")
        assert (version.how, version.of, version.operator) == ("PAGE", None, "root")
        version.delete()
        SettingOverride.objects.filter(name="max_leverage").delete()


def test_a_way_back_that_contradicts_what_came_later_is_refused(root: Client) -> None:
    wide = changed(emergency_stop_pct="20")
    changed(stop="fixed", fixed_stop_pct="15")
    answer = root.post(f"{VERSIONS}/{wide.pk}/undo")
    assert (answer.status_code, "STOP_BEYOND_EMERGENCY" in text(answer)) == (422, True)


@pytest.mark.parametrize("address", ["999/undo", "1/sideways"])
def test_there_is_no_other_way(root: Client, address: str) -> None:
    changed(max_heat="0.4")
    assert root.post(f"{VERSIONS}/{address}").status_code == 404


def test_a_trader_does_not_take_back_what_is_everybodys(trader: Client) -> None:
    assert trader.post(f"{VERSIONS}/{changed(max_heat='0.4').pk}/undo").status_code == 403


# a second person ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("live")
def test_it_waits_on_the_page_until_another_admin_says_yes(root: Client, second: Client) -> None:
    shown = previewed(root, v_max_leverage="5")
    assert "when another admin says yes" in text(shown)
    assert "It loosens a live account" in text(confirmed(root, shown))
    request = SettingRequest.objects.get()
    address = f"{PAGE}/requests/{request.pk}"
    assert "Another admin has to say yes" in text(root.get(PAGE))
    assert "Approve…" in text(second.get(PAGE))
    assert "max_leverage, everybody: 3 (default) → 5" in text(second.get(f"{address}/approve"))
    root.post(f"{address}/approve", {"reason": "me again"})
    assert "max_leverage" not in held()
    answer = second.post(f"{address}/approve", {"reason": "looked at it"}, follow=True)
    assert "Approved. It holds now." in text(answer)
    assert held()["max_leverage"] == "5"
    assert "Waiting for a second person" not in text(root.get(PAGE))


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(("who", "ending"), [("second", "REFUSED"), ("root", "WITHDRAWN")])
def test_it_is_refused_or_withdrawn(
    root: Client, second: Client, request: pytest.FixtureRequest, who: str, ending: str
) -> None:
    confirmed(root, previewed(root, v_max_leverage="5"))
    row = SettingRequest.objects.get()
    request.getfixturevalue(who).post(f"{PAGE}/requests/{row.pk}/refuse", {"reason": "too much"})
    row.refresh_from_db()
    assert (row.ending, row.ended_reason, "max_leverage" in held()) == (ending, "too much", False)


@pytest.mark.usefixtures("live")
def test_a_trader_asks_and_takes_it_back_but_answers_nobody(day: rows.Desk, trader: Client, stranger: Client) -> None:
    own = f"?account={day.account.pk}&scope=account"
    confirmed(trader, previewed(trader, own, v_max_leverage="5"), own)
    row = SettingRequest.objects.get()
    for browser in (stranger, trader):
        browser.post(f"{PAGE}/requests/{row.pk}/approve", {"reason": "of course"})
    stranger.post(f"{PAGE}/requests/{row.pk}/refuse", {"reason": "never"})
    assert SettingRequest.objects.get().ending == ""
    trader.post(f"{PAGE}/requests/{row.pk}/refuse", {"reason": "rather not"})
    assert SettingRequest.objects.get().ending == "WITHDRAWN"


# the seal ----------------------------------------------------------------------------------------


def test_under_the_seal_what_protects_holds_and_the_rest_waits_a_day(root: Client) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    shown = previewed(root, v_max_heat="0.4", v_max_leverage="9")
    assert "in 24 hours: the profile is sealed" in text(shown)
    confirmed(root, shown)
    assert held()["max_heat"] == "0.4"
    waits = PendingChange.objects.get()
    assert (waits.name, waits.value, waits.reason) == ("max_leverage", "9", "because it is better")
    assert "Waiting under the seal" in text(root.get(PAGE))


# files -------------------------------------------------------------------------------------------


def imported(browser: Client, body: Any, **more: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    file = SimpleUploadedFile("settings.json", content)
    return browser.post(f"{PAGE}/import", {"file": file, **more})


def test_a_file_carries_all_of_it_there_and_back(day: rows.Desk, root: Client) -> None:
    changed(max_heat="0.4")
    write([Wish("max_pyramids", Place(account_id=day.account.pk, symbol="BTC/USDT"), "3")], Said("vera"))
    file = root.get(f"{PAGE}/export.json").json()
    assert file["settings"] == [
        {"user": "root", "account": "paper-1", "symbol": "BTC/USDT", "name": "max_pyramids", "value": "3"},
        {"name": "max_heat", "value": "0.4"},
    ]
    SettingOverride.objects.all().delete()
    SettingOverride.objects.create(name="max_leverage", value="2")
    confirmed(root, imported(root, file))
    assert held() == {"max_heat": "0.4", "max_leverage": "2", "max_pyramids": "3"}
    confirmed(root, imported(root, file, whole="on"))
    assert held() == {"max_heat": "0.4", "max_pyramids": "3"}


def test_a_trader_exports_what_is_his_and_everybodys(root: Client, stranger: Client, day: rows.Desk) -> None:
    changed(max_heat="0.4")
    write([Wish("max_pyramids", Place(account_id=day.account.pk), "3")], Said("vera"))
    found = [len(browser.get(f"{PAGE}/export.json").json()["settings"]) for browser in (root, stranger)]
    assert found == [2, 1]


def one(**more: str) -> dict[str, Any]:
    return {"format": "windlass settings 1", "settings": [{"name": "max_heat", "value": "0.4"} | more]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff\xfe", "no file of settings"),
        (b"{", "no file of settings"),
        ({"settings": []}, "no file of settings"),
        (one() | {"settings": 7}, "no file of settings"),
        (one(value="a lot"), "NOT_A_NUMBER"),
        (one(name="nothing"), "SETTING_UNKNOWN"),
        (one(account="gone", user="root"), "Setting 1 is for the account gone of root: there is none here."),
        (one(user="nobody"), "there is no user nobody here"),
        (one(symbol="BTC/USDT"), "a pair needs its account"),
        (one(user="root", account="paper-1", symbol="NOPE"), "NOPE is not a pair of paper-1."),
        (one(user="\ud800"), "Setting 1 of the file is not readable"),
        (one(user="root", account="paper-1", symbol="BTC/USDT\ud800"), "Setting 1 of the file is not readable"),
        (one(user="root", account="paper-1", symbol="\0NOPE"), "NOPE is not a pair of paper-1."),
        (b"[" * 100_000, "no file of settings"),
        ({"format": "windlass settings 1", "settings": [3]}, "Setting 1 of the file is not readable"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(root: Client, body: Any, said: str) -> None:
    answer = imported(root, body)
    assert answer.status_code == 422
    assert said in text(answer)
    assert held() == {}
