"""Orders that need a person: what the page tells to look up, and what settling does."""

from decimal import Decimal as Dec

import pytest
from django.test import Client

from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.support.factories import Desk
from trading.domain.order_state import OrderState
from trading.models import Order, PositionGroup


@pytest.fixture
def order(day: rows.Desk) -> Order:
    """The entry that was UNKNOWN: its venue cannot prove that it is absent. 0.00332 BTC, lot 0.00001."""
    row = Order.objects.get(state="UNKNOWN")
    row.state = OrderState.NEEDS_HUMAN
    row.save()
    return row


def settle(browser: Client, order: Order, ending: str, **fields: str) -> str:
    form = {"reason": "seen in the trade history", "venue_order_id": "4711"} | fields
    return browser.post(f"/orders/{order.pk}/settle/{ending}", form, follow=True).content.decode()


def test_the_page_says_what_to_look_up(order: Order, trader: Client) -> None:
    page = trader.get("/").content.decode()
    assert "Binance cannot prove that it was not placed" in page
    assert f"<code>{order.client_order_id}</code>" in page


def test_the_panel_is_empty_while_nothing_is_wrong(day: rows.Desk, trader: Client) -> None:
    assert 'data-part="person"></ul>' in trader.get("/").content.decode()


@pytest.mark.parametrize(
    ("ending", "state", "reported", "number"),
    [
        ("filled", "FILLED", "0.00332", "4711"),  # all of it: fills are asked for until they are all here
        ("partly", "CANCELED", "0.00001", "4711"),  # one lot at least: the venue says how much
        ("absent", "NOT_PLACED", "0", ""),
    ],
)
def test_an_ending_is_written_with_who_and_why(
    order: Order, trader: Client, ending: str, state: str, reported: str, number: str
) -> None:
    assert "is settled" in settle(trader, order, ending)
    order.refresh_from_db()
    assert (order.state, order.reported_qty, order.venue_order_id) == (state, Dec(reported), number)
    assert order.detail == "mira: seen in the trade history"
    assert JournalEntry.objects.filter(kind="order.state", payload__to=state, payload__code="BY_HAND").count() == 1


@pytest.mark.parametrize(
    ("ending", "fields"), [("filled", {"venue_order_id": ""}), ("filled", {"reason": ""}), ("absent", {"reason": "x"})]
)
def test_number_and_reason_are_needed(order: Order, trader: Client, ending: str, fields: dict[str, str]) -> None:
    assert "characters are needed" in settle(trader, order, ending, **fields)
    order.refresh_from_db()
    assert order.state == "NEEDS_HUMAN"


def test_a_number_of_another_order_is_refused(order: Order, trader: Client) -> None:
    Order.objects.filter(purpose="TARGET").update(venue_order_id="4711")
    assert "has that venue number already" in settle(trader, order, "filled")
    order.refresh_from_db()
    assert (order.state, order.venue_order_id) == ("NEEDS_HUMAN", "")


@pytest.mark.parametrize("ending", ["filled", "absent"])
def test_an_order_that_does_not_wait_is_left_alone(order: Order, trader: Client, ending: str) -> None:
    Order.objects.filter(pk=order.pk).update(state="UNKNOWN")
    assert "does not wait for a person" in settle(trader, order, ending)
    order.refresh_from_db()
    assert order.state == "UNKNOWN"


def test_a_viewer_may_not_settle(order: Order, viewer: Client) -> None:
    assert viewer.post(f"/orders/{order.pk}/settle/absent", {"reason": "nothing there"}).status_code == 403


def test_another_ending_is_not_found(order: Order, trader: Client) -> None:
    assert trader.get(f"/orders/{order.pk}/settle/perhaps").status_code == 404


def test_what_was_filled_at_the_exchange_comes_in_and_gets_its_exit(desk: Desk, client: Client) -> None:
    """The entry is sent and filled; we forget that we know: after settling by its number the books are whole again."""
    client.force_login(desk.account.user)
    desk.buy()
    desk.price("BTCUSDT", "59990")  # through the first leg
    desk.settle()
    entry = Order.objects.filter(purpose="ENTRY", state="FILLED").first()
    number, filled = entry.venue_order_id, entry.filled_qty
    entry.fills.all().delete()
    forgotten = {"state": "NEEDS_HUMAN", "venue_order_id": "", "filled_qty": 0, "filled_cost": 0, "reported_qty": 0}
    Order.objects.filter(pk=entry.pk).update(**forgotten)
    settle(client, entry, "filled", venue_order_id=number)
    desk.settle()
    entry.refresh_from_db()
    assert (entry.state, entry.filled_qty, entry.fills.count() > 0) == ("FILLED", filled, True)
    assert Order.objects.filter(leg=entry.leg, purpose="TARGET", state__in=["OPEN", "NEW"]).exists()
    assert PositionGroup.objects.get().qty > 0
