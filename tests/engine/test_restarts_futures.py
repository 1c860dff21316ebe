"""A restart of a futures account: a SHORT in each of its states, its stop at the venue in each of its own, both sides held."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.utils import timezone

from tests.engine.deaths import cancel_arrived, cancelled, cancelling, claimed, sent, unanswered
from tests.engine.shorts import (
    LONG,
    SIZE,
    both_held,
    short_guarded,
    short_new,
    short_unseen,
    standing,
    told,
)
from tests.engine.stage import reckoned, reconciled, restart
from tests.support.factories import Desk
from tests.support.levers import CONDITIONAL, PERP, UNANSWERED, one_leg
from trading.models import Order, PositionGroup
from trading.services import exits_sweep

Caught = Callable[[Desk], None]

EXIT_SHORT = {"action": "exit", "side": "short"}

# entries -----------------------------------------------------------------------------------------


def entry_sent(desk: Desk) -> None:
    short_new(desk)
    sent(desk, opening=True)


def entry_unanswered(desk: Desk) -> None:
    short_new(desk)
    unanswered(desk, UNANSWERED, opening=True, request=PERP)


# the stop that rests at the venue ----------------------------------------------------------------


def stop_new(desk: Desk) -> None:
    """The fill is written, and with it target and stop; neither has left."""
    short_unseen(desk)
    desk.poll()
    assert stops() == ["NEW"]


def stop_claimed(desk: Desk) -> None:
    stop_new(desk)
    claimed(desk, opening=False)


def stop_sent(desk: Desk) -> None:
    stop_new(desk)
    sent(desk, opening=False)


def stop_unanswered(desk: Desk) -> None:
    stop_new(desk)
    unanswered(desk, UNANSWERED, opening=False, request=CONDITIONAL)


def stop_refused(desk: Desk) -> None:
    """The price was through it before it left: the venue does not take it."""
    stop_new(desk)
    desk.paper.price("BTCUSDT", "62500")
    desk.submit()
    assert stops() == ["REJECTED"]


def stop_triggered_unseen(desk: Desk) -> None:
    """It has become an order and closed the position; nobody has asked."""
    short_guarded(desk)
    desk.paper.price("BTCUSDT", "62500")


def stop_resized(desk: Desk) -> None:
    """A second leg came in: the stop no longer fits, its successor is written and has not left."""
    short_guarded(desk)
    desk.paper.price("BTCUSDT", "60350")
    desk.poll()
    assert stops() == ["OPEN", "NEW"]


def stop_successor_unanswered(desk: Desk) -> None:
    stop_resized(desk)
    unanswered(desk, UNANSWERED, opening=False, request=CONDITIONAL)


def stop_between_two(desk: Desk) -> None:
    """The new one is at the venue; the old one is to go, and has not gone."""
    stop_resized(desk)
    desk.submit()
    assert stops() == ["OPEN", "OPEN"]
    assert Order.objects.get(purpose="STOP", cancel_requested=True).pk == Order.objects.filter(purpose="STOP").last().pk


def stop_cancelling(desk: Desk) -> None:
    stop_between_two(desk)
    cancelling(desk)


def stop_cancelled_unheard(desk: Desk) -> None:
    stop_between_two(desk)
    cancel_arrived(desk)


# its end -----------------------------------------------------------------------------------------


def target_filled_unseen(desk: Desk) -> None:
    short_guarded(desk)
    desk.paper.price("BTCUSDT", "59300")


def target_expired(desk: Desk) -> None:
    """The stop took the whole position, and the target ended with it."""
    stop_triggered_unseen(one_leg(desk))
    desk.settle()
    assert Order.objects.filter(purpose="TARGET", state="EXPIRED").exists()


def closing(desk: Desk) -> None:
    short_guarded(desk)
    assert told(desk, **EXIT_SHORT) == "EXITED"


def exit_sent(desk: Desk) -> None:
    closing(desk)
    cancelled(desk)
    sent(desk, opening=False)


def reduce_decided(desk: Desk) -> None:
    """Half of two legs is to go."""
    stop_between_two(desk)
    desk.settle()
    assert told(desk, action="reduce", size="50% position") == "REDUCED"


def reverse_decided(desk: Desk) -> None:
    """The SHORT closes; the LONG waits for its end."""
    short_guarded(desk)
    assert told(desk, price="60000", size=SIZE, **LONG) == "REVERSED"


def reverse_between_two(desk: Desk) -> None:
    """The SHORT's exit is at the venue and filled; nobody has asked."""
    reverse_decided(desk)
    cancelled(desk)
    sent(desk, opening=False)


