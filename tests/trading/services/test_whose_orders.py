"""Orders at the venue that are not ours to take: a person's sale in a kill, another's under our number, the other side."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement, PositionMode
from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, one_leg, time_passes
from tests.trading.services.levers import entered, proven_absent
from tests.trading.services.test_hedge import LONG, group, hedged, moved, told
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import Side
from trading.gateways.base import OrderReport
from trading.kill.journal import Journal
from trading.models import Order, PositionGroup
from trading.services import adopt, cancel, connect, exits, human, kill_import, lookups, reconcile

__all__ = ["hedged"]
LATCH = "a-kill"


def reconciled(desk: Desk) -> str:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())
    desk.account.refresh_from_db()
    return str(desk.account.health)


def booked(desk: Desk) -> int:
    return kill_import.book_sales(desk.account, gateway=desk.gateway, clock=timezone.now)


def client(desk: Desk) -> Any:
    found: Any = desk.gateway._client  # type: ignore[attr-defined]
    return found


def killed(desk: Desk, home: Path, **names: str) -> None:
    """A line of the kill's journal, taken over."""
    Journal(home, LATCH).write("closed", account=desk.account.pk, **names)
    assert kill_import.take_over(home) == 1


@pytest.mark.parametrize("name", ["venue_order_id", "client_order_id"])
def test_what_a_person_sold_is_not_booked_as_the_kills(desk: Desk, tmp_path: Path, name: str) -> None:
    desk.paper.deposit({"BTC": "1"}, account=desk.key)
    reconciled(desk)
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    client(desk).create_order("BTC/USDT", "market", "sell", "0.00100")  # the person's own, by hand
    assert reconciled(desk) == ""
    target = Order.objects.get(purpose="TARGET")
    client(desk).cancel_order(target.venue_order_id, "BTC/USDT")
    assert booked(desk) == 0  # the kill's own sale is not in yet
    sale = client(desk).create_order("BTC/USDT", "market", "sell", str(target.qty), None, {"clientOrderId": "kill-1"})
    assert booked(desk) == 0
    killed(desk, tmp_path, **{name: {"venue_order_id": str(sale["id"]), "client_order_id": "kill-1"}[name]})
    assert booked(desk) == 1
    desk.settle()
    assert PositionGroup.objects.get().qty < Decimal("0.00001")
    assert PositionGroup.objects.get().close_reason == "KILL"
    assert list(Order.objects.filter(code="BY_HAND").values_list("venue_order_id", flat=True)) == [str(sale["id"])]


def test_a_kills_sales_are_booked_while_an_order_is_undecided_and_call_for_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.paper.deposit({"BTC": "1"}, account=desk.key)
    reconciled(desk)
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    desk.paper.faults([{"match": ORDER, "action": LOST, "times": 1}])
    entered(desk, symbol="ETHUSDT", price="2990")
    desk.submit()
    target, doubtful = Order.objects.get(purpose="TARGET"), Order.objects.get(instrument__base="ETH")
    client(desk).cancel_order(target.venue_order_id, "BTC/USDT")
    sale = client(desk).create_order("BTC/USDT", "market", "sell", str(target.qty), None, {"clientOrderId": "kill-1"})
    killed(desk, tmp_path, venue_order_id=str(sale["id"]), symbol="BTC/USDT")
    dust = client(desk).create_order("BTC/USDT", "market", "sell", "0.0003")  # of several groups together
    killed(desk, tmp_path, venue_order_id=str(dust["id"]), symbol="BTC/USDT")
    assert booked(desk) == 0  # the doubtful one may have sold too: it is looked for first
    proven_absent(desk)
    doubtful.refresh_from_db()
    assert doubtful.state == "UNKNOWN"  # what moved the balance will be explained by the sale
    assert [booked(desk), booked(desk)] == [1, 0]
    assert (
        BalanceMovement.objects.filter(cause=f"sold by kill {LATCH}: of no single group", currency="BTC").count() == 1
    )
    proven_absent(desk)
    doubtful.refresh_from_db()
    assert (doubtful.state, reconciled(desk)) == ("NOT_PLACED", "")


