"""A stop that has triggered, or that its venue forgot, and no word of the order that it became: nothing waits for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import ccxt
import pytest
from django.utils import timezone

from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from trading.domain.order_state import OrderState, VenueStatus
from trading.gateways.base import OrderReport
from trading.gateways.manners import Manners
from trading.models import Order, PositionGroup
from trading.services import cancel, human, lookups

LONG_AGO = timezone.now() - timedelta(days=100)
FIND = Manners.find_conditional


@pytest.fixture
def stopped(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A long position with a stop that rests at the venue."""
    paper_process.faults([])
    desk = one_leg(make_desk(paper_process, venue="binanceusdm"))
    for name, value in (("per_symbol_pct", "50"), ("stop", "fixed"), ("fixed_stop_pct", "3")):
        desk.setting(name, value)
    desk.buy("BTCUSDT.P", price="60010", size="1000 USDT")
    yield desk


@pytest.fixture
def fires(stopped: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """It triggers, is cancelled no more, and the venue names no order: TRIGGERING, as in a market that is overrun."""

    def gone(*_: Any, **__: Any) -> None:
        raise ccxt.OrderNotFound('{"code": -2011, "msg": "Unknown order sent."}')

    def silent(of: Manners, symbol: str, client_order_id: str) -> OrderReport:
        told = FIND(of, symbol, client_order_id)
        return replace(told, status=VenueStatus.OPEN, fired=True)

    monkeypatch.setattr(Manners, "cancel", gone)
    monkeypatch.setattr(Manners, "find_conditional", silent)
    return stopped


def stop() -> Order:
    return Order.objects.filter(purpose="STOP").order_by("id")[0]


def closes(desk: Desk) -> None:
    """An exit alert; the target is out of the way."""
    Order.objects.filter(purpose="TARGET").update(state="CANCELED")
    desk.alert(symbol="BTCUSDT.P", action="close", interval="60")
    desk.decide()
    desk.submit()


def test_a_close_waits_a_moment_for_a_stop_that_fired_and_not_for_ever(fires: Desk) -> None:
    closes(fires)
    fires.poll()
    assert (stop().state, Order.objects.filter(purpose="EXIT").count()) == ("CANCELLING", 0)
    Order.objects.filter(purpose="STOP").update(updated_at=timezone.now() - cancel.FIRED)
    fires.poll()
    assert (stop().state, stop().code) == ("UNKNOWN", "NO_NUMBER")
    fires.settle()
    assert [order.state for order in Order.objects.filter(purpose="EXIT")] == ["FILLED"]
    assert not fires.gateway.positions()


def test_one_that_nobody_cancels_is_sought_too(fires: Desk) -> None:
    cancel.look_at(stop(), gateway=fires.gateway, clock=timezone.now)
    assert (stop().state, stop().code) == ("OPEN", "NO_NUMBER")
    Order.objects.filter(purpose="STOP").update(updated_at=timezone.now() - cancel.FIRED)
    cancel.look_at(stop(), gateway=fires.gateway, clock=timezone.now)
    assert stop().state == "UNKNOWN"


def test_the_order_that_it_became_is_asked_for_until_a_person_is(fires: Desk) -> None:
    Order.objects.filter(purpose="STOP").update(state="UNKNOWN", next_poll_at=timezone.now())
    fires.look_up()
    assert (stop().state, stop().polls) == ("UNKNOWN", 1)
    Order.objects.filter(purpose="STOP").update(next_poll_at=timezone.now(), polls=lookups.FIRED_POLLS - 1)
    fires.look_up()
    assert (stop().state, stop().code) == ("NEEDS_HUMAN", "NO_NUMBER")


def forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue tells no more of a stop that was placed long ago."""
    monkeypatch.setattr(cancel, "seen", lambda *_, **__: None)
    Order.objects.filter(purpose="STOP").update(acknowledged_at=LONG_AGO, updated_at=LONG_AGO)


def test_a_forgotten_stop_that_may_have_filled_goes_to_a_person_who_has_its_number(
    stopped: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped.paper.price("BTCUSDT", "57000")
    became = FIND(stopped.gateway._manners, "BTC/USDT:USDT", stop().client_order_id).venue_order_id  # type: ignore[attr-defined]
    forgets(monkeypatch)
    cancel.look_at(stop(), gateway=stopped.gateway, clock=timezone.now)
    assert (stop().state, stop().code, stop().filled_qty) == ("NEEDS_HUMAN", "FORGOTTEN", 0)
    human.confirm(stop(), became, gateway=stopped.gateway)
    human.settle(
        stop().pk, to=OrderState.FILLED, operator="mira", reason="seen", now=timezone.now(), venue_order_id=became
    )
    stopped.settle()
    assert (stop().state, stop().filled_qty, PositionGroup.objects.get().qty) == ("FILLED", stop().qty, 0)


def test_a_forgotten_stop_on_whose_side_nobody_traded_was_cancelled(
    stopped: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped.gateway.cancel_all("BTC/USDT:USDT")
    forgets(monkeypatch)
    cancel.look_at(stop(), gateway=stopped.gateway, clock=timezone.now)
    assert stop().state == "CANCELED"
