"""Fills: each recorded once, whenever and however often it is told; the books follow them exactly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import LOST, chosen, one_leg
from tests.support.races import elsewhere, own_gateway, together
from tests.trading.services.levers import at_venue, found, held, states
from trading.domain.vocabulary import Side
from trading.errors import NotReached
from trading.gateways.base import FillReport
from trading.models import Fill, Order, PositionGroup
from trading.services import fills, reconcile

LEVEL = "59901.37"  # where nobody else of the session stands


def resting(desk: Desk, **fields: str) -> Desk:
    one_leg(desk).buy(price=LEVEL, **fields)
    return desk


def told(desk: Desk) -> list[FillReport]:
    order = found()[0]
    return list(desk.gateway.fills_of(symbol="BTC/USDT", venue_order_id=order.venue_order_id))


def test_telling_a_fill_again_changes_nothing(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59900")
    assert desk.poll() == 1
    order = found()[0]
    assert fills.apply(order.pk, [*told(desk), *told(desk)], now=timezone.now()) == 0
    assert Fill.objects.count() == 1


def test_two_who_collect_at_once_record_each_fill_once(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59901.30", qty="0.0005")
    desk.paper.price("BTCUSDT", "59901.20", qty="0.0005")
    gateways = [own_gateway(desk), own_gateway(desk)]
    counts = together(
        *(lambda g=g: fills.collect(desk.account.pk, gateway=g, clock=timezone.now) for g in gateways)  # type: ignore[misc]
    )
    assert sum(counts) == Fill.objects.count() == 2
    assert found()[0].filled_qty == Decimal("0.001")


def test_partial_fills_grow_the_order_the_group_and_the_target(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59901.30", qty="0.0004")
    desk.settle()
    order, group = found()[0], PositionGroup.objects.get()
    assert (order.state, order.filled_qty, group.status) == ("PARTIALLY_FILLED", Decimal("0.0004"), "PARTIALLY_FILLED")
    assert [target.qty for target in found("TARGET")] == [Decimal("0.00039")]  # 0.0003996 down to the lot
    desk.paper.price("BTCUSDT", "59901.20", qty="0.0005")
    desk.settle()
    # 0.0009 less 0.1 % = 0.0008991: the first target goes, one of 0.00089 comes
    targets = [(target.state, target.qty) for target in found("TARGET")]
    assert targets == [("CANCELED", Decimal("0.00039")), ("OPEN", Decimal("0.00089"))]
    desk.paper.price("BTCUSDT", "59900")
    desk.settle()
    order.refresh_from_db()
    assert (order.state, order.filled_qty) == ("FILLED", order.qty)
    assert PositionGroup.objects.get().status == "ACTIVE"


def test_filled_quantity_never_falls(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", LEVEL, qty="0.0004")
    desk.poll()
    Order.objects.filter(purpose="ENTRY").update(reported_qty=Decimal("0.0006"))  # a newer report said more
    desk.poll()
    assert found()[0].reported_qty == Decimal("0.0006")


def test_a_late_fill_adds_to_a_cancelled_order_without_waking_it(desk: Desk) -> None:
    resting(desk)
    desk.alert(symbol="BTCUSDT", action="sell", interval="60")
    desk.decide()
    desk.submit()
    assert states() == ["CANCELED"]
    order = found()[0]
    late = FillReport(
        venue_order_id=order.venue_order_id,
        venue_trade_id="late-1",
        side=Side.BUY,
        price=Decimal(LEVEL),
        qty=Decimal("0.0005"),
        cost=Decimal(LEVEL) * Decimal("0.0005"),
        fee=Decimal("0.0000005"),
        fee_currency="BTC",
        maker=True,
        at=timezone.now(),
    )
    assert fills.apply(order.pk, [late], now=timezone.now()) == 1
    order.refresh_from_db()
    assert (order.state, order.filled_qty) == ("CANCELED", Decimal("0.0005"))
    # the group had ended; what came in late stands in its figures
    assert PositionGroup.objects.get().qty == Decimal("0.0004995")


def test_the_fee_comes_out_of_what_was_bought(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59900")
    desk.settle()
    fill, group = Fill.objects.get(), PositionGroup.objects.get()
    assert (fill.fee_currency, fill.fee) == ("BTC", fill.qty / 1000)
    assert group.qty == fill.qty - fill.fee == held(desk, "BTC")
    assert round(group.average_entry, 12) == round(fill.cost / group.qty, 12)


def test_a_fee_in_quote_leaves_the_quantity_alone(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59900")
    desk.settle()
    before = PositionGroup.objects.get()
    desk.paper.price("BTCUSDT", "61000")
    desk.settle()
    sold = Fill.objects.get(side="SELL")
    assert sold.fee_currency == "USDT"
    group = PositionGroup.objects.get()
    assert group.status == "CLOSED"
    assert group.qty == before.qty - sold.qty


def test_our_books_are_the_exchanges_to_the_last_digit(desk: Desk) -> None:
    chosen(desk, legs=[["0", "50", "1"], ["-0.5", "50", "0.5"]])
    desk.buy(price=LEVEL)
    for price in ("59900", "59500", "60700", "60100"):
        desk.price("BTCUSDT", price)
        desk.settle()
    assert reconcile.unexplained(desk.account.pk, gateway=desk.gateway) == {}
    theirs = {(f["tradeId"], Decimal(f["qty"]), Decimal(f["price"]), Decimal(f["fee"])) for f in ledger_fills(desk)}
    ours = {(int(f.venue_trade_id), f.qty, f.price, f.fee) for f in Fill.objects.all()}
    assert {tuple(map(str, map(Decimal.normalize, map(Decimal, row)))) for row in theirs} == {
        tuple(map(str, map(Decimal.normalize, map(Decimal, row)))) for row in ours
    }


def ledger_fills(desk: Desk) -> list[dict[str, str]]:
    return list(desk.paper.ledger(desk.key)["fills"])


def test_an_order_filled_between_two_looks_is_seen_by_its_id(desk: Desk) -> None:
    """It is not among the open orders any more, so it is asked for one by one."""
    resting(desk)
    desk.paper.price("BTCUSDT", "59900")
    elsewhere(lambda: fills.collect(desk.account.pk, gateway=own_gateway(desk), clock=timezone.now))
    assert states() == ["FILLED"]
    assert len(at_venue(desk)) == 1


def test_a_market_whose_list_is_refused_keeps_no_other_from_its_fills(desk: Desk) -> None:
    one_leg(desk).buy(price=LEVEL)
    desk.buy("ETHUSDT", price="2999.37")
    desk.price("BTCUSDT", "59900")
    desk.price("ETHUSDT", "2990")
    desk.paper.fault(LOST, method="GET", path="/api/v3/openOrders")
    with pytest.raises(NotReached):
        desk.poll()
    assert states() == ["OPEN", "FILLED"]
    assert Fill.objects.get().instrument.base == "ETH"


def test_a_fill_is_dated_by_the_venue(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59900")
    desk.settle()
    fill = Fill.objects.get()
    assert abs(fill.at - fill.recorded_at) < timedelta(minutes=1)
    assert fill.maker is True