def test_a_group_that_was_closing_ends_once_the_kill_sold_what_its_exit_would_have(desk: Desk, tmp_path: Path) -> None:
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.settle()
    held = PositionGroup.objects.get()
    exits.close_by_hand(held.pk, operator="admin", now=timezone.now())
    cancel.cancel(cancel.claim_cancels(desk.account.pk), gateway=desk.gateway, clock=timezone.now)
    desk.poll()  # the target is gone, the exit is decided, and the latch keeps it from leaving
    exit_order = Order.objects.get(purpose="EXIT")
    assert exit_order.state == "NEW"
    sale = client(desk).create_order(
        "BTC/USDT", "market", "sell", str(exit_order.qty), None, {"clientOrderId": "kill-1"}
    )
    killed(desk, tmp_path, venue_order_id=str(sale["id"]), symbol="BTC/USDT")
    assert booked(desk) == 1
    exit_order.refresh_from_db()
    held.refresh_from_db()
    assert (exit_order.state, exit_order.code) == ("DROPPED", "RESIZED")
    assert (held.status, held.close_reason) == ("CLOSED", "BY_HAND admin")


# another order under our number ------------------------------------------------------------------


def test_an_order_of_another_time_line_under_our_number_waits_for_a_person(desk: Desk) -> None:
    entered(one_leg(desk))
    order = Order.objects.get()
    theirs = client(desk).create_order(
        "BTC/USDT", "market", "buy", "0.05", None, {"clientOrderId": order.client_order_id}
    )
    desk.paper.faults([{"match": ORDER, "action": LOST, "times": 1}])
    desk.submit()
    time_passes()
    desk.look_up()
    desk.settle()
    order.refresh_from_db()
    assert (order.state, order.code, order.filled_qty, order.reported_qty) == ("NEEDS_HUMAN", "OTHER_ORDER", 0, 0)
    assert "it is for 0.05" in order.detail
    with pytest.raises(human.NumberForeign, match=r"bears our client order id but is not ours: it is for 0\.05"):
        human.confirm(order, str(theirs["id"]), gateway=desk.gateway)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"qty": Decimal("0.0010"), "side": Side.BUY}, ""),
        ({"qty": Decimal("0.002")}, "it is for 0.002"),
        ({"side": Side.SELL}, "it is a SELL"),
        ({"filled_qty": Decimal("0.002")}, "has filled 0.002"),
        ({"at": timedelta(seconds=-9)}, ""),
        ({"at": timedelta(seconds=-11)}, "before ours was made"),
    ],
)
def test_what_speaks_against_an_order_being_ours(desk: Desk, facts: dict[str, Any], words: str) -> None:
    entered(one_leg(desk))
    order = Order.objects.select_related("account").get()
    order.qty, order.account.clock_offset_ms = Decimal("0.001"), -5000
    moment = order.created_at + facts.pop("at", timedelta())
    known = {"client_order_id": order.client_order_id, "venue_order_id": "1", "status": VenueStatus.OPEN, "at": moment}
    report = OrderReport(**{**known, "filled_qty": Decimal(0), **facts})
    found = lookups.not_ours(order, report)
    assert words in found
    assert bool(found) == bool(words)


# the other side of the pair ----------------------------------------------------------------------


def test_a_short_opened_by_hand_shrinks_no_long(hedged: Desk) -> None:
    told(hedged, price="60000", size="1000 USDT", **LONG)
    moved(hedged, "59950")
    assert hedged.account.position_mode == PositionMode.HEDGE
    client(hedged).create_order("BTC/USDT:USDT", "market", "sell", "0.002", None, {"positionSide": "SHORT"})
    assert adopt.find(hedged.account, gateway=hedged.gateway, clock=timezone.now) == ()
    hedged.gateway.cancel_all("BTC/USDT:USDT")
    client(hedged).create_order("BTC/USDT:USDT", "market", "sell", "0.001", None, {"positionSide": "LONG"})
    (trade,) = adopt.find(hedged.account, gateway=hedged.gateway, clock=timezone.now)
    assert (trade.group, trade.qty) == (group("LONG"), Decimal("0.001"))
