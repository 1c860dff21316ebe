"""I7: what the venue took after a kill's window, though it never filled; and what is left where the kill said flat."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts import latch, mode
from project.accounts.models import KillReport
from project.journal.record import record
from tests.support.factories import Desk, make_desk
from tests.support.levers import chosen, one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.test_invariants import broken
from trading.models import Order
from trading.services import kill_sales
from trading.services.invariants import CHECKS

MINUTE = timedelta(minutes=1)
NAME = "abc"


def line(desk: Desk, kind: str, at: datetime) -> None:
    """A line of the kill's own journal, taken over."""
    with transaction.atomic():
        payload = {"at": at.isoformat()}
        record(f"kill.{kind}", subject=kill_sales.subject(NAME), payload=payload, account_id=desk.account.pk)


def pressed(desk: Desk, at: datetime) -> None:
    """An emergency that the kill has brought to its end."""
    KillReport.objects.create(latch=NAME, flat=True)
    line(desk, "begun", at)


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    paper_process.faults([])
    made = make_desk(paper_process, venue="binanceusdm")
    chosen(one_leg(made), per_symbol_pct="50", stop="fixed", fixed_stop_pct="3")
    yield made


@contextmanager
def latched() -> Iterator[None]:
    """The emergency stands."""
    latch.place(mode.home(), latch.Latch(NAME, timezone.now().isoformat(), "mira", "a drill", "test"))
    try:
        yield
    finally:
        latch.lift(mode.home())


def entry(desk: Desk) -> Order:
    one_leg(desk).buy(price="59900")
    return Order.objects.get(purpose="ENTRY")


# accepted late -----------------------------------------------------------------------------------


def test_an_entry_that_was_taken_late_and_cancelled_is_named(desk: Desk) -> None:
    order = entry(desk)
    desk.gateway.cancel(symbol="BTC/USDT", venue_order_id=order.venue_order_id)
    desk.settle()
    assert Order.objects.get().state == "CANCELED"
    pressed(desk, timezone.now() - MINUTE)
    (words,) = broken("I7")
    assert words.startswith(f"kill {NAME}: order {order.pk} was accepted at ")


def test_an_entry_that_was_taken_late_and_of_which_we_never_heard_is_named(desk: Desk) -> None:
    order = entry(desk)
    Order.objects.update(state="NOT_PLACED", venue_order_id="", acknowledged_at=None)
    pressed(desk, timezone.now() - MINUTE)
    assert broken("I7")[0].startswith(f"kill {NAME}: order {order.pk} was accepted at ")


def test_an_entry_of_before_that_we_heard_of_late_was_not_taken_late(desk: Desk) -> None:
    """Its sender was ended by the kill; the look-up found it a minute later."""
    entry(desk)
    pressed(desk, timezone.now() - timedelta(seconds=1))
    Order.objects.update(acknowledged_at=timezone.now() + MINUTE)
    assert CHECKS["I7"](timezone.now() + 2 * MINUTE).violations == ()


def test_an_entry_of_after_the_way_out_is_none_of_the_emergency(desk: Desk) -> None:
    pressed(desk, timezone.now() - MINUTE)
    with transaction.atomic():
        record("mode.changed", subject="mode", payload={"from": "EMERGENCY", "to": "PAUSED"})
    entry(desk)
    assert broken("I7") == ()


# flat --------------------------------------------------------------------------------------------


def held(desk: Desk) -> None:
    """A position and its target."""
    alert = desk.buy("BTCUSDT.P", price="60010", size="1000 USDT")
    assert alert.outcome == "ENTERED", alert.reason
    desk.settle()
    Order.objects.update(acknowledged_at=timezone.now() - 3 * MINUTE)  # all was there before


def test_a_position_and_an_order_that_are_left_where_the_kill_said_flat_are_named(perps: Desk) -> None:
    held(perps)
    pressed(perps, timezone.now() - MINUTE)
    names = set(Order.objects.filter(state="OPEN").values_list("client_order_id", flat=True))
    rests = {f"kill {NAME}: paper is called flat, and {name} rests on BTC/USDT:USDT" for name in names}
    with latched():
        assert broken("I7") == ()  # nothing has been said yet
        line(perps, "account_flat", timezone.now())
        assert set(broken("I7")) == {*rests, f"kill {NAME}: paper is called flat, and holds BTC/USDT:USDT LONG"}
    assert len(rests) == 2  # its target and its stop


def test_after_the_way_out_nobody_expects_it_to_be_flat(perps: Desk) -> None:
    held(perps)
    pressed(perps, timezone.now() - MINUTE)
    line(perps, "account_flat", timezone.now())
    assert broken("I7") == ()


def test_what_somebody_else_opened_since_is_not_the_kills(perps: Desk) -> None:
    pressed(perps, timezone.now() - MINUTE)
    line(perps, "account_flat", timezone.now() - timedelta(seconds=5))
    client = perps.gateway._client  # type: ignore[attr-defined]
    client.create_order("BTC/USDT:USDT", "market", "buy", "0.01")
    assert list(perps.gateway.positions()) != []
    with latched():
        assert broken("I7") == ()
