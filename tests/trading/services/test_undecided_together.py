"""Several orders undecided at once: what one of them filled is no reason to call for a person about another."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, UNANSWERED, one_leg, time_passes
from trading.models import Order
from trading.services import connect

LATER = timedelta(hours=1)


def entered_at_market(desk: Desk, fault: str, symbol: str) -> Order:
    """A market order whose answer said nothing."""
    desk.paper.fault(fault, **ORDER)
    desk.buy(symbol, order_type="market")
    return Order.objects.get(instrument__venue_symbol=symbol, purpose="ENTRY")


def looked_for(desk: Desk, order: Order) -> str:
    """As often as the profile wants, the others not at all; its state then."""
    for _ in range(connect.timing().polls):
        time_passes()
        Order.objects.exclude(pk=order.pk).filter(state="UNKNOWN").update(next_poll_at=timezone.now() + LATER)
        desk.look_up()
    order.refresh_from_db()
    return order.state


@pytest.fixture
def pair(desk: Desk) -> tuple[Desk, Order, Order]:
    """One order that the venue took and filled, and one that never arrived; we know neither."""
    one_leg(desk)
    taken, lost = entered_at_market(desk, UNANSWERED, "BTCUSDT"), entered_at_market(desk, LOST, "ETHUSDT")
    assert (taken.state, lost.state) == ("UNKNOWN", "UNKNOWN")
    return desk, taken, lost


def test_the_lost_one_waits_for_the_one_that_filled_and_is_proven_absent(pair: tuple[Desk, Order, Order]) -> None:
    desk, taken, lost = pair
    assert looked_for(desk, lost) == "UNKNOWN"
    assert looked_for(desk, taken) == "FILLED"
    assert looked_for(desk, lost) in ("NOT_PLACED", "DROPPED")


def test_orders_that_were_all_looked_for_in_vain_do_not_wait_for_each_other(desk: Desk) -> None:
    one_leg(desk)
    first, second = entered_at_market(desk, LOST, "BTCUSDT"), entered_at_market(desk, LOST, "ETHUSDT")
    desk.paper.deposit({"USDT": "7"}, account=desk.key)  # somebody else's doing, and nobody can tell
    assert looked_for(desk, first) == "UNKNOWN"
    assert looked_for(desk, second) == "NEEDS_HUMAN"
    assert looked_for(desk, first) == "NEEDS_HUMAN"
