"""Cancels: taken to an end at the venue, overtaken by fills, without an answer, and never lost."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.support.factories import Desk, make_desk
from tests.support.levers import CANCEL, LOST, UNANSWERED, chosen, one_leg
from tests.support.paper import PaperExchange
from tests.support.races import elsewhere, injected
from tests.trading.services.levers import at_venue, found, states
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Order, PositionGroup
from trading.services import cancel

EXIT = {"symbol": "BTCUSDT", "action": "sell", "interval": "60"}


def resting(desk: Desk) -> Desk:
    """One leg on the book, at a price where nobody else stands."""
    one_leg(desk).buy(price="59901.37")
    return desk


def exited(desk: Desk) -> None:
    desk.alert(**EXIT)
    desk.decide()


def cancelled(desk: Desk) -> None:
    cancel.cancel(cancel.claim_cancels(desk.account.pk), gateway=desk.gateway, clock=timezone.now)


def test_an_exit_cancels_what_rests(desk: Desk) -> None:
    exited(resting(desk))
    assert [(order.state, order.cancel_requested, order.code) for order in found()] == [("OPEN", True, "GROUP_CLOSING")]
    cancelled(desk)
    assert states() == ["CANCELED"]
    assert [order["status"] for order in at_venue(desk)] == ["CANCELED"]
    assert PositionGroup.objects.get().status == "FAILED"


def test_a_cancel_is_claimed_once(desk: Desk) -> None:
    exited(resting(desk))
    assert len(cancel.claim_cancels(desk.account.pk)) == 1
    assert cancel.claim_cancels(desk.account.pk) == []
    assert states() == ["CANCELLING"]


def test_a_fill_that_was_faster_than_the_cancel_counts(desk: Desk) -> None:
    exited(resting(desk))
    with injected(CcxtGateway, "cancel", before=lambda: desk.paper.price("BTCUSDT", "59900")):
        cancelled(desk)
    assert states() == ["FILLED"]
    desk.settle()
    assert (states("TARGET"), states("EXIT")) == ([], ["FILLED"])
    assert PositionGroup.objects.get().status == "CLOSED"


def test_a_part_that_filled_before_the_cancel_is_sold(desk: Desk) -> None:
    exited(resting(desk))
    some = lambda: desk.paper.price("BTCUSDT", "59901.37", qty="0.0006")  # noqa: E731
    with injected(CcxtGateway, "cancel", before=some):
        cancelled(desk)
    desk.settle()
    [entry] = found()
    assert (entry.state, entry.filled_qty) == ("CANCELED", Decimal("0.0006"))
    # 0.0006 less 0.1 % = 0.0005994, down to the lot of 0.00001
    assert [order.filled_qty for order in found("EXIT")] == [Decimal("0.00059")]
    assert PositionGroup.objects.get().status == "CLOSED"


def test_a_cancel_without_an_answer_is_looked_up(desk: Desk) -> None:
    exited(resting(desk))
    desk.paper.fault(UNANSWERED, **CANCEL)
    cancelled(desk)
    assert states() == ["CANCELED"]


def test_a_cancel_that_never_arrived_takes_the_order_back_and_is_sent_again(desk: Desk) -> None:
    exited(resting(desk))
    desk.paper.fault(LOST, **CANCEL)
    cancelled(desk)
    assert states() == ["OPEN"]
    cancelled(desk)
    assert states() == ["CANCELED"]


def test_a_cancel_whose_owner_died_is_noticed_by_the_next_look(desk: Desk) -> None:
    exited(resting(desk))
    cancel.claim_cancels(desk.account.pk)  # the owner dies here
    desk.poll()
    assert states() == ["OPEN"]
    cancelled(desk)
    assert states() == ["CANCELED"]


def test_an_order_withdrawn_before_it_left_is_dropped(desk: Desk) -> None:
    one_leg(desk).alert(symbol="BTCUSDT", action="buy", price="59900", interval="60")
    desk.decide()
    exited(desk)
    assert states() == ["DROPPED"]
    assert at_venue(desk) == []
    assert PositionGroup.objects.get().status == "FAILED"


def test_an_exit_that_comes_between_claim_and_call_cancels_what_was_sent(desk: Desk) -> None:
    one_leg(desk).alert(symbol="BTCUSDT", action="buy", price="59900", interval="60")
    desk.decide()
    with injected(CcxtGateway, "place", before=lambda: exited(desk)):
        desk.submit()
    desk.settle()
    assert states() == ["CANCELED"]
    assert PositionGroup.objects.get().status == "FAILED"
    assert [order["status"] for order in at_venue(desk)] == ["CANCELED"]


def vanished(desk: Desk, **changes: Any) -> None:
    """The venue knows nobody by the order's numbers."""
    nobody = {"venue_order_id": "999999999", "client_order_id": "wneverplaced000000"}
    Order.objects.filter(purpose="ENTRY").update(**nobody | changes)


