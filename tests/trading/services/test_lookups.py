"""Look-ups: each order by itself, whatever became of the one before, and by a clock that was read before the look."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, UNANSWERED, one_leg, time_passes
from tests.support.races import injected
from tests.trading.services.levers import at_venue, entered, states
from trading.errors import NotReached
from trading.gateways.base import OrderReport
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Order
from trading.services import lookups


@pytest.fixture
def wrong_clock(desk: Desk) -> Iterator[Desk]:
    """A desk whose exchange is told the right time afterwards."""
    yield desk
    desk.paper.control("clock", {"skew_ms": 0})


def a_minute_passes(desk: Desk) -> None:
    """By the exchange's clock, which the client follows."""
    desk.paper.control("clock", {"skew_ms": 60_000})
    desk.gateway._client.options["timeDifference"] = -60_000  # type: ignore[attr-defined]


PAIRS = {"BTCUSDT": "59900", "ETHUSDT": "2990", "SOLUSDT": "149.5"}


def unanswered(desk: Desk, *symbols: str, fault: str = LOST) -> Desk:
    """Entries of which nobody knows whether they arrived."""
    one_leg(desk).paper.fault(fault, **ORDER, times=len(symbols))
    for symbol in symbols:
        entered(desk, symbol=symbol, price=PAIRS[symbol])
    desk.submit()
    assert states() == ["UNKNOWN"] * len(symbols)
    return desk


def test_what_was_not_found_before_its_signature_died_is_looked_for_once_more(wrong_clock: Desk) -> None:
    """The last of three looks begins 30 s before the deadline and ends after it."""
    desk = unanswered(wrong_clock, "BTCUSDT")
    time_passes(polls=2, valid_until=timezone.now() + timedelta(seconds=30))
    with injected(CcxtGateway, "open_orders", before=lambda: a_minute_passes(desk)):
        desk.look_up()
    assert states() == ["UNKNOWN"]
    Order.objects.update(next_poll_at=timezone.now())
    desk.look_up()
    assert states()[0] == "NOT_PLACED"


def test_one_that_the_venue_does_not_tell_of_keeps_none_of_the_others_from_its_answer(desk: Desk) -> None:
    unanswered(desk, *PAIRS, fault=UNANSWERED)
    time_passes()
    desk.paper.fault(LOST, method="GET", path="/api/v3/order")
    with pytest.raises(NotReached):
        desk.look_up()
    assert states() == ["UNKNOWN", "OPEN", "OPEN"]


def test_an_order_of_another_pair_under_the_same_number_hides_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found behind its execution, for its id finds nothing: a venue may count the orders of each pair by itself."""
    unanswered(desk, "BTCUSDT", fault=UNANSWERED)
    desk.paper.price("BTCUSDT", "59800")
    desk.buy("ETHUSDT", price="2990")
    number = at_venue(desk)[0]["orderId"]
    Order.objects.filter(instrument__base="ETH").update(venue_order_id=number)
    find = CcxtGateway.find_order

    def by_number(gateway: CcxtGateway, **asked: Any) -> OrderReport | None:
        return find(gateway, **asked) if asked.get("venue_order_id") else None

    monkeypatch.setattr(CcxtGateway, "find_order", by_number)
    time_passes()
    desk.look_up()
    assert Order.objects.get(instrument__base="BTC", purpose="ENTRY").state == "FILLED"


@pytest.mark.parametrize(("offset_ms", "later_ms"), [(None, 0), (-60_000, 0), (400, 0), (60_000, 60_000)])
def test_a_signature_that_follows_the_venues_clock_dies_so_much_later(
    desk: Desk, offset_ms: int, later_ms: int
) -> None:
    """Behind the venue by more than its window our time is refused, and the gateway signs by the venue's."""
    unanswered(desk, "BTCUSDT")
    order = Order.objects.select_related("account").get()
    order.account.clock_offset_ms = offset_ms
    ahead = lookups._ahead(order, timedelta(milliseconds=500))
    assert ahead == timedelta(milliseconds=later_ms)
