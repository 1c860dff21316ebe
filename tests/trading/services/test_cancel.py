"""Cancels: taken to an end at the venue, overtaken by fills, without an answer, and never lost."""

from decimal import Decimal

from django.utils import timezone

from tests.support.factories import Desk
from tests.support.levers import CANCEL, LOST, UNANSWERED, one_leg
from tests.support.races import elsewhere, injected
from tests.trading.services.levers import at_venue, found, states
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import PositionGroup
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


def test_an_order_that_vanished_at_the_venue_is_left_for_people_to_see(desk: Desk) -> None:
    """A venue that does not know an id it gave us: nothing is guessed, the invariant I3 names it."""
    resting(desk)
    found()[0].__class__.objects.update(venue_order_id="999999999", client_order_id="wneverplaced000000")
    desk.poll()
    assert states() == ["OPEN"]


def test_two_cancellers_at_once_share_the_work(desk: Desk) -> None:
    exited(resting(desk))
    first = elsewhere(lambda: cancel.claim_cancels(desk.account.pk))
    second = cancel.claim_cancels(desk.account.pk)
    assert (len(first), len(second)) == (1, 0)
