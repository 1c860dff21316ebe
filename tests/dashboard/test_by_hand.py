"""Acts on one row from the page: replay an alert, cancel an entry order, block a group; who may, and what is said."""

import re

import pytest
from django.test import Client

from project.journal.models import JournalEntry
from signals.models import Alert, Source
from tests.dashboard import rows
from trading.models import Order, PositionGroup

ALERT, ORDER, GROUP = "/alerts/{}/replay", "/orders/{}/cancel", "/groups/{}/block"


def entry() -> Order:
    return Order.objects.filter(purpose="ENTRY", state="OPEN").first()


def group() -> PositionGroup:
    return PositionGroup.objects.get(instrument__symbol="ETH/USDT", closed_at=None)


def alert() -> Alert:
    return Alert.objects.get(outcome="ENTERED")


def said(browser: Client, address: str) -> str:
    return browser.get(address).content.decode()


def done(browser: Client, address: str) -> str:
    return browser.post(address, follow=True).content.decode()


PLACES = [(ALERT, alert), (ORDER, entry), (GROUP, group)]


@pytest.mark.parametrize(("address", "row"), PLACES)
def test_a_viewer_may_not(day: rows.Desk, viewer: Client, address: str, row: object) -> None:
    counted = JournalEntry.objects.count()
    answers = [viewer.get(address.format(row().pk)), viewer.post(address.format(row().pk))]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert JournalEntry.objects.count() == counted


@pytest.mark.parametrize(("address", "row"), PLACES)
def test_a_stranger_is_sent_to_the_login_and_a_missing_row_is_not_found(
    day: rows.Desk, trader: Client, address: str, row: object
) -> None:
    assert Client().get(address.format(row().pk)).status_code == 302
    assert trader.get(address.format(999_999)).status_code == 404


def test_block_pressed_twice_is_done_once(day: rows.Desk, trader: Client) -> None:
    row = group()
    address = GROUP.format(row.pk)
    (asked,) = re.findall(r'name="wish" value="(\w+)"', trader.get(address).content.decode())
    for _ in range(2):
        trader.post(address, {"wish": asked})
        row.refresh_from_db()
        assert (asked, row.blocked) == ("block", True)
    assert JournalEntry.objects.filter(kind="group.blocked").count() == 1


def test_a_question_keeps_where_it_came_from(day: rows.Desk, trader: Client) -> None:
    address = GROUP.format(group().pk) + "?from=group"
    assert f'action="{address}"' in trader.get(address).content.decode()


# replay ------------------------------------------------------------------------------------------


def test_replaying_asks_back_and_makes_a_new_alert(day: rows.Desk, trader: Client) -> None:
    first = alert()
    assert ALERT.format(first.pk) in said(trader, f"/signals/{first.pk}")
    asked = said(trader, ALERT.format(first.pk))
    assert "“BTCUSDT buy” from tradingview" in asked
    assert Alert.objects.count() == 4
    assert f"Alert {first.pk} was sent again as alert" in done(trader, ALERT.format(first.pk))
    again = Alert.objects.latest("id")
    assert (again.raw, again.client_id, again.outcome) == (first.raw, f"replay:{first.pk}", "")


def test_pressed_twice_it_is_sent_once(day: rows.Desk, trader: Client) -> None:
    first, before = alert(), Alert.objects.count()
    for expected in (1, 2):
        found = re.search(r'name="wish" value="([0-9a-f]{32})"', trader.get(ALERT.format(first.pk)).content.decode())
        assert found is not None
        assert {trader.post(ALERT.format(first.pk), {"wish": found[1]}).status_code for _ in range(2)} == {302}
        assert Alert.objects.count() == before + expected


@pytest.mark.parametrize(
    ("change", "why"), [({"format": ""}, "refused at the door"), ({"enabled": False}, "is switched off")]
)
def test_what_cannot_be_replayed_says_why_and_is_not_offered(
    day: rows.Desk, trader: Client, change: dict[str, object], why: str
) -> None:
    model = Source if "enabled" in change else Alert
    model.objects.update(**change)
    assert why in said(trader, ALERT.format(alert().pk))
    assert why in done(trader, ALERT.format(alert().pk))
    assert "Replay…" not in said(trader, f"/signals/{alert().pk}")
    assert Alert.objects.count() == 4


# one order ---------------------------------------------------------------------------------------


def test_cancelling_an_entry_asks_back(day: rows.Desk, trader: Client) -> None:
    order = entry()
    assert "It is cancelled at the venue" in said(trader, ORDER.format(order.pk))
    assert "is being cancelled" in done(trader, ORDER.format(order.pk))
    order.refresh_from_db()
    assert (order.cancel_requested, order.code) == (True, "BY_HAND")
    assert JournalEntry.objects.get(kind="order.withdrawn_by_hand").payload["operator"] == "mira"
    assert "no entry that rests or waits any more" in done(trader, ORDER.format(order.pk))


def test_an_unsent_one_is_dropped(day: rows.Desk, trader: Client) -> None:
    Order.objects.filter(pk=entry().pk).update(state="NEW")
    order = Order.objects.get(state="NEW")
    assert "It was not sent yet" in said(trader, ORDER.format(order.pk))
    done(trader, ORDER.format(order.pk))
    order.refresh_from_db()
    assert order.state == "DROPPED"


def test_a_target_stays(day: rows.Desk, trader: Client) -> None:
    target = Order.objects.filter(purpose="TARGET", state="OPEN").first()
    assert "no entry that rests or waits" in said(trader, ORDER.format(target.pk))


# one group ---------------------------------------------------------------------------------------


def test_blocking_and_unblocking(day: rows.Desk, trader: Client) -> None:
    address = GROUP.format(group().pk)
    assert "No more pyramids" in said(trader, address)
    assert "is blocked" in done(trader, address)
    assert "· blocked" in said(trader, "/")
    assert "takes pyramids again" in said(trader, address)
    assert "is unblocked" in done(trader, address)
    assert [row.payload["blocked"] for row in JournalEntry.objects.filter(kind="group.blocked").order_by("id")] == [
        True,
        False,
    ]


def test_a_closed_group_is_let_be(day: rows.Desk, trader: Client) -> None:
    closed = PositionGroup.objects.exclude(closed_at=None).first()
    assert "This group is closed" in said(trader, GROUP.format(closed.pk))
    assert "nothing was done" in done(trader, GROUP.format(closed.pk))
