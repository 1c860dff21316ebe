"""A restart is a recovery: what a group was promised stands as it stood, and what was under way is done as if nothing had been."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.engine.deaths import cancelled, sent, unanswered
from tests.engine.shorts import both_held, short_guarded
from tests.engine.stage import fresh_desk, reckoned, reconciled, restart, settle, wrong_in_the_end
from tests.engine.states import active, fall_to, partially_filled, told, waiting
from tests.support.factories import Desk
from tests.support.levers import UNANSWERED, chosen
from tests.support.paper import PaperExchange
from tests.trading.services.offsets import ended, sales, scene, steps, sweep
from trading.models import OffsetRun, Order, PositionGroup, QueuedSignal, Slot
from trading.services import rebuild

pytestmark = pytest.mark.django_db(transaction=True)

Caught = Callable[[Desk], None]
Picture = Mapping[str, Any]

PROMISED = ("status", "qty", "average_entry", "tp_mode", "settings", "levels", "watch", "peak", "leverage", "blocked")
# Of a group: what it holds, and the targets and stops that were decided for it.
CAME_OF = ("purpose", "intent_key", "attempt", "side", "type", "price", "trigger_price", "qty", "filled_qty", "state")
# Of an order, without what differs from account to account.

# what stands -------------------------------------------------------------------------------------


def entry_partly_in(desk: Desk) -> None:
    """A part of leg 0 came in, its target rests for that part, the rest of the leg waits."""
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950", qty="0.0002")
    desk.settle()


def trailing(desk: Desk) -> None:
    """60 000 bought; at 60 300 the trailing stop is armed, 0.2 % below that peak."""
    chosen(desk, stop="trailing", trailing_activation_pct="0.3", trailing_distance_pct="0.2")
    partially_filled(desk)
    desk.price("BTCUSDT", "60300")
    desk.watch()


SPOT: tuple[Caught, ...] = (entry_partly_in, partially_filled, trailing, waiting)
FUTURES: tuple[Caught, ...] = (short_guarded, both_held)


def standing(desk: Desk) -> Picture:
    """Groups with their targets and stops, what waits and what is taken, and what rests at the venue by its own word."""
    return {
        "groups": list(PositionGroup.objects.order_by("id").values("id", *PROMISED)),
        "slots": list(Slot.objects.filter(released_at=None).order_by("number").values_list("number", "group_id")),
        "queue": list(QueuedSignal.objects.filter(ended_at=None).values_list("id", "replacement_count")),
        "orders": list(Order.objects.order_by("id").values("id", "client_order_id", *CAME_OF)),
        "venue": sorted(
            (r.symbol, r.order.client_order_id, r.order.venue_order_id, r.order.venue_algo_id, r.price, r.qty)
            for r in desk.gateway.resting()
        ),
    }


def stands_after_a_restart(desk: Desk, caught: Caught) -> None:
    """Not one more instruction reaches the venue, and none is taken back."""
    caught(desk)
    settle(desk)
    before = standing(desk)
    restart(desk)
    reconciled(desk)
    reckoned(desk)
    assert standing(desk) == before
    assert rebuild.differences()[1] == ()


@pytest.mark.parametrize("caught", SPOT, ids=lambda caught: caught.__name__)
def test_what_stands_goes_on_standing(desk: Desk, caught: Caught) -> None:
    stands_after_a_restart(desk, caught)


@pytest.mark.parametrize("caught", FUTURES, ids=lambda caught: caught.__name__)
def test_stops_at_the_venue_go_on_resting(perps: Desk, caught: Caught) -> None:
    stands_after_a_restart(perps, caught)
    assert Order.objects.filter(purpose="STOP", state="OPEN").exists()


def test_a_trailing_stop_remembers_its_peak(desk: Desk) -> None:
    """60 300 × 0.998 = 60 179.4: above what was paid, so only a peak that is remembered lets 60 150 close the group."""
    trailing(desk)
    restart(desk)
    reconciled(desk)
    fall_to(desk, "60150")
    desk.watch()
    reckoned(desk)
    group = PositionGroup.objects.get()
    assert (group.status, group.close_reason) == ("CLOSED", "STOP_TRAILING")


# what was under way ------------------------------------------------------------------------------


def target_unanswered(desk: Desk) -> None:
    desk.buy(price="60000")
    desk.paper.price("BTCUSDT", "59950")
    desk.poll()
    unanswered(desk, UNANSWERED, opening=False)


def reduce_sent(desk: Desk) -> None:
    """Half of it was sold; nobody has heard of it, and the targets do not fit."""
    active(desk)
    assert told(desk, action="reduce", size="50% position") == "REDUCED"
    cancelled(desk)
    sent(desk, opening=False)


UNDER_WAY: tuple[Caught, ...] = (target_unanswered, reduce_sent)


def came_of_it(exchange: PaperExchange, caught: Caught, *, restarted: bool) -> Picture:
    """The story to its end, on an account of its own."""
    desk = fresh_desk(exchange)
    caught(desk)
    if restarted:
        restart(desk)
        reconciled(desk)
    reckoned(desk)
    figures = ("status", "qty", "average_entry", "realised_pnl", "fees_quote", "close_reason", "watch", "peak")
    return {
        "groups": list(PositionGroup.objects.order_by("id").values(*figures)),
        "orders": list(Order.objects.order_by("intent_key", "attempt").values(*CAME_OF)),
    }


@pytest.mark.parametrize("caught", UNDER_WAY, ids=lambda caught: caught.__name__)
def test_what_was_under_way_ends_as_without_a_restart(exchange: PaperExchange, caught: Caught) -> None:
    assert came_of_it(exchange, caught, restarted=True) == came_of_it(exchange, caught, restarted=False)


def test_half_an_offset_is_carried_on(desk: Desk) -> None:
    """One winner has paid, the other and the loser are to come: nobody pays twice."""
    scene(desk, "ETHUSDT", "SOLUSDT", max_winners=2)
    desk.price("SOLUSDT", "153")  # neither can pay alone
    desk.price("ETHUSDT", "3100")
    while ("WINNER", "ETH", "DONE") not in half_way(desk):
        desk.settle()
    assert steps()[-1] != ("LOSER", "BTC", "DONE")
    restart(desk)
    reconciled(desk)
    ended(desk)
    assert steps() == [("WINNER", "ETH", "DONE"), ("WINNER", "SOL", "DONE"), ("LOSER", "BTC", "DONE")]
    assert [len(sales(base)) for base in ("ETH", "SOL", "BTC")] == [1, 1, 1]
    reckoned(desk)
    assert OffsetRun.objects.get().state == "DONE"


def entry_unanswered(desk: Desk) -> None:
    """Whether leg 0 has arrived is not known."""
    assert told(desk, action="buy", price="59900") == "ENTERED"
    unanswered(desk, UNANSWERED, opening=True)


def half_way(desk: Desk) -> list[tuple[str, str, str]]:
    """The steps after one more sweep, which must not have ended it."""
    sweep(desk)
    assert not OffsetRun.objects.exclude(ended_at=None).exists()
    return steps()


def test_after_three_restarts_the_journal_still_leads_to_the_rows(desk: Desk) -> None:
    """Each catches it at another step of the same position: entering, held, leaving."""
    for caught in (entry_unanswered, lambda at: fall_to(at, "58700"), lambda at: told(at, action="exit")):
        caught(desk)
        restart(desk)
        reckoned(desk)
    assert PositionGroup.objects.get().status == "CLOSED"
    assert (rebuild.differences()[1], wrong_in_the_end(desk)) == ((), [])
