"""A restart in every state a group can be in: everything in memory is gone, every owner dead, and the books come right."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from tests.engine.deaths import cancel_arrived, cancelled, cancelling, claimed, sent, unanswered
from tests.engine.stage import reckoned, reconciled, restart
from tests.engine.states import active, closing, fall_to, live, nothing, partially_filled, told, waiting
from tests.support.factories import Desk
from tests.support.levers import CANCEL, LOST, UNANSWERED
from trading import locks
from trading.domain.classify import Classification, Meaning
from trading.domain.vocabulary import PositionSide
from trading.errors import NotReached
from trading.models import Order, PositionGroup, QueuedSignal
from trading.services import decide, outcomes
from trading.services.desk import Desk as Books

# ways to be caught -------------------------------------------------------------------------------


def entry_new(desk: Desk) -> None:
    assert told(desk, action="buy", price="59900") == "ENTERED"


def entry_claimed(desk: Desk) -> None:
    entry_new(desk)
    claimed(desk, opening=True)


def entry_sent(desk: Desk) -> None:
    entry_new(desk)
    sent(desk, opening=True)


def entry_unanswered(desk: Desk) -> None:
    entry_new(desk)
    unanswered(desk, UNANSWERED, opening=True)


def entry_lost(desk: Desk) -> None:
    entry_new(desk)
    unanswered(desk, LOST, opening=True)


def fill_unseen(desk: Desk) -> None:
    """Leg 0 came in at the venue; nobody has asked."""
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950")


def part_unseen(desk: Desk) -> None:
    """A part of leg 0 came in."""
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950", qty="0.0002")


def target_new(desk: Desk) -> None:
    """The fill is written, and with it the target; it has not left."""
    fill_unseen(desk)
    desk.poll()


def target_claimed(desk: Desk) -> None:
    target_new(desk)
    claimed(desk, opening=False)


def target_sent(desk: Desk) -> None:
    target_new(desk)
    sent(desk, opening=False)


def target_unanswered(desk: Desk) -> None:
    target_new(desk)
    unanswered(desk, UNANSWERED, opening=False)


def target_lost(desk: Desk) -> None:
    target_new(desk)
    unanswered(desk, LOST, opening=False)


def target_filled_unseen(desk: Desk) -> None:
    partially_filled(desk)
    desk.paper.price("BTCUSDT", "60700")


def all_cancelling(desk: Desk) -> None:
    closing(desk)
    cancelling(desk)


def all_cancelled_unheard(desk: Desk) -> None:
    closing(desk)
    cancel_arrived(desk)


def cancel_lost(desk: Desk) -> None:
    closing(desk)
    desk.paper.fault(LOST, **CANCEL)
    cancelled(desk)


def exit_new(desk: Desk) -> None:
    closing(desk)
    cancelled(desk)


def exit_claimed(desk: Desk) -> None:
    exit_new(desk)
    claimed(desk, opening=False)


def exit_sent(desk: Desk) -> None:
    exit_new(desk)
    sent(desk, opening=False)


def exit_unanswered(desk: Desk) -> None:
    exit_new(desk)
    unanswered(desk, UNANSWERED, opening=False)


def exit_lost(desk: Desk) -> None:
    exit_new(desk)
    unanswered(desk, LOST, opening=False)


def reduce_decided(desk: Desk) -> None:
    """Half of it is to go; the targets have not made room yet."""
    active(desk)
    assert told(desk, action="reduce", size="50% position") == "REDUCED"


def reduce_new(desk: Desk) -> None:
    reduce_decided(desk)
    cancelled(desk)
    assert Order.objects.filter(purpose="REDUCE", state="NEW").exists()


def reduce_sent(desk: Desk) -> None:
    reduce_new(desk)
    sent(desk, opening=False)


def reduce_unanswered(desk: Desk) -> None:
    reduce_new(desk)
    unanswered(desk, UNANSWERED, opening=False)


def reduce_lost(desk: Desk) -> None:
    reduce_new(desk)
    unanswered(desk, LOST, opening=False)


def reverse_decided(desk: Desk) -> None:
    """The group closes, and what comes after it waits for its end. (Spot turns round to the side it was on.)"""
    partially_filled(desk)
    alert = desk.alert(symbol="BTCUSDT", action="reverse", market_position="long", interval="60")
    turn = Classification(Meaning.REVERSE, side=PositionSide.LONG, exits=PositionSide.LONG)
    with transaction.atomic():
        now = Books(locks.account(desk.account.pk), timezone.now())
        verdict = decide._reverse(now, decide._evaluated(now, alert), turn)
        outcomes.settle(now.sheet, desk.account.pk, {alert.pk: verdict}, now=now.now)
        now.sheet.write()
    assert verdict.outcome == "REVERSED"


Caught = Callable[[Desk], None]

# Where the pair's groups stand in the end, oldest first.
CAUGHT: Mapping[Caught, list[str]] = {
    nothing: [],
    waiting: [],
    entry_new: ["LIVE"],
    entry_claimed: ["LIVE"],
    entry_sent: ["LIVE"],
    entry_unanswered: ["LIVE"],
    entry_lost: ["LIVE"],
    live: ["LIVE"],
    fill_unseen: ["PARTIALLY_FILLED"],
    part_unseen: ["PARTIALLY_FILLED"],
    partially_filled: ["PARTIALLY_FILLED"],
    target_new: ["PARTIALLY_FILLED"],
    target_claimed: ["PARTIALLY_FILLED"],
    target_sent: ["PARTIALLY_FILLED"],
    target_unanswered: ["PARTIALLY_FILLED"],
    target_lost: ["PARTIALLY_FILLED"],
    target_filled_unseen: ["CLOSED"],
    active: ["ACTIVE"],
    closing: ["CLOSED"],
    all_cancelling: ["CLOSED"],
    all_cancelled_unheard: ["CLOSED"],
    cancel_lost: ["CLOSED"],
    exit_new: ["CLOSED"],
    exit_claimed: ["CLOSED"],
    exit_sent: ["CLOSED"],
    exit_unanswered: ["CLOSED"],
    exit_lost: ["CLOSED"],
    reduce_decided: ["ACTIVE"],
    reduce_new: ["ACTIVE"],
    reduce_sent: ["ACTIVE"],
    reduce_unanswered: ["ACTIVE"],
    reduce_lost: ["ACTIVE"],
    reverse_decided: ["CLOSED", "LIVE"],
}
# 0.00165 held, half of it in lots: sold once, and not forgotten.
REDUCED = dict.fromkeys((reduce_decided, reduce_new, reduce_sent, reduce_unanswered, reduce_lost), Decimal("0.00082"))


@pytest.mark.parametrize("caught", CAUGHT, ids=lambda caught: caught.__name__)
def test_after_a_restart_the_books_come_right(desk: Desk, caught: Caught) -> None:
    caught(desk)
    restart(desk)
    reconciled(desk)
    reckoned(desk)
    groups = PositionGroup.objects.filter(instrument__symbol="BTC/USDT").order_by("id")
    assert list(groups.values_list("status", flat=True)) == CAUGHT[caught]
    sold = Order.objects.filter(purpose="REDUCE", state="FILLED").values_list("filled_qty", flat=True)
    assert sum(sold) == REDUCED.get(caught, 0)


def test_who_waits_goes_on_waiting(desk: Desk) -> None:
    waiting(desk)
    before = QueuedSignal.objects.values().get()
    restart(desk)
    reckoned(desk)
    after = QueuedSignal.objects.values().get()
    assert after | {"last_denial": ""} == before
    assert "slots" in after["last_denial"]


def test_before_the_reconcile_nothing_is_entered_and_exits_go_on(desk: Desk) -> None:
    partially_filled(desk)
    restart(desk)
    assert told(desk, action="buy", interval="240") == "ACCOUNT_UNHEALTHY"
    assert told(desk, action="exit") == "EXITED"
    reckoned(desk)
    assert PositionGroup.objects.get().status == "CLOSED"


def test_a_venue_that_cannot_be_asked_keeps_the_account_shut(desk: Desk) -> None:
    live(desk)
    restart(desk)
    desk.paper.fault("http_503_before_accept", path="/api/v3/time")
    with pytest.raises(NotReached):
        reconciled(desk)
    assert ExchangeAccount.objects.get().reconciled_at is None
    reckoned(desk)
    assert ExchangeAccount.objects.get().reconciled_at is not None


def test_two_restarts_in_a_row_change_nothing(desk: Desk) -> None:
    exit_unanswered(desk)
    restart(desk)
    reconciled(desk)
    restart(desk)
    reckoned(desk)
    assert [order.state for order in Order.objects.filter(purpose="EXIT")] == ["FILLED"]


def test_what_fell_while_nobody_looked_is_sold_at_the_stop(desk: Desk) -> None:
    """The emergency stop, 10 % below 60 000: the price is far below it when the engine comes back."""
    partially_filled(desk)
    desk.paper.price("BTCUSDT", "53000")
    restart(desk)
    reckoned(desk)
    group = PositionGroup.objects.get()
    assert (group.status, group.close_reason) == ("CLOSED", "STOP_EMERGENCY")
    fall_to(desk, "60000")
    reckoned(desk)
