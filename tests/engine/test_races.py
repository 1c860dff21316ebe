"""Races for the pool, the queue and the books, many rounds each: what two processes do at once is done once, whoever comes first.

After every round the dust settles, every invariant holds, and the exchange's ledger agrees.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement
from tests.engine.deeds import (
    BUY,
    EXIT,
    INTERVALS,
    cancels,
    group,
    outcomes,
    queue_sweeps,
    reconciles,
    says,
    sends,
)
from tests.engine.stage import change_mode, desks, reckoned, wrong_now
from tests.engine.states import partially_filled, told, waiting
from tests.support.levers import ORDER, UNANSWERED, chosen
from tests.support.paper import PaperExchange
from tests.support.races import elsewhere, injected, together, worker
from trading.models import Fill, Order, PositionGroup, Pyramid, QueuedSignal, Slot
from trading.services import exits_sweep, fills

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.repeats]

# the pool ----------------------------------------------------------------------------------------


def test_six_signals_for_three_slots(exchange: PaperExchange) -> None:
    """Six arrive at once, each with a process of its own; then a slot is freed, and one of the waiting takes it."""
    for desk in desks(exchange):
        chosen(desk, max_open_groups=3)
        together(*(says(worker(desk), **BUY, interval=interval) for interval in INTERVALS))
        assert outcomes() == ["ENTERED"] * 3 + ["QUEUED"] * 3
        assert Slot.objects.filter(released_at=None).count() == 3
        assert wrong_now(desk) == []
        desk.submit()
        desk.alert(symbol="BTCUSDT", action="exit", interval="1")
        together(worker(desk).decide, queue_sweeps(worker(desk)), queue_sweeps(worker(desk)))
        together(cancels(worker(desk)), queue_sweeps(worker(desk)), queue_sweeps(worker(desk)))
        reckoned(desk)
        assert Slot.objects.filter(released_at=None).count() == 3
        assert PositionGroup.objects.filter(closed_at=None).count() == 3
        assert QueuedSignal.objects.filter(state="WAITING").count() == 2


def test_two_processes_empty_one_inbox(exchange: PaperExchange) -> None:
    """Arrival order holds whoever decides: the outcomes are those of one process alone."""
    for desk in desks(exchange):
        chosen(desk, max_open_groups=2)
        for interval, action in (
            ("W", "buy"),
            ("W", "buy"),  # in the same bar, whatever the time of day
            ("30", "buy"),
            ("15", "buy"),
            ("15", "exit"),
            ("W", "exit"),
        ):
            desk.alert(symbol="BTCUSDT", action=action, interval=interval)
        together(worker(desk).decide, worker(desk).decide, worker(desk).decide)
        assert outcomes() == ["ENTERED", "TOO_SOON", "ENTERED", "QUEUED", "DEQUEUED", "EXITED"]
        assert wrong_now(desk) == []
        reckoned(desk)


def test_two_submitters_send_each_order_once(exchange: PaperExchange) -> None:
    for desk in desks(exchange):
        desk.alert(**BUY, interval="60")
        desk.alert(symbol="ETHUSDT", action="buy", price="2990", interval="60")
        desk.decide()
        together(*(sends(worker(desk), opening=True) for _ in range(3)))
        assert list(Order.objects.order_by("id").values_list("state", flat=True)) == ["OPEN"] * 10
        assert wrong_now(desk) == []
        reckoned(desk)


def test_a_promotion_against_a_new_alert_for_the_same_pair(exchange: PaperExchange) -> None:
    """The slot is freed while the pair's next alert comes in: one group, one slot, whoever is first."""
    for desk in desks(exchange):
        waiting(desk)
        desk.alert(symbol="ETHUSDT", action="exit", interval="60")
        desk.decide()
        first, second = worker(desk), worker(desk)
        # ETH's orders are cancelled: its group ends, its slot is freed, and BTC goes in.
        said, _ = together(says(first, symbol="BTCUSDT", action="buy", price="60000", interval="60"), cancels(second))
        assert said in ("QUEUED", "TOO_SOON")
        reckoned(desk)
        assert QueuedSignal.objects.get().state == "PROMOTED"
        assert QueuedSignal.objects.get().replacement_count == int(said == "QUEUED")
        assert group().pyramids.count() == 1
        assert Slot.objects.filter(released_at=None).count() == 1


def test_an_exit_against_the_promotion_of_what_it_names(exchange: PaperExchange) -> None:
    """Either it is taken out of the queue, or it went in and is closed."""
    for desk in desks(exchange):
        waiting(desk)
        desk.alert(symbol="ETHUSDT", action="exit", interval="60")
        desk.decide()
        said, _ = together(says(worker(desk), **EXIT), cancels(worker(desk)))
        assert said in ("DEQUEUED", "EXITED")
        reckoned(desk)
        assert not PositionGroup.objects.filter(closed_at=None).exists()
        assert QueuedSignal.objects.get().state == {"DEQUEUED": "REMOVED", "EXITED": "PROMOTED"}[said]


