"""I2 and I3, each broken on purpose at the exchange or in the rows; and the states in which orders may rightly stand."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import Installation
from project.journal.record import record
from tests.support.factories import Desk
from tests.support.levers import ORDER, UNANSWERED, one_leg
from tests.trading.services.levers import entered
from tests.trading.services.test_invariants import broken
from trading.domain.client_id import client_order_id
from trading.models import Order
from trading.services import connect, submit
from trading.services.invariants import CHECKS

BELOW = "59000"
HOUR = timedelta(hours=1)


def at_the_exchange(desk: Desk, name: str, symbol: str = "BTC/USDT") -> str:
    """Somebody places an order under a name, past all our books; its number."""
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    placed = client.create_order(symbol, "limit", "buy", "0.01", BELOW, {"clientOrderId": name})
    return str(placed["id"])


def resting(desk: Desk) -> Order:
    """One entry that rests below the market."""
    one_leg(desk).buy(price="59900")
    return Order.objects.get(state="OPEN")


def change(order: Order, **fields: object) -> None:
    Order.objects.filter(pk=order.pk).update(**fields)


# I2 ----------------------------------------------------------------------------------------------


def test_an_order_of_ours_that_nobody_meant_is_named_on_whatever_market(desk: Desk) -> None:
    resting(desk)
    name = client_order_id(Installation.objects.get().name, 987654, 0)
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    client.create_order("SOL/USDT", "limit", "buy", "1", "100", {"clientOrderId": name})
    assert broken("I2") == (f"SOL/USDT: {name} is no intent of ours",)


def test_what_another_installation_or_a_person_placed_is_not_ours(desk: Desk) -> None:
    resting(desk)
    at_the_exchange(desk, client_order_id("another installation", 1, 0))
    at_the_exchange(desk, "by-hand")
    assert broken("I2") == ()


def test_a_second_order_under_one_of_our_ids_is_named_though_it_has_not_traded(desk: Desk) -> None:
    """Exchanges keep an id from being used twice only while its order is open."""
    order = resting(desk)
    desk.gateway.cancel(symbol="BTC/USDT", venue_order_id=order.venue_order_id)
    again = at_the_exchange(desk, order.client_order_id)
    words = f"BTC/USDT: {order.client_order_id} is there as {again}, which order {order.pk} is not"
    assert broken("I2") == (words,)


def test_a_second_order_that_has_traded_under_one_of_our_ids_is_named(desk: Desk) -> None:
    order = resting(desk)
    desk.gateway.cancel(symbol="BTC/USDT", venue_order_id=order.venue_order_id)
    again = at_the_exchange(desk, order.client_order_id)
    desk.paper.price("BTCUSDT", "58000")
    assert f"{order.client_order_id} is there as {again}" in broken("I2")[0]


def test_an_order_proven_absent_that_is_there_after_all_is_named(desk: Desk) -> None:
    order = resting(desk)
    change(order, state="NOT_PLACED", venue_order_id="", acknowledged_at=None)
    words = f"BTC/USDT: {order.client_order_id} is there as {order.venue_order_id}, which order {order.pk} is not"
    assert broken("I2") == (words,)


@pytest.mark.parametrize("filled", [False, True])
def test_an_order_whose_number_nobody_knows_yet_may_be_there_once(desk: Desk, filled: bool) -> None:
    entered(one_leg(desk), price="59900")
    desk.paper.fault(UNANSWERED, **ORDER)
    desk.submit()
    desk.paper.price("BTCUSDT", "58000" if filled else "60000")
    assert Order.objects.get().state == "UNKNOWN"
    assert (broken("I2"), broken("I3")) == ((), ())


def test_an_intent_with_two_orders_of_one_attempt_is_named(desk: Desk) -> None:
    """The database would refuse it: its constraint is taken away for a moment."""
    order = resting(desk)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE trading_order DROP CONSTRAINT order_once_per_intent")
        fresh = client_order_id(Installation.objects.get().name, 987654, 0)
        Order.objects.filter(pk=order.pk).update(venue_order_id=order.venue_order_id)
        twin = Order.objects.get(pk=order.pk)
        twin.pk, twin.client_order_id, twin.venue_order_id = None, fresh, ""
        twin.save()
        assert broken("I2") == (f"intent {order.intent_key}, attempt 0 twice",)
        transaction.set_rollback(True)


# I3, both ways -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["CANCELED", "FILLED", "NOT_PLACED", "NEW"])
def test_what_has_ended_here_and_rests_there_is_named(desk: Desk, state: str) -> None:
    order = resting(desk)
    assert broken("I3") == ()
    change(order, state=state)
    assert broken("I3") == (f"order {order.pk} is {state} here and rests there",)


def test_what_is_not_placed_here_and_rests_there_is_known_by_our_id(desk: Desk) -> None:
    order = resting(desk)
    change(order, state="NOT_PLACED", venue_order_id="")
    assert broken("I3") == (f"order {order.pk} is NOT_PLACED here and rests there",)


def test_a_list_from_before_blames_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    order, late = resting(desk), desk.gateway.resting()
    desk.gateway.cancel(symbol="BTC/USDT", venue_order_id=order.venue_order_id)
    change(order, state="CANCELED")
    monkeypatch.setattr(desk.gateway, "resting", lambda: late)
    assert (broken("I2"), broken("I3")) == ((), ())


def test_an_order_on_a_market_that_is_listed_no_more_is_nobodys_fault(desk: Desk) -> None:
    order = resting(desk)
    desk.gateway.cancel(symbol="BTC/USDT", venue_order_id=order.venue_order_id)
    assert broken("I3") == (f"order {order.pk} is OPEN here and not open there",)
    type(order.instrument).objects.filter(pk=order.instrument_id).update(active=False, status="GONE")
    assert broken("I3") == ()


# I3, times ---------------------------------------------------------------------------------------


def test_an_order_that_could_have_left_long_ago_is_late(desk: Desk) -> None:
    entered(one_leg(desk))
    order = Order.objects.get()
    assert broken("I3") == ()
    change(order, created_at=timezone.now() - 3 * submit.ENTRY_KEPT)
    assert broken("I3") == (f"order {order.pk} is still NEW",)


KEPT: dict[str, Any] = {
    "the mode": lambda desk: mode.change("PAUSED", operator="test", reason="a test"),
    "the account": lambda desk: type(desk.account).objects.update(armed=False),
    "its keys": lambda desk: type(desk.account).objects.update(health="VAULT_CLOSED"),
    "no reconcile": lambda desk: type(desk.account).objects.update(reconciled_at=None),
    "the market": lambda desk: Order.objects.get().instrument.__class__.objects.update(active=False, status="BREAK"),
}


@pytest.mark.parametrize("why", KEPT)
def test_an_order_that_something_keeps_here_is_not_late(desk: Desk, why: str) -> None:
    entered(one_leg(desk))
    Order.objects.update(created_at=timezone.now() - HOUR)
    KEPT[why](desk)
    assert broken("I3") == ()


def test_an_exit_leaves_in_any_mode_but_emergency(desk: Desk) -> None:
    entered(one_leg(desk))
    mode.change("PAUSED", operator="test", reason="a test")
    Order.objects.update(created_at=timezone.now() - HOUR, purpose="EXIT")
    assert broken("I3") == (f"order {Order.objects.get().pk} is still NEW",)


def unknown(desk: Desk, **fields: object) -> Order:
    entered(one_leg(desk))
    Order.objects.update(state="UNKNOWN", **fields)
    return Order.objects.get()


def test_a_lost_order_is_decided_ten_seconds_after_it_has_died_for_good(desk: Desk) -> None:
    """Valid until, 5 s window, 10 s safety, 2 s margin, 10 s to find out: 27 s."""
    now = timezone.now()
    order = unknown(desk, valid_until=now - timedelta(seconds=26))
    assert CHECKS["I3"](now).violations == ()
    assert CHECKS["I3"](now + timedelta(seconds=2)).violations == (f"order {order.pk} is still UNKNOWN",)
    type(desk.account).objects.update(clock_offset_ms=-3000)  # the venue is behind: its word comes later
    assert CHECKS["I3"](now + timedelta(seconds=2)).violations == ()
    type(desk.account).objects.update(clock_offset_ms=0, health="VENUE_NOT_REACHED")
    assert CHECKS["I3"](now + timedelta(seconds=2)).violations == ()


def test_a_stop_that_has_triggered_is_sought_for_some_minutes(desk: Desk) -> None:
    now = timezone.now()
    order = unknown(desk, acknowledged_at=now - HOUR, valid_until=now - HOUR)
    with transaction.atomic():
        payload = {"from": "OPEN", "to": "UNKNOWN"}
        record("order.state", subject=f"order:{order.pk}", payload=payload, account_id=desk.account.pk)
    assert broken("I3") == ()
    assert CHECKS["I3"](now + HOUR).violations == (f"order {order.pk} is still UNKNOWN",)


def test_a_call_that_nobody_took_over_is_late(desk: Desk) -> None:
    entered(one_leg(desk))
    submit.claim(desk.account.pk, opening=True, now=timezone.now() - timedelta(seconds=30), timing=connect.timing())
    assert broken("I3") == (f"order {Order.objects.get().pk} is still SUBMITTING",)
