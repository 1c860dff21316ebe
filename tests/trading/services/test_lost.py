"""Lost alerts: the missing bar is named, a silence is an alarm, a position that differs is; a person settles it once."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from project.journal.models import JournalEntry
from signals.expectations import last_close
from signals.models import Alert, LostAlert, Source
from tests.support.factories import Desk, store
from tests.support.levers import one_leg
from trading.models import PositionGroup
from trading.services import lost
from trading.services.lost import CannotSettle

HOUR = 3600
PAIR = "BTC/USDT"


def promised(desk: Desk, **fields: Any) -> Source:
    """A source that promised something two days ago and is quick about it."""
    Source.objects.update(**{"grace_secs": 0, "updated_at": timezone.now() - timedelta(days=2), **fields})
    desk.source.refresh_from_db()
    return desk.source


def swept(desk: Desk, now: datetime | None = None) -> list[LostAlert]:
    lost.sweep(desk.account.pk, now=now or timezone.now())
    return list(LostAlert.objects.filter(state="OPEN").order_by("expected_at"))


def came(desk: Desk, at: datetime, **fields: Any) -> Alert:
    """An alert of some time ago, settled already."""
    alert = store(desk.source, {"symbol": "BTCUSDT", "id": at.isoformat(), **fields}, received_at=at)
    Alert.objects.filter(pk=alert.pk).update(outcome="NEUTRAL", decided_at=at)
    return alert


# bars --------------------------------------------------------------------------------------------


@pytest.fixture
def closed() -> datetime:
    """When the last bar closed, as the whole test sees it."""
    return last_close(timezone.now(), HOUR)


@pytest.fixture
def now(closed: datetime) -> datetime:
    return closed + timedelta(minutes=30)


@pytest.fixture
def hourly(desk: Desk, closed: datetime) -> Desk:
    """A source that sends every hour's bar of one pair; the last two bars are still to be looked at."""
    promised(desk, bar_secs=HOUR, pair_whitelist=[PAIR], bars_seen_to=closed - timedelta(hours=2))
    return desk


def test_a_bar_without_its_alert_is_an_alarm_with_its_name(hourly: Desk, closed: datetime, now: datetime) -> None:
    came(hourly, closed - timedelta(minutes=59), indicators={"rsi": 1})
    [alarm] = swept(hourly, now)
    assert (alarm.kind, alarm.symbol, alarm.expected_at) == ("BAR", PAIR, closed)
    assert f"for the bar {closed - timedelta(hours=1):%d %b %H:%M}–{closed:%H:%M} UTC" in alarm.words
    assert JournalEntry.objects.filter(kind="lost.found").count() == 1


def test_it_is_named_once_and_gone_when_its_alert_comes_late(hourly: Desk, closed: datetime, now: datetime) -> None:
    assert [len(swept(hourly, now)) for _ in range(2)] == [2, 2]
    came(hourly, now, bar_time=(closed - timedelta(hours=1)).isoformat(), interval="60", indicators={"a": 1})
    assert [alarm.expected_at for alarm in swept(hourly, now)] == [closed - timedelta(hours=1)]
    assert LostAlert.objects.get(state="CAME").expected_at == closed


def test_a_source_without_pairs_or_promise_is_left_alone(desk: Desk) -> None:
    promised(desk)
    assert swept(desk) == []
    promised(desk, bar_secs=HOUR)
    assert swept(desk) == []


# silence -----------------------------------------------------------------------------------------


def test_a_silence_is_one_alarm_until_something_comes(desk: Desk) -> None:
    promised(desk, heartbeat_secs=600)
    came(desk, timezone.now() - timedelta(hours=1), indicators={"a": 1})
    assert [alarm.kind for alarm in swept(desk)] == ["SILENCE"]
    assert len(swept(desk)) == 1
    came(desk, timezone.now(), indicators={"a": 1})
    assert swept(desk) == []


# positions ---------------------------------------------------------------------------------------


