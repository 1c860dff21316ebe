"""The page Notifications: channels made, changed, tried and removed by their own person; addresses never shown."""

from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client

from dashboard.notices import sealing
from dashboard.notices.models import Channel, Notice
from project.journal.models import JournalEntry
from tests.dashboard import rows
from trading.models import SettingOverride

SECRET = "s3cret-path-of-the-hook"
URL = f"https://hooks.example.org/{SECRET}"


def filled(**fields: str) -> dict[str, str]:
    plain = {"name": "phone", "url": URL, "zone": "Europe/Vienna", "quiet_from": "22:00", "quiet_to": "07:00"}
    return {**plain, "most": "5", "window_minutes": "10", "daily_hour": "8", "break_through": "on", **fields}


@pytest.fixture
def channel(trader: Client) -> Channel:
    assert trader.post("/notices/new/webhook", filled(**{"way-fills": "off"})).status_code == 302
    return Channel.objects.get()


def test_nobody_is_told_anything_at_first(trader: Client) -> None:
    page = trader.get("/notices").content.decode()
    assert "Nobody is told anything yet" in page
    assert [
        f"/notices/new/{kind}" in page for kind in ("telegram", "discord", "slack", "email", "webhook", "other")
    ] == [True] * 6


@pytest.mark.parametrize("kind", ["telegram", "discord", "slack", "email", "webhook", "other"])
def test_every_kind_has_its_form(trader: Client, kind: str) -> None:
    assert "Make the channel" in trader.get(f"/notices/new/{kind}").content.decode()


def test_a_channel_is_made_sealed_and_shown_by_its_end(channel: Channel, trader: Client) -> None:
    assert sealing.address(channel) == f"jsons://hooks.example.org/{SECRET}"
    assert SECRET.encode() not in bytes(channel.sealed_address)
    assert channel.ways == {"fills": "off"}
    for address in ("/notices", f"/notices/{channel.pk}"):
        page = trader.get(address).content.decode()
        assert SECRET not in page
        assert "…hook" in page
    told = JournalEntry.objects.get(kind="notices.made")
    assert (told.payload["operator"], SECRET in str(told.payload)) == ("mira", False)


def test_manners_change_and_the_address_stays(channel: Channel, trader: Client) -> None:
    trader.post(f"/notices/{channel.pk}", filled(url="", most="3", **{"way-fills": "off"}))
    row = Channel.objects.get()
    assert (row.most, sealing.address(row)) == (3, f"jsons://hooks.example.org/{SECRET}")
    assert JournalEntry.objects.get(kind="notices.changed").payload["changed"] == ["most"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "1 to 40 characters"),
        ({"zone": "Mars/Olympus"}, "is no time zone"),
        ({"quiet_to": ""}, "a beginning and an end"),
        ({"quiet_from": "25:99"}, "no time of day"),
        ({"most": "0"}, "outside 1 to 60"),
        ({"most": "many"}, "no whole number"),
        ({"daily_hour": "24"}, "outside 0 to 23"),
        ({"url": "http://127.0.0.1:6379/"}, "your own network"),
        ({"url": "gopher://example.org"}, "begins with https://"),
        ({"everyones": "on"}, "admins only"),
        ({"name": "a\0b" * 21}, "1 to 40 characters"),
    ],
)
def test_what_is_wrong_is_said(trader: Client, fields: dict[str, str], words: str) -> None:
    answer = trader.post("/notices/new/webhook", filled(**fields))
    assert (answer.status_code, Channel.objects.count()) == (422, 0)
    assert words in answer.content.decode()
    assert SECRET not in answer.content.decode()


def test_a_name_is_used_once_and_ten_are_enough(trader: Client) -> None:
    answers = [trader.post("/notices/new/webhook", filled(name=f"c{n}")).status_code for n in range(11)]
    assert answers == [302] * 10 + [422]
    assert "already" in trader.post("/notices/new/webhook", filled(name="c1")).content.decode()