AGO = timezone.now() - timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "OPEN"),  # its news may be on their way
        ({"acknowledged_at": AGO}, "OPEN"),  # something was written of it just now
        ({"acknowledged_at": AGO, "updated_at": AGO}, "CANCELED"),
        ({"acknowledged_at": AGO, "updated_at": AGO, "state": "CANCELLING"}, "CANCELED"),
    ],
)
def test_an_order_that_its_venue_took_long_ago_and_shows_no_more_has_ended(
    desk: Desk, changes: dict[str, Any], state: str
) -> None:
    vanished(resting(desk), **changes)
    desk.poll()
    assert states() == [state]


def test_what_rests_under_our_number_has_not_ended(desk: Desk) -> None:
    """Not found by its number, and yet in the list: the list tells of the book."""
    resting(desk)
    Order.objects.update(acknowledged_at=AGO, updated_at=AGO)
    report = cancel.forgotten(found()[0], gateway=desk.gateway, now=timezone.now())
    assert report is None


def test_what_it_filled_before_it_was_forgotten_counts(desk: Desk) -> None:
    resting(desk)
    desk.paper.price("BTCUSDT", "59901.37", qty="0.0006")
    cancel.cancel(found(), gateway=desk.gateway, clock=timezone.now)
    Order.objects.update(acknowledged_at=AGO, updated_at=AGO, state="OPEN")
    report = cancel.forgotten(found()[0], gateway=desk.gateway, now=timezone.now())
    assert report is not None
    assert (report.status, report.filled_qty) == ("CANCELED", Decimal("0.0006"))


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """A futures account at a venue that forgets after three days; its clock is put back afterwards."""
    yield make_desk(paper_process, venue="binanceusdm")
    paper_process.control("clock", {"skew_ms": 0})


def days_pass(desk: Desk, days: int) -> None:
    """So much later by the venue's clock, which the client follows; our rows are as old."""
    skew_ms = days * 86_400_000
    desk.paper.control("clock", {"skew_ms": skew_ms})
    desk.gateway._client.options["timeDifference"] = -skew_ms  # type: ignore[attr-defined]
    ago = timezone.now() - timedelta(days=days)
    Order.objects.update(acknowledged_at=ago, submitted_at=ago, updated_at=ago)


def test_a_target_that_rested_for_days_is_cancelled_and_the_position_sold(perps: Desk) -> None:
    chosen(perps, per_symbol_pct="50")
    perps.alert(symbol="BTCUSDT.P", action="sell", price="60000", interval="60", size="1000 USDT")
    perps.decide()
    perps.settle()
    perps.price("BTCUSDT", "60050")
    perps.settle()
    days_pass(perps, 4)
    perps.alert(symbol="BTCUSDT.P", action="close", interval="60")
    perps.decide()
    cancelled(perps)
    assert set(states("TARGET")) == {"CANCELLING"}
    Order.objects.filter(state="CANCELLING").update(updated_at=AGO)
    perps.poll()
    days_pass(perps, 0)
    perps.settle()
    assert set(states("TARGET")) == {"CANCELED"}
    assert PositionGroup.objects.get().status == "CLOSED"
    assert not perps.gateway.positions()


def test_two_cancellers_at_once_share_the_work(desk: Desk) -> None:
    exited(resting(desk))
    first = elsewhere(lambda: cancel.claim_cancels(desk.account.pk))
    second = cancel.claim_cancels(desk.account.pk)
    assert (len(first), len(second)) == (1, 0)