def says(desk: Desk, position: str, *, minutes: int = 10) -> Alert:
    at = timezone.now() - timedelta(minutes=minutes)
    return came(desk, at, action="buy", market_position=position)


def test_a_position_that_we_lack_is_an_alarm_with_the_reason(desk: Desk) -> None:
    promised(desk, watch_position=True)
    alert = says(desk, "long")
    [alarm] = swept(desk)
    assert (alarm.kind, alarm.symbol, alarm.position_side) == ("POSITION", PAIR, "LONG")
    assert f"and we hold nothing: alert {alert.pk} ended as NEUTRAL" in alarm.words


def test_it_ends_when_the_positions_agree(desk: Desk) -> None:
    promised(desk, watch_position=True)
    says(desk, "long")
    assert len(swept(desk)) == 1
    says(desk, "flat", minutes=1)
    assert swept(desk) == []


def test_time_to_settle_is_given(desk: Desk) -> None:
    promised(desk, watch_position=True, grace_secs=3600)
    says(desk, "long")
    assert swept(desk) == []


def test_what_we_hold_and_the_sender_left_is_an_alarm(desk: Desk) -> None:
    one_leg(desk).buy(price="60100", market_position="long")
    promised(desk, watch_position=True)
    assert swept(desk) == []
    came(desk, timezone.now(), action="sell", market_position="flat")
    [alarm] = swept(desk, timezone.now() + timedelta(seconds=5))
    assert (alarm.position_side, lost.choices_for(alarm)) == ("FLAT", ["close", "ignore"])


def test_our_own_exit_is_none(desk: Desk) -> None:
    one_leg(desk).buy(price="60100", market_position="long")
    promised(desk, watch_position=True)
    PositionGroup.objects.update(closed_at=timezone.now(), status="CLOSED")
    assert swept(desk, timezone.now() + timedelta(minutes=5)) == []


# what a person does ------------------------------------------------------------------------------


@pytest.fixture
def alarm(hourly: Desk, now: datetime) -> LostAlert:
    return swept(hourly, now)[-1]


def settled(row: LostAlert, choice: str) -> LostAlert:
    return lost.settle(row.pk, choice, operator="mira", now=timezone.now())


def test_entering_sends_an_alert_in_its_place_once(hourly: Desk, alarm: LostAlert) -> None:
    one_leg(hourly)
    hourly.refresh()
    done = settled(alarm, "long")
    assert (done.state, done.settled_by) == ("ENTERED", "mira")
    body = json.loads(done.answer.raw)
    assert (body["symbol"], body["action"], body["interval"]) == (PAIR, "buy", "3600s")
    hourly.decide()
    done.answer.refresh_from_db()
    assert done.answer.outcome == "ENTERED"
    with pytest.raises(CannotSettle, match="settled already: entered"):
        settled(alarm, "long")
    assert PositionGroup.objects.count() == 1


def test_ignoring_trades_nothing(hourly: Desk, alarm: LostAlert, now: datetime) -> None:
    assert settled(alarm, "ignore").state == "IGNORED"
    assert Alert.objects.count() == 0
    assert len(swept(hourly, now)) == 1  # the other one; this one does not come again


def test_closing_sends_an_exit(hourly: Desk, alarm: LostAlert) -> None:
    assert json.loads(settled(alarm, "close").answer.raw)["action"] == "exit"


@pytest.mark.parametrize(
    ("choice", "why"), [("short", "choose one of long, close, ignore"), ("dance", "choose one of")]
)
def test_what_makes_no_sense_is_refused(alarm: LostAlert, choice: str, why: str) -> None:
    with pytest.raises(CannotSettle, match=why):
        settled(alarm, choice)


def test_a_shadowed_source_trades_nothing_in_its_place(alarm: LostAlert) -> None:
    Source.objects.update(live=False)
    with pytest.raises(CannotSettle, match="shadow mode"):
        settled(alarm, "long")
    assert LostAlert.objects.get(pk=alarm.pk).state == "OPEN"