# reconcile ---------------------------------------------------------------------------------------


def test_a_reconcile_against_fills(exchange: PaperExchange) -> None:
    """Fills that come in while balances are compared are ours: nothing is called foreign, nothing is booked twice."""
    for desk in desks(exchange):
        desk.buy(price="60000")
        desk.buy("ETHUSDT", price="3000")

        def falls() -> None:
            for btc, eth in (("59950", "2999"), ("59600", "2980"), ("59300", "2970"), ("58700", "2930")):
                desk.paper.price("BTCUSDT", btc)
                desk.paper.price("ETHUSDT", eth)

        together(falls, reconciles(worker(desk)), worker(desk).poll)
        assert wrong_now(desk) == []
        assert not BalanceMovement.objects.filter(kind="foreign").exists()
        reckoned(desk)
        assert list(PositionGroup.objects.order_by("id").values_list("status", flat=True)) == ["ACTIVE", "ACTIVE"]


def test_two_looks_record_each_fill_once(exchange: PaperExchange) -> None:
    for desk in desks(exchange):
        desk.buy(price="60000")
        desk.paper.price("BTCUSDT", "58700")
        counted = together(*(worker(desk).poll for _ in range(3)))
        assert sum(counted) == Fill.objects.count() == 5
        assert wrong_now(desk) == []
        reckoned(desk)


def test_a_look_up_against_a_reconcile(exchange: PaperExchange) -> None:
    """An entry without an answer fills while two look for it: found once, and all of it counted."""
    for desk in desks(exchange):
        told(desk, action="buy", price="60000")
        desk.paper.fault(UNANSWERED, **ORDER)
        desk.submit()
        first, second = worker(desk), worker(desk)

        def falls() -> None:
            desk.paper.price("BTCUSDT", "59300")

        together(first.look_up, reconciles(second), falls)
        assert wrong_now(desk) == []
        reckoned(desk)
        assert Order.objects.filter(purpose="ENTRY", state="FILLED").count() == 3


# modes and settings ------------------------------------------------------------------------------


def test_a_pause_against_entries_on_their_way(exchange: PaperExchange) -> None:
    """Whatever has not left when the mode changes stays; what has left is known. Then it goes on."""
    for desk in desks(exchange):
        told(desk, action="buy", price="59900")
        together(lambda: change_mode("PAUSED"), sends(worker(desk), opening=True))
        assert wrong_now(desk) == []
        there = {order.client_order_id for order in Order.objects.filter(state="OPEN")}
        assert {order["clientOrderId"] for order in desk.paper.ledger(desk.key).get("orders", ())} == there
        change_mode("NORMAL")
        reckoned(desk)
        assert Order.objects.filter(purpose="ENTRY", state="OPEN").count() == 5


def test_a_smaller_pool_against_six_signals(exchange: PaperExchange) -> None:
    """Lowering the pool throws nobody out, and nobody gets in above the size in force."""
    for desk in desks(exchange):
        chosen(desk, max_open_groups=4)
        deeds = [says(worker(desk), **BUY, interval=interval) for interval in INTERVALS]
        together(lambda: chosen(desk, max_open_groups=2), *deeds)
        assert 2 <= Slot.objects.filter(released_at=None).count() <= 4
        assert wrong_now(desk) == []
        reckoned(desk)


def test_a_pyramid_against_an_exit(exchange: PaperExchange) -> None:
    """The next bar's entry and the exit at once: a closing group takes no pyramid, an open one closes with it."""
    for desk in desks(exchange):
        partially_filled(desk)
        Pyramid.objects.update(created_at=timezone.now() - timedelta(hours=2))
        together(
            says(worker(desk), symbol="BTCUSDT", action="buy", interval="60"),
            says(worker(desk), **EXIT),
            sends(worker(desk), opening=True),
            cancels(worker(desk)),
        )
        assert wrong_now(desk) == []
        reckoned(desk)
        said = outcomes()[1:]
        assert said in (["PYRAMIDED", "EXITED"], ["EXITED", "TOO_SOON"], ["EXITED", "ENTERED"])
        assert PositionGroup.objects.order_by("id").first().status == "CLOSED"


def test_two_reviews_inside_one_another(exchange: PaperExchange) -> None:
    """A sweep comes in right before the review that a fill has asked for."""
    for desk in desks(exchange):
        partially_filled(desk)
        desk.paper.price("BTCUSDT", "59600")
        with injected(fills, "apply", before=lambda: exits_sweep.sweep(desk.account.pk, now=timezone.now())):
            desk.poll()
        elsewhere(lambda: exits_sweep.sweep(desk.account.pk, now=timezone.now()))
        assert wrong_now(desk) == []
        reckoned(desk)
        assert group().status == "PARTIALLY_FILLED"
        assert Fill.objects.count() == 2
