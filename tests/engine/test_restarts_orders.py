"""A restart with an order in each state there is, and with a group at each of its ends: the books come right."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from django.utils import timezone

from signals.market import venues
from tests.engine.deaths import cancelled, cancelling, claimed, unanswered
from tests.engine.stage import reckoned, reconciled, restart
from tests.engine.states import active, closed, closing, failed, live, partially_filled, told
from tests.support.factories import Desk
from tests.support.levers import LOST, UNANSWERED, one_leg, time_passes
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import ENDED
from trading.models import Order, PositionGroup, Slot
from trading.services import connect, human

Caught = Callable[[Desk], None]


def decided(desk: Desk) -> None:
    assert told(desk, action="buy", price="59900") == "ENTERED"


def on_its_way(desk: Desk) -> None:
    decided(desk)
    claimed(desk, opening=True)


def doubtful(desk: Desk) -> None:
    decided(desk)
    unanswered(desk, UNANSWERED, opening=True)


def proven_absent(desk: Desk) -> None:
    """The first leg never arrived: NOT_PLACED, its next attempt is NEW."""
    decided(desk)
    unanswered(desk, LOST, opening=True)
    for _ in range(connect.timing().polls):
        time_passes()
        desk.look_up()


def entry_partly_in(desk: Desk) -> None:
    """A part of leg 0 came in and is seen; its target fits that part."""
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950", qty="0.0002")
    desk.settle()


def target_partly_out(desk: Desk) -> None:
    partially_filled(desk)
    desk.paper.price("BTCUSDT", "60700", qty="0.0001")
    desk.settle()


def refused(desk: Desk) -> None:
    """The market ran away before the legs left: the venue takes no price so far from it."""
    decided(desk)
    desk.price("BTCUSDT", "600000")
    desk.submit()
    desk.price("BTCUSDT", "60000")


def withdrawn(desk: Desk) -> None:
    """An exit came before the legs left."""
    decided(desk)
    assert told(desk, action="exit") == "EXITED"


def going(desk: Desk) -> None:
    closing(desk)
    cancelling(desk)


def gone(desk: Desk) -> None:
    closing(desk)
    cancelled(desk)


def dust(desk: Desk) -> None:
    """3 USDT came in before the exit: too little to be sold."""
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950", qty="0.00005")
    desk.poll()
    assert told(desk, action="exit") == "EXITED"
    desk.settle()


# Which order state each shows, and where the group stands in the end.
ORDERS: Mapping[OrderState, tuple[Caught, str]] = {
    OrderState.NEW: (decided, "LIVE"),
    OrderState.SUBMITTING: (on_its_way, "LIVE"),
    OrderState.UNKNOWN: (doubtful, "LIVE"),
    OrderState.NOT_PLACED: (proven_absent, "LIVE"),
    OrderState.OPEN: (live, "LIVE"),
    OrderState.PARTIALLY_FILLED: (entry_partly_in, "PARTIALLY_FILLED"),
    OrderState.FILLED: (active, "ACTIVE"),
    OrderState.REJECTED: (refused, "FAILED"),
    OrderState.DROPPED: (withdrawn, "FAILED"),
    OrderState.CANCELLING: (going, "CLOSED"),
    OrderState.CANCELED: (gone, "CLOSED"),
}
ELSEWHERE = {
    OrderState.EXPIRED,  # a target whose position its stop has closed: futures
    OrderState.NEEDS_HUMAN,  # below: it waits for a person
}


def test_every_order_state_is_caught() -> None:
    assert {*ORDERS, *ELSEWHERE} == {*OrderState}


@pytest.mark.parametrize("state", ORDERS)
def test_a_restart_with_an_order_in_this_state(desk: Desk, state: OrderState) -> None:
    caught, end = ORDERS[state]
    caught(desk)
    assert Order.objects.filter(state=state).exists()
    restart(desk)
    reconciled(desk)
    reckoned(desk)
    assert PositionGroup.objects.get().status == end


def test_a_target_that_is_partly_out_sells_the_rest_once(desk: Desk) -> None:
    target_partly_out(desk)
    assert Order.objects.get(purpose="TARGET").state == "PARTIALLY_FILLED"
    restart(desk)
    reckoned(desk)
    assert PositionGroup.objects.get().status == "PARTIALLY_FILLED"
    desk.paper.price("BTCUSDT", "60700")
    reckoned(desk)
    assert PositionGroup.objects.get().status == "CLOSED"


@pytest.mark.parametrize("ended", [closed, dust, failed], ids=["CLOSED", "DUST_CLOSED", "FAILED"])
def test_what_has_ended_stays_as_it_is(desk: Desk, ended: Caught) -> None:
    ended(desk)
    before = PositionGroup.objects.values().get()
    assert before["status"] in ENDED
    restart(desk)
    reckoned(desk)
    assert PositionGroup.objects.values().get() == before
    assert not Slot.objects.filter(released_at=None).exists()


def test_what_waits_for_a_person_goes_on_waiting_while_others_trade(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A venue whose signatures never die can prove nothing: the slot is held until somebody has looked."""
    monkeypatch.setitem(venues.VENUES, "binance", replace(venues.VENUES["binance"], request_expiry=False))
    proven_absent(one_leg(desk))
    order = Order.objects.get(state="NEEDS_HUMAN")
    restart(desk)
    reconciled(desk)
    desk.settle()
    order.refresh_from_db()
    assert (order.state, PositionGroup.objects.get().status) == ("NEEDS_HUMAN", "LIVE")
    assert told(desk, symbol="ETHUSDT", action="buy", price="2990") == "ENTERED"
    human.settle(order.pk, to=OrderState.NOT_PLACED, operator="mira", reason="not there", now=timezone.now())
    reckoned(desk)
