"""The journal leads to the rows: whatever is changed behind its back is named."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from project.journal.models import JournalEntry
from tests.engine.shorts import short_guarded
from tests.support.factories import Desk, make_desk
from tests.support.levers import one_leg
from tests.support.paper import PaperExchange
from tests.trading.services.levers import entered
from trading.models import Fill, Order, PositionGroup, Slot
from trading.services import rebuild


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Desk:
    """A futures account on the session's exchange."""
    return make_desk(paper_process, venue="binanceusdm")


def traded(desk: Desk) -> None:
    """A leg is filled and its target rests."""
    entered(one_leg(desk))
    desk.submit()
    desk.paper.price("BTCUSDT", "59000")
    desk.poll()
    desk.settle()


TAMPERED: list[tuple[Callable[[], object], str]] = [
    (lambda: Order.objects.filter(purpose="ENTRY").update(state="CANCELED"), "state: the row says CANCELED"),
    (lambda: Order.objects.filter(purpose="TARGET").update(price=Decimal(1)), "asked"),
    (lambda: Order.objects.filter(purpose="TARGET").update(trigger_price=Decimal(1)), "trigger_price: 1"),
    (lambda: Order.objects.filter(purpose="TARGET").update(time_in_force="IOC"), "time_in_force: IOC"),
    (lambda: Order.objects.filter(purpose="ENTRY").update(filled_qty=Decimal(9)), "filled_qty: the row says 9"),
    (lambda: Fill.objects.update(price=Decimal(1)), "trades"),
    (lambda: Fill.objects.update(fee=Decimal(7)), "trades"),
    (lambda: Fill.objects.all().delete(), "trades: the row says nothing"),
    (lambda: PositionGroup.objects.update(qty=Decimal(3)), "qty: the row says 3"),
    (lambda: PositionGroup.objects.update(average_entry=Decimal(3)), "average_entry: the row says 3"),
    (lambda: PositionGroup.objects.update(fees_quote=Decimal(3)), "fees_quote: the row says 3"),
    (lambda: PositionGroup.objects.update(status="TP_TRAILING"), "status: the row says TP_TRAILING"),
    (lambda: Slot.objects.all().delete(), "slot 1"),
    (lambda: Slot.objects.update(number=7), "slot 7"),
]


def test_without_tampering_nothing_differs(desk: Desk) -> None:
    traded(desk)
    compared, found = rebuild.differences()
    assert (compared > 4, found) == (True, ())


@pytest.mark.parametrize(("tamper", "words"), TAMPERED)
def test_tampering_is_told_in_words(desk: Desk, tamper: Callable[[], object], words: str) -> None:
    traded(desk)
    tamper()
    assert any(words in line for line in rebuild.differences()[1])


def test_a_journal_from_before_triggers_were_told_is_believed(desk: Desk) -> None:
    traded(desk)
    Order.objects.filter(purpose="TARGET").update(trigger_price=Decimal(1))
    for entry in JournalEntry.objects.filter(kind="order.new"):
        told = {name: value for name, value in entry.payload.items() if name != "trigger_price"}
        JournalEntry.objects.filter(pk=entry.pk).update(payload=told)
    assert rebuild.differences()[1] == ()


def test_a_stop_that_rests_at_the_venue_is_told_with_its_trigger(perps: Desk) -> None:
    short_guarded(one_leg(perps))
    assert rebuild.differences()[1] == ()
    Order.objects.filter(purpose="STOP").update(trigger_price=Decimal(1))
    assert any("trigger_price: 1," in line for line in rebuild.differences()[1])