def test_a_test_is_asked_for_and_shown(channel: Channel, trader: Client) -> None:
    assert "A test is on its way" in trader.post(f"/notices/{channel.pk}/test", follow=True).content.decode()
    assert Notice.objects.get().klass == "test"
    Notice.objects.update(state="GIVEN_UP", answer="Nobody answers at that address.")
    assert "Nobody answers at that address." in trader.get("/notices").content.decode()


def test_off_means_what_waits_is_not_told(channel: Channel, trader: Client) -> None:
    trader.post(f"/notices/{channel.pk}/test")
    trader.post(f"/notices/{channel.pk}/switch", {"on": "0"})
    assert (Channel.objects.get().enabled, Notice.objects.get().state) == (False, "EXPIRED")
    assert "Switch on" in trader.get("/notices").content.decode()


def test_removing_asks_first(channel: Channel, trader: Client) -> None:
    assert "Its address is forgotten" in trader.get(f"/notices/{channel.pk}/remove").content.decode()
    trader.post(f"/notices/{channel.pk}/remove")
    assert Channel.objects.count() == 0


def test_a_channel_is_its_person_s_alone(channel: Channel, stranger: Client, root: Client, viewer: Client) -> None:
    for browser in (stranger, root, viewer):
        assert "phone" not in browser.get("/notices").content.decode()
        assert browser.get(f"/notices/{channel.pk}").status_code == 404
        assert browser.post(f"/notices/{channel.pk}/test").status_code == 404
    assert viewer.post("/notices/new/webhook", filled()).status_code == 302  # being told is no deed


def test_what_a_sender_wrote_is_shown_as_text(channel: Channel, trader: Client, day: rows.Desk) -> None:
    Notice.objects.create(
        channel=channel, key="k", klass="messages", at=day.now, title="<b>x</b>", text="<script>alert(1)</script>\u202e"
    )
    page = trader.get("/notices").content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;x" in page
    assert "\u202e" not in page


def test_under_the_seal_one_looks_and_sees_no_fills(channel: Channel, trader: Client, day: rows.Desk) -> None:
    for klass in ("fills", "groups"):
        Notice.objects.create(channel=channel, key=klass, klass=klass, at=day.now, title=klass, text=f"told of {klass}")
    SettingOverride.objects.create(name="profile", value="sealed")
    page = trader.get("/notices").content.decode()
    assert ["told of fills" in page, "told of groups" in page] == [False, True]


def test_under_the_seal_a_channel_is_tried_and_switched_off_and_nothing_else(
    channel: Channel, trader: Client, day: rows.Desk
) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    buttons = ("Send a test", "Switch off", "Change", "Remove…", "Add a channel")
    page = trader.get("/notices").content.decode()
    assert [words in page for words in buttons] == [True, True, False, False, False]
    deeds = {"test": {}, "switch": {"on": "0"}, "": filled(most="3"), "remove": {}}
    statuses = [
        trader.post(f"/notices/{channel.pk}/{deed}".rstrip("/"), typed).status_code for deed, typed in deeds.items()
    ]
    assert statuses == [302, 302, 403, 403]
    assert "Switch on" not in trader.get("/notices").content.decode()
    assert trader.post(f"/notices/{channel.pk}/switch", {"on": "1"}).status_code == 403
    assert Channel.objects.get().enabled is False


def test_the_admin_looks_and_changes_nothing(channel: Channel, root: Client) -> None:
    page = root.get(f"/admin/notices/channel/{channel.pk}/change/").content.decode()
    assert SECRET not in page
    assert root.get("/admin/notices/channel/add/").status_code == 403


def test_strangers_log_in_and_a_missing_database_says_so(
    client: Client, trader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/notices").status_code == 302

    def away(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("dashboard.pages.notices.page.channel_rows", away)
    assert trader.get("/notices").status_code == 503


def test_a_foreign_kind_is_not_found(trader: Client, settings: LazySettings) -> None:
    assert trader.get(f"/notices/new/pigeon?{urlencode({'a': 1})}").status_code == 404


def test_the_page_asks_few_questions(channel: Channel, trader: Client, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        trader.get("/notices")