# both sides --------------------------------------------------------------------------------------


def one_exit_sent(desk: Desk) -> None:
    """The SHORT is on its way out, the LONG stays."""
    both_held(desk)
    assert told(desk, **EXIT_SHORT) == "EXITED"
    cancelled(desk)
    sent(desk, opening=False)


def one_stop_triggered_unseen(desk: Desk) -> None:
    """All of the LONG came in, one leg of it went at 58 200; the SHORT took its profit at 59 400 on the way.

    The LONG costs 59 400 on average now, and 3 % below that is 57 618.
    """
    both_held(desk)
    desk.paper.price("BTCUSDT", "57000")


def stops() -> list[str]:
    return list(Order.objects.filter(purpose="STOP").order_by("id").values_list("state", flat=True))


def ends(side: str = "SHORT", status: str = "CLOSED") -> list[tuple[str, str]]:
    return [(side, status)]


# Where the pair's groups stand in the end, oldest first.
CAUGHT: Mapping[Caught, list[tuple[str, str]]] = {
    entry_sent: ends(status="LIVE"),
    entry_unanswered: ends(status="LIVE"),
    short_unseen: ends(status="PARTIALLY_FILLED"),
    stop_new: ends(status="PARTIALLY_FILLED"),
    stop_claimed: ends(status="PARTIALLY_FILLED"),
    stop_sent: ends(status="PARTIALLY_FILLED"),
    stop_unanswered: ends(status="PARTIALLY_FILLED"),
    short_guarded: ends(status="PARTIALLY_FILLED"),
    stop_resized: ends(status="PARTIALLY_FILLED"),
    stop_successor_unanswered: ends(status="PARTIALLY_FILLED"),
    stop_cancelling: ends(status="PARTIALLY_FILLED"),
    stop_cancelled_unheard: ends(status="PARTIALLY_FILLED"),
    stop_between_two: ends(status="PARTIALLY_FILLED"),
    reduce_decided: ends(status="PARTIALLY_FILLED"),
    stop_refused: ends(),
    stop_triggered_unseen: ends(),
    target_expired: ends(),
    target_filled_unseen: ends(),
    closing: ends(),
    exit_sent: ends(),
    reverse_decided: [("SHORT", "CLOSED"), ("LONG", "LIVE")],
    reverse_between_two: [("SHORT", "CLOSED"), ("LONG", "LIVE")],
    both_held: [("LONG", "PARTIALLY_FILLED"), ("SHORT", "PARTIALLY_FILLED")],
    one_exit_sent: [("LONG", "PARTIALLY_FILLED"), ("SHORT", "CLOSED")],
    one_stop_triggered_unseen: [("LONG", "CLOSED"), ("SHORT", "CLOSED")],
}


@pytest.mark.parametrize("caught", CAUGHT, ids=lambda caught: caught.__name__)
def test_after_a_restart_the_books_come_right(perps: Desk, caught: Caught) -> None:
    caught(perps)
    restart(perps)
    reconciled(perps)
    reckoned(perps)
    assert sorted(standing()) == sorted(CAUGHT[caught])
    assert unguarded() == []


def unguarded() -> list[dict[str, Any]]:
    """Positions without a stop of their size at the venue."""
    held = PositionGroup.objects.exclude(qty=0)
    guards = {stop.group_id: stop.qty for stop in Order.objects.filter(purpose="STOP", state="OPEN")}
    return [{"group": group.pk, "held": group.qty} for group in held if guards.get(group.pk) != group.qty]


def test_the_stop_works_while_the_engine_is_down(perps: Desk) -> None:
    """Nobody is there when the price goes through it and comes back: the position is gone all the same."""
    short_guarded(one_leg(perps))
    for price in ("62500", "59950"):
        perps.paper.price("BTCUSDT", price)
    restart(perps)
    exits_sweep.sweep(perps.account.pk, now=timezone.now())
    reckoned(perps)
    group = PositionGroup.objects.get()
    assert (group.status, group.close_reason) == ("CLOSED", "STOPPED_AT_VENUE")
    assert group.realised_pnl < 0
