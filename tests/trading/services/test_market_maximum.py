"""A venue takes less at market than on the book: what is beyond goes by the next order, once the first has filled."""

from decimal import Decimal

from django.utils import timezone

from signals.market import instruments
from signals.models import Instrument
from tests.support.factories import Desk
from tests.support.levers import chosen
from trading.models import Order, PositionGroup
from trading.services import exits

D = Decimal


def held(desk: Desk) -> PositionGroup:
    """A group that holds 0.01 BTC less the fee; at market no more than 0.004 go at once."""
    chosen(desk, legs=[["0", "100", "30"]], first_entry="limit", per_symbol_pct="50")
    desk.buy(price="60100", size="0.01 BTC")
    Instrument.objects.update(max_market_qty=D("0.004005"))
    instruments.forget()
    return PositionGroup.objects.get()


def sold() -> list[Decimal]:
    return list(Order.objects.exclude(purpose__in=["ENTRY", "TARGET"]).order_by("id").values_list("qty", flat=True))


def test_a_closing_goes_in_as_many_orders_as_it_takes(desk: Desk) -> None:
    assert exits.close_by_hand(held(desk).pk, operator="mira", now=timezone.now())
    desk.settle()
    assert sold()[:2] == [D("0.004"), D("0.004")]
    assert sum(sold()) == D("0.00999")  # 0.01 less 0.1 %
    assert PositionGroup.objects.get().closed_at is not None


def test_so_does_a_reduction(desk: Desk) -> None:
    held(desk)
    desk.alert(symbol="BTCUSDT", action="reduce", price="60000", interval="60", size="60% position")
    desk.decide()
    desk.settle()
    desk.settle()
    assert (sold()[0], sum(sold())) == (D("0.004"), D("0.00599"))
    assert PositionGroup.objects.get().reduce_qty == 0


def test_an_entry_at_market_beyond_it_is_refused_in_words(desk: Desk) -> None:
    Instrument.objects.update(max_market_qty=D("0.004"))
    instruments.forget()
    chosen(desk, legs=[["0", "100", "30"]], first_entry="market", per_symbol_pct="50")
    alert = desk.buy(price="60100", size="0.01 BTC")
    assert (alert.outcome, "leg 0 at market" in alert.reason) == ("QTY_ABOVE_MAXIMUM", True)
    assert not Order.objects.exists()
