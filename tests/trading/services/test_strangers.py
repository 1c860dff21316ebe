"""Orders that rest at the venue: foreign ones are listed and counted, ours that should be gone are cancelled."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from project.journal.models import JournalEntry
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.levers import at_venue, found, states
from trading.models import ForeignOrder, Order, PositionGroup
from trading.services import connect, reconcile
from trading.services.desk import Desk as Books
from trading.services.invariants import CHECKS


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed futures account on the live paper exchange."""
    paper_process.faults([])
    yield make_desk(paper_process, venue="binanceusdm")


def by_hand(desk: Desk, side: str, qty: str, price: str | None = None, **params: Any) -> str:
    """Somebody places an order on the venue's own page; its number."""
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    symbol = "BTC/USDT:USDT" if desk.account.venue == "binanceusdm" else "BTC/USDT"
    return str(client.create_order(symbol, "limit" if price else "market", side, qty, price, params)["id"])


def reconciled(desk: Desk) -> None:
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=connect.timing())


def resting() -> list[ForeignOrder]:
    return list(ForeignOrder.objects.filter(gone_at=None))


def test_an_order_placed_by_hand_is_listed_until_it_is_gone(desk: Desk) -> None:
    number = by_hand(desk, "buy", "0.01", "50000")
    reconciled(desk)
    reconciled(desk)
    (row,) = resting()
    assert (row.venue_order_id, row.side, row.price, row.qty) == (number, "BUY", Decimal(50000), Decimal("0.01"))
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    client.cancel_order(number, "BTC/USDT")
    reconciled(desk)
    assert resting() == []
    assert ForeignOrder.objects.get().gone_at is not None
    told = JournalEntry.objects.filter(kind__startswith="foreign.").order_by("id").values_list("kind", flat=True)
    assert list(told) == ["foreign.seen", "foreign.gone"]


def test_what_a_foreign_order_binds_is_not_spent_twice(desk: Desk) -> None:
    before = Books(desk.account, timezone.now()).available_quote
    by_hand(desk, "buy", "0.01", "50000")
    reconciled(desk)
    after = Books(desk.account, timezone.now()).available_quote
    assert before is not None
    assert after is not None
    assert before - after == 500


def test_our_own_orders_are_never_foreign(desk: Desk) -> None:
    desk.buy(price="59900")
    reconciled(desk)
    assert states() == ["OPEN"] * 5
    assert resting() == []


def test_a_conditional_order_by_hand_is_listed_beside_our_own(perps: Desk) -> None:
    perps.setting("stop", "fixed")
    perps.setting("per_symbol_pct", "50")
    perps.alert(symbol="BTCUSDT.P", action="sell", price="60000", interval="60", size="1000 USDT")
    perps.decide()
    perps.settle()
    perps.price("BTCUSDT", "60050")
    perps.settle()
    by_hand(perps, "buy", "0.01", None, stopLossPrice="70000")
    reconciled(perps)
    (row,) = resting()
    assert (row.conditional, row.side, row.qty) == (True, "BUY", Decimal("0.01"))
    assert Order.objects.filter(purpose="STOP", state="OPEN").exists()


def test_an_order_that_ended_here_and_rests_there_is_cancelled(desk: Desk) -> None:
    """A venue that shows an order after its absence was proven: nobody waits for it, so it may not fill."""
    one_leg(desk).buy(price="59900")
    assert states() == ["OPEN"]
    Order.objects.update(state="NOT_PLACED", venue_order_id="", acknowledged_at=None)
    reconciled(desk)
    assert [order["status"] for order in at_venue(desk)] == ["CANCELED"]
    assert found()[0].venue_order_id == str(at_venue(desk)[0]["orderId"])
    assert JournalEntry.objects.filter(kind="order.still_open").count() == 1
    assert resting() == []


def test_what_an_order_bought_after_its_group_had_closed_is_sold(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    desk.paper.price("BTCUSDT", "59800")  # it fills, and nobody has asked yet
    Order.objects.update(state="NOT_PLACED", venue_order_id="")
    PositionGroup.objects.update(status="FAILED", closing_at=timezone.now(), closed_at=timezone.now())
    order = found()[0]
    Order.objects.filter(pk=order.pk).update(venue_order_id=at_venue(desk)[0]["orderId"], reported_qty=order.qty)
    desk.settle()
    assert states("EXIT") == ["FILLED"]
    group = PositionGroup.objects.get()
    assert group.qty * 60000 < 5  # what is left is below the venue's minimum
    assert CHECKS["I13"](timezone.now()).violations == ()
