"""Orders that need a person: what the page tells to look up, and what settling does."""

from decimal import Decimal as Dec

import pytest
from django.test import Client

from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.support.factories import Desk
from tests.support.levers import one_leg
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


@pytest.fixture
def asked(desk: Desk, client: Client) -> Client:
    """The account's owner, at a page that asks a real venue."""
    client.force_login(desk.account.user)
    return client


def placed(desk: Desk) -> tuple[Order, str]:
    """An entry that rests at the exchange, of which we know no more; its number there."""
    one_leg(desk).buy(price="59900")
    entry = Order.objects.get()
    number = entry.venue_order_id
    Order.objects.update(state="NEEDS_HUMAN", venue_order_id="", acknowledged_at=None)
    entry.refresh_from_db()
    return entry, number


@pytest.mark.parametrize(("ending", "state"), [("filled", "FILLED"), ("partly", "CANCELED")])
def test_a_placed_one_keeps_its_number_and_at_least_what_was_seen(
    desk: Desk, asked: Client, ending: str, state: str
) -> None:
    entry, number = placed(desk)
    assert "is settled" in settle(asked, entry, ending, venue_order_id=number)
    least = {"filled": entry.qty, "partly": Dec("0.00001")}[ending]  # one lot: the venue says how much
    entry.refresh_from_db()
    assert (entry.state, entry.venue_order_id, entry.reported_qty) == (state, number, least)
    told = JournalEntry.objects.filter(kind="order.state", payload__to=state, payload__code="BY_HAND")
    assert told.count() == 1


def test_a_number_that_is_not_this_orders_is_refused(desk: Desk, asked: Client) -> None:
    """One that does not exist, and one of an order that the person placed: its fills are none of ours."""
    entry, _ = placed(desk)
    own = str(desk.gateway._client.create_order("BTC/USDT", "limit", "buy", "0.01", "50000")["id"])
    for number in ("999999", own):
        assert "no order of ours under that number" in settle(asked, entry, "filled", venue_order_id=number)
    entry.refresh_from_db()
    assert (entry.state, entry.venue_order_id) == ("NEEDS_HUMAN", "")


def test_what_is_not_there_ends_with_who_and_why(order: Order, trader: Client) -> None:
    assert "is settled" in settle(trader, order, "absent")
    order.refresh_from_db()
    assert (order.state, order.reported_qty, order.venue_order_id) == ("NOT_PLACED", 0, "")
    assert order.detail == "mira: seen in the trade history"
    assert JournalEntry.objects.filter(kind="order.state", payload__code="BY_HAND").count() == 1


@pytest.mark.parametrize(
    ("ending", "fields"), [("filled", {"venue_order_id": ""}), ("filled", {"reason": ""}), ("absent", {"reason": "x"})]
)
def test_number_and_reason_are_needed(order: Order, trader: Client, ending: str, fields: dict[str, str]) -> None:
    assert "characters are needed" in settle(trader, order, ending, **fields)
    order.refresh_from_db()
    assert order.state == "NEEDS_HUMAN"


def test_an_order_that_does_not_wait_is_left_alone(order: Order, trader: Client) -> None:
    Order.objects.filter(pk=order.pk).update(state="UNKNOWN")
    assert "does not wait for a person" in settle(trader, order, "absent")
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
