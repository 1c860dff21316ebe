"""The queue on the page: who goes in next and why, how it ended for others, and the two buttons."""

from datetime import datetime, timedelta
from decimal import Decimal as Dec

import pytest
from django.test import Client

from dashboard import live, waiting
from dashboard.snapshot import Overview
from tests.dashboard import rows
from trading.models import PositionGroup, QueuedSignal, SettingOverride

State = QueuedSignal.State


@pytest.fixture
def three(day: rows.Desk) -> rows.Desk:
    """XRP fell 4.0 % (0.5427 → 0.5210) since its alert, ETH on another timeframe stands still, SOL waits since before."""
    rows.queued(day, "SOL", minutes=30, price="148.90", timeframe_secs=60)
    rows.queued(day, "XRP", minutes=5, price="0.5427", replacement_count=2)
    rows.queued(day, "ETH", minutes=10, price="2634.12", timeframe_secs=60)
    return day


def seen(day: rows.Desk, now: datetime) -> Overview:
    return live.gather(None, now=now)


def test_who_waits_stands_in_the_order_of_going_in_and_says_why(three: rows.Desk, now: datetime) -> None:
    found = seen(three, now).waiting
    assert [(row.rank, row.market.symbol, row.why) for row in found] == [
        (1, "XRP/USDT", "before 2: its price moved further in our favour"),
        (2, "SOL/USDT", "before 3: it has waited longer"),
        (3, "ETH/USDT", "the last"),
    ]
    assert (round(found[0].discount_pct, 2), found[0].replacements) == (Dec("4.00"), 2)


def test_a_reverse_waits_for_its_group(day: rows.Desk, now: datetime) -> None:
    held = PositionGroup.objects.get(instrument__base="BTC", closed_at=None)
    rows.queued(day, "BTC", minutes=1, side="SHORT", after_group=held)
    row = seen(day, now).waiting[0]
    assert (row.rank, row.why) == (None, f"after group {held.pk} closes")


@pytest.mark.parametrize(
    ("state", "by", "minutes", "said"),
    [
        (State.PROMOTED, "SLOT_FREE", 3, ["went in (slot free)"]),
        (State.REMOVED, "BY_HAND mira", 3, ["taken out (by hand, mira)"]),
        (State.EXPIRED, "QUEUE_EXPIRED", 59, ["expired (queue expired)"]),
        (State.PROMOTED, "SLOT_FREE", 61, []),
    ],
)
def test_who_left_lately_says_how(
    day: rows.Desk, now: datetime, state: str, by: str, minutes: int, said: list[str]
) -> None:
    rows.queued(day, "XRP", minutes=90, state=state, ended_by=by, ended_at=now - timedelta(minutes=minutes))
    assert [row.words for row in waiting.left_lately(day.account, now=now)] == said


def test_the_panel_is_empty_while_nobody_waits(day: rows.Desk, root: Client) -> None:
    assert '<tbody data-part="queue"></tbody>' in root.get("/").content.decode()


def test_the_panel_shows_the_last_denial(three: rows.Desk, root: Client) -> None:
    QueuedSignal.objects.update(last_denial="10 of 10 slots are taken.")
    assert root.get("/").content.decode().count("10 of 10 slots are taken.") == 3


# the buttons -------------------------------------------------------------------------------------


@pytest.fixture
def row(day: rows.Desk) -> QueuedSignal:
    return rows.queued(day, "XRP", minutes=5, price="0.5427")


def test_removing_asks_and_takes_out(row: QueuedSignal, trader: Client) -> None:
    assert "has waited 5\u202fmin and was replaced 0 times" in trader.get(f"/queue/{row.pk}/remove").content.decode()
    answer = trader.post(f"/queue/{row.pk}/remove", follow=True)
    row.refresh_from_db()
    assert (row.state, row.ended_by) == (State.REMOVED, "BY_HAND mira")
    assert "XRP/USDT LONG was taken out of the queue." in answer.content.decode()


def test_promoting_asks_with_the_slots(row: QueuedSignal, trader: Client) -> None:
    assert "3 of 10 slots are taken" in trader.get(f"/queue/{row.pk}/promote").content.decode()


def test_a_stored_setting_that_is_broken_hides_no_promotion(row: QueuedSignal, trader: Client) -> None:
    SettingOverride.objects.create(name="max_open_groups", value="many")
    assert "3 of 10 slots are taken" in trader.get(f"/queue/{row.pk}/promote").content.decode()
    assert trader.post(f"/queue/{row.pk}/promote").status_code == 302


def test_a_promotion_that_is_refused_keeps_its_place_and_says_why(row: QueuedSignal, trader: Client) -> None:
    answer = trader.post(f"/queue/{row.pk}/promote", follow=True)
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert "XRP/USDT LONG keeps waiting:" in answer.content.decode()


@pytest.mark.parametrize("act", ["promote", "remove"])
def test_who_does_not_wait_any_more_is_left_alone(row: QueuedSignal, trader: Client, now: datetime, act: str) -> None:
    QueuedSignal.objects.update(state=State.EXPIRED, ended_at=now)
    assert "does not wait any more" in trader.get(f"/queue/{row.pk}/{act}").content.decode()
    assert "any more" in trader.post(f"/queue/{row.pk}/{act}", follow=True).content.decode()
    row.refresh_from_db()
    assert row.state == State.EXPIRED


@pytest.mark.parametrize("act", ["promote", "remove"])
def test_a_viewer_may_not(row: QueuedSignal, viewer: Client, act: str) -> None:
    assert viewer.post(f"/queue/{row.pk}/{act}").status_code == 403
    row.refresh_from_db()
    assert row.state == State.WAITING
