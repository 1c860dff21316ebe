"""Lost alerts on the page: the alarm with its bar, the choices, and that each happens once."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from signals.models import Alert, LostAlert, Source
from tests.dashboard import rows


@pytest.fixture
def alarm(day: rows.Desk) -> LostAlert:
    source = Source.objects.order_by("id").first()
    return LostAlert.objects.create(
        source=source,
        kind="BAR",
        symbol="BTC/USDT",
        timeframe_secs=900,
        expected_at=day.now - timedelta(minutes=5),
        words="No alert of BTC/USDT for the bar 10:00–10:15 UTC (900 s).",
        found_at=day.now,
    )


def said(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def test_an_alarm_stands_with_its_choices(alarm: LostAlert, trader: Client) -> None:
    page = said(trader, "/lost")
    assert "for the bar 10:00–10:15 UTC" in page
    assert [words in page for words in ("Enter LONG now…", "Close what is open…", "Ignore…")] == [True] * 3
    assert "Enter SHORT now…" not in page  # a spot market


def test_it_stands_on_the_overview_until_it_is_settled(alarm: LostAlert, trader: Client) -> None:
    assert "lost alert. No alert of BTC/USDT" in said(trader, "/")
    LostAlert.objects.update(state="IGNORED")
    assert "lost alert." not in said(trader, "/")


def test_entering_asks_back_and_sends_one_alert(alarm: LostAlert, trader: Client) -> None:
    address = f"/lost/{alarm.pk}/long"
    assert "Enters as if a buy had just come" in said(trader, address)
    before = Alert.objects.count()
    answers = [trader.post(address, follow=True).content.decode() for _ in range(2)]
    assert ["was sent in its place" in answers[0], "settled already" in answers[1]] == [True, True]
    assert Alert.objects.count() == before + 1
    assert json.loads(Alert.objects.latest("id").raw)["action"] == "buy"
    assert "entered" in said(trader, "/lost")


def test_ignoring_trades_nothing(alarm: LostAlert, trader: Client) -> None:
    before = Alert.objects.count()
    assert "is ignored" in trader.post(f"/lost/{alarm.pk}/ignore", follow=True).content.decode()
    assert Alert.objects.count() == before


def test_a_viewer_may_look_only(alarm: LostAlert, viewer: Client) -> None:
    assert "for the bar" in said(viewer, "/lost")
    assert viewer.post(f"/lost/{alarm.pk}/long").status_code == 403
    assert LostAlert.objects.get().state == "OPEN"


def test_a_wrong_choice_and_a_missing_row(alarm: LostAlert, trader: Client) -> None:
    assert "choose one of" in trader.post(f"/lost/{alarm.pk}/dance", follow=True).content.decode()
    assert trader.get("/lost/999999/long").status_code == 404
    assert Client().get("/lost").status_code == 302


def test_nothing_expected_says_where_to_say_it(day: rows.Desk, root: Client) -> None:
    assert "No source has promised anything yet" in said(root, "/lost")
    Source.objects.update(bar_secs=900, pair_whitelist=["BTC/USDT"], heartbeat_secs=600, watch_position=True)
    page = said(root, "/lost")
    assert "Nothing is missing" in page
    assert "of BTC/USDT" in page
