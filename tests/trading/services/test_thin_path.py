"""The thin path on real parts: an alert becomes a position, targets rest, a position closes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from project.journal import sealer
from tests.support.factories import Desk
from trading.models import Fill, Order, PositionGroup, Slot


def orders(purpose: str) -> list[Order]:
    return list(Order.objects.filter(purpose=purpose).order_by("id"))


def test_a_buy_alert_becomes_a_group_with_five_resting_legs(desk: Desk) -> None:
    alert = desk.buy(price="59990")
    assert alert.outcome == "ENTERED"
    assert [order.state for order in orders("ENTRY")] == ["OPEN"] * 5
    # 59 990 less 0, 0.5, 1, 1.5 and 2 percent, down to the tick of 0.01
    assert [order.price for order in orders("ENTRY")] == [
        Decimal(text) for text in ("59990", "59690.05", "59390.10", "59090.15", "58790.20")
    ]
    assert PositionGroup.objects.get().status == "LIVE"
    assert Slot.objects.filter(released_at=None).count() == 1


def test_a_filled_leg_rests_its_target_and_the_target_closes_the_group(desk: Desk) -> None:
    desk.buy(price="60000")
    desk.price("BTCUSDT", "59950")  # through leg 0 at 60 000, above leg 1 at 59 700
    desk.settle()
    group = PositionGroup.objects.get()
    assert group.status == "PARTIALLY_FILLED"
    # 20 USDT ÷ 60 000 = 0.000333…, down to the lot: 0.00033; less 0.1 % fee in BTC, down to the lot: 0.00032
    assert [(o.qty, o.price, o.state) for o in orders("TARGET")] == [(Decimal("0.00032"), Decimal(60600), "OPEN")]
    assert group.qty == Decimal("0.00033") - Fill.objects.get().fee

    desk.price("BTCUSDT", "60700")
    desk.settle()
    group.refresh_from_db()
    assert (group.status, group.close_reason) == ("CLOSED", "TARGETS_TAKEN")
    assert {order.state for order in orders("ENTRY")} == {"FILLED", "CANCELED"}
    assert group.realised_pnl > 0
    assert group.dust_qty == Decimal("0.00033") * (1 - Decimal("0.001")) - Decimal("0.00032")
    assert not Slot.objects.filter(released_at=None).exists()


def test_an_exit_alert_cancels_what_rests_and_sells_the_rest_at_market(desk: Desk) -> None:
    desk.buy(price="60000")
    desk.price("BTCUSDT", "59600")  # legs 0 and 1
    desk.settle()
    alert = desk.alert(symbol="BTCUSDT", action="sell", price="59600", interval="60")
    desk.decide()
    desk.settle()
    alert.refresh_from_db()
    group = PositionGroup.objects.get()
    assert alert.outcome == "EXITED"
    assert (group.status, group.close_reason) == ("CLOSED", "EXIT_SIGNAL")
    assert [order.state for order in orders("EXIT")] == ["FILLED"]
    assert {order.state for order in orders("TARGET")} == {"CANCELED"}
    assert group.qty < group.instrument.lot_step


def test_the_venue_agrees_with_our_books_at_every_end(desk: Desk) -> None:
    desk.buy(price="60000")
    desk.price("BTCUSDT", "59600")
    desk.settle()
    told = desk.paper.ledger(desk.key)
    venue = {(f["tradeId"], Decimal(f["qty"]), Decimal(f["price"]), Decimal(f["fee"])) for f in told["fills"]}
    ours = {
        (int(f.venue_trade_id), f.qty.normalize(), f.price.normalize(), f.fee.normalize()) for f in Fill.objects.all()
    }
    assert {(t, q.normalize(), p.normalize(), f.normalize()) for t, q, p, f in venue} == ours


def test_every_step_is_in_the_journal_and_the_chain_holds(desk: Desk) -> None:
    desk.buy(price="60000")
    while sealer.seal_batch(holder="test", now=timezone.now()):
        pass
    assert sealer.broken_seals() == []


@pytest.mark.parametrize("state", ["UNKNOWN", "NEEDS_HUMAN"])
def test_an_entry_that_is_sought_holds_up_no_exit(desk: Desk, state: str) -> None:
    """It can only add to what is held, and whether it did may take a minute, or a person, to tell."""
    desk.buy()
    desk.price("BTCUSDT", "59990")
    desk.settle()
    lost = Order.objects.filter(purpose="ENTRY", state="OPEN").order_by("-id")[0]
    Order.objects.filter(pk=lost.pk).update(state=state, valid_until=timezone.now() + timedelta(minutes=5))
    group = PositionGroup.objects.get()
    assert group.qty > 0
    desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    desk.settle()
    group.refresh_from_db()
    assert (group.qty < group.instrument.lot_step, group.status) == (True, "CLOSING")


def test_what_a_sought_exit_may_have_sold_is_not_sold_again(desk: Desk) -> None:
    desk.buy()
    desk.price("BTCUSDT", "59990")
    desk.settle()
    target = Order.objects.get(purpose="TARGET")
    Order.objects.filter(pk=target.pk).update(state="NEEDS_HUMAN")
    desk.alert(symbol="BTCUSDT", action="exit")
    desk.decide()
    desk.settle()
    assert not Order.objects.filter(purpose="EXIT")
