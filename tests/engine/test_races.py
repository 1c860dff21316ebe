"""Races, many rounds each: what two processes do at once is done once, whoever comes first.

After every round the dust settles, every invariant holds, and the exchange's ledger agrees.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from project.accounts.models import BalanceMovement
from signals.models import Alert
from tests.engine.stage import ROUNDS, change_mode, chosen, desks, impatient, reckoned, wrong_now
from tests.engine.states import active, closing, fall_to, partially_filled, told, waiting
from tests.support.factories import Desk
from tests.support.paper import PaperExchange
from tests.support.races import Worker, elsewhere, injected, together, worker
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Fill, Order, PositionGroup, Pyramid, QueuedSignal, Slot
from trading.services import cancel, connect, decide, exits_sweep, fills, groups, queue, reconcile, submit, watch

pytestmark = pytest.mark.django_db(transaction=True)

INTERVALS = ("1", "3", "5", "15", "30", "60")
BUY = {"symbol": "BTCUSDT", "action": "buy", "price": "59900"}
EXIT = {"symbol": "BTCUSDT", "action": "exit", "interval": "60"}
LOT = Decimal("0.00001")

DOOR = threading.Lock()
# One door stores alerts: who has the lower id was there first.

Deed = Callable[[], object]


def says(at: Worker, **fields: str) -> Deed:
    """An alert comes in and its bell is heard."""

    def deed() -> str:
        with DOOR:
            alert = at.alert(**fields)
        at.decide()
        alert.refresh_from_db()
        return alert.outcome

    return deed


def sweeps(at: Worker) -> Deed:
    return lambda: exits_sweep.sweep(at.account.pk, now=timezone.now())


def queue_sweeps(at: Worker) -> Deed:
    return lambda: queue.sweep(at.account.pk, now=timezone.now())


def sends(at: Worker, *, opening: bool) -> Deed:
    return lambda: submit.submit_all(
        at.account.pk, opening=opening, gateway=at.gateway, clock=timezone.now, timing=connect.timing()
    )


def cancels(at: Worker) -> Deed:
    return lambda: cancel.cancel(cancel.claim_cancels(at.account.pk), gateway=at.gateway, clock=timezone.now)


def reconciles(at: Worker) -> Deed:
    return lambda: reconcile.reconcile(at.account.pk, gateway=at.gateway, clock=timezone.now, timing=connect.timing())


def group() -> PositionGroup:
    return PositionGroup.objects.get(instrument__symbol="BTC/USDT")


def sold() -> list[Order]:
    """Exits that the market took."""
    return list(Order.objects.filter(purpose="EXIT", state="FILLED"))


def outcomes() -> list[str]:
    """Of all alerts, in the order of their arrival."""
    return list(Alert.objects.order_by("id").values_list("outcome", flat=True))


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
            ("60", "buy"),
            ("60", "buy"),
            ("30", "buy"),
            ("15", "buy"),
            ("15", "exit"),
            ("60", "exit"),
        ):
            desk.alert(symbol="BTCUSDT", action=action, interval=interval)
        together(worker(desk).decide, worker(desk).decide, worker(desk).decide)
        assert outcomes() == ["ENTERED", "TOO_SOON", "ENTERED", "QUEUED", "NOTHING_TO_EXIT", "EXITED"]
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


# exit against entry ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "said", "ends"),
    [
        (BUY | {"interval": "60"}, EXIT, ["ENTERED", "EXITED"], "FAILED"),
        (EXIT, BUY | {"interval": "60"}, ["NOTHING_TO_EXIT", "ENTERED"], "LIVE"),
    ],
    ids=["entry first", "exit first"],
)
def test_in_their_order_of_arrival(
    exchange: PaperExchange, first: dict[str, str], second: dict[str, str], said: list[str], ends: str
) -> None:
    """The second comes in while the first is being decided, and its own process begins at once."""
    for desk in desks(exchange):
        other = worker(desk)
        late: list[Alert] = []
        desk.alert(**first)
        with injected(decide.outcomes, "settle", before=lambda: late.append(desk.alert(**second))):
            desk.decide()
        together(other.decide, sends(worker(desk), opening=True), cancels(worker(desk)))
        assert outcomes() == said
        assert wrong_now(desk) == []
        reckoned(desk)
        assert group().status == ends


def test_an_exit_and_an_entry_at_once(exchange: PaperExchange) -> None:
    """Truly parallel, and sent while they are decided: the group ends flat, or the exit came first and found nothing."""
    flat = {("ENTERED", "EXITED"): ("FAILED", "CLOSED", "DUST_CLOSED"), ("NOTHING_TO_EXIT", "ENTERED"): ("ACTIVE",)}
    for desk in desks(exchange):
        chosen(desk, legs=[["0", "100", "1"]])
        first, second, third = worker(desk), worker(desk), worker(desk)
        # At 60 100 the one leg is through the market: it fills at once.
        enters = says(first, symbol="BTCUSDT", action="buy", price="60100", interval="60")
        together(enters, says(second, **EXIT), sends(third, opening=True))
        assert wrong_now(desk) == []
        reckoned(desk)
        assert group().status in flat[tuple(outcomes())]


@pytest.mark.parametrize("where", ["before", "after"])
def test_an_exit_around_the_call_that_places_the_entry(exchange: PaperExchange, where: str) -> None:
    """The entry is on its way, or just arrived: it fills at once, and what it bought is sold."""
    for desk in desks(exchange):
        chosen(desk, legs=[["0", "100", "1"]])
        desk.alert(symbol="BTCUSDT", action="buy", price="60100", interval="60")
        desk.decide()
        leaves = {where: says(worker(desk), **EXIT)}
        with injected(CcxtGateway, "place", **leaves):
            desk.submit()
        assert wrong_now(desk) == []
        reckoned(desk)
        assert (group().status, group().close_reason) == ("CLOSED", "EXIT_SIGNAL")
        assert len(sold()) == 1


# sweeps ------------------------------------------------------------------------------------------


def test_two_sweeps_rest_each_target_once(exchange: PaperExchange) -> None:
    """Legs came in and no target is out: sweeps, fills and a look at the prices, all at once."""
    for desk in desks(exchange):
        desk.buy(price="60000")
        desk.paper.price("BTCUSDT", "59300")  # legs 0, 1 and 2: 60 000, 59 700, 59 400
        first, second, third = worker(desk), worker(desk), worker(desk)
        together(sweeps(first), sweeps(second), third.poll)
        assert wrong_now(desk) == []
        together(sweeps(first), sends(second, opening=False), sends(third, opening=False))
        reckoned(desk)
        assert Order.objects.filter(purpose="TARGET", state="OPEN").count() == 3


def test_two_sweeps_fire_a_stop_once(exchange: PaperExchange) -> None:
    for desk in desks(exchange):
        chosen(desk, stop="fixed", fixed_stop_pct="3")
        active(desk)
        desk.price("BTCUSDT", "57000")  # average about 59 400, 3 % below: 57 618
        first, second, third = worker(desk), worker(desk), worker(desk)
        looks = lambda: watch.look(desk.account.pk, now=timezone.now())  # noqa: E731
        together(sweeps(first), sweeps(second), looks)
        together(cancels(first), cancels(second), sweeps(third))
        together(sends(first, opening=False), sends(second, opening=False), sweeps(third))
        assert wrong_now(desk) == []
        reckoned(desk)
        assert (group().status, group().close_reason) == ("CLOSED", "STOP_FIXED")
        assert len(sold()) == 1


# cancel against fill -----------------------------------------------------------------------------


def filled_by(desk: Desk) -> Deed:
    """The price goes through the target at 60 600 and the fill is seen."""

    def deed() -> None:
        desk.paper.price("BTCUSDT", "60700")
        fills.collect(desk.account.pk, gateway=worker(desk).gateway, clock=timezone.now)

    return deed


def test_a_cancel_against_the_fill(exchange: PaperExchange) -> None:
    """The exit takes the target back while the market takes it: what was held is sold once."""
    for desk in desks(exchange):
        closing(desk)
        together(cancels(worker(desk)), filled_by(desk), sends(worker(desk), opening=False))
        assert wrong_now(desk) == []
        reckoned(desk)
        assert group().status == "CLOSED"
        assert 0 <= group().qty < LOT
        assert [sum(f.qty for f in Fill.objects.filter(side="SELL"))] == [Decimal("0.00032")]


@pytest.mark.parametrize(
    ("name", "where", "by_target"),
    [("cancel", "before", True), ("cancel", "after", False), ("find_order", "before", False)],
)
def test_a_fill_around_the_cancel(exchange: PaperExchange, name: str, where: str, by_target: bool) -> None:
    """Before the cancel arrives the target fills; once it has arrived the rest is sold at market."""
    for desk in desks(exchange):
        closing(desk)
        # The target's cancel is asked for last: the entries' ids are lower.
        Order.objects.filter(purpose="ENTRY", state="OPEN").update(cancel_requested=False)
        with injected(CcxtGateway, name, **{where: filled_by(desk)}):
            cancel.cancel(cancel.claim_cancels(desk.account.pk), gateway=desk.gateway, clock=timezone.now)
        Order.objects.filter(purpose="ENTRY", state="OPEN").update(cancel_requested=True)
        assert wrong_now(desk) == []
        reckoned(desk)
        assert group().status == "CLOSED"
        assert Order.objects.filter(purpose="TARGET", state="FILLED").exists() is by_target
        assert len(sold()) == int(not by_target)


def test_a_reduction_against_the_targets_it_needs(exchange: PaperExchange) -> None:
    """Half is to go while targets are filling: never more than is held, and nothing stays without an exit."""
    for desk in desks(exchange):
        active(desk)
        assert told(desk, action="reduce", size="80% position") == "REDUCED"

        def rises() -> None:
            desk.paper.price("BTCUSDT", "60100")  # through the targets of legs 1 to 4

        at = worker(desk)
        together(cancels(worker(desk)), rises, lambda at=at: at.poll())
        assert wrong_now(desk) == []
        reckoned(desk)
        assert group().qty >= 0


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
        impatient(desk)
        desk.paper.fault("timeout_after_accept", method="POST", path="/api/v3/order")
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
    for desk in desks(exchange, max(ROUNDS // 3, 1)):
        partially_filled(desk)
        desk.paper.price("BTCUSDT", "59600")
        with injected(fills, "apply", before=lambda: exits_sweep.sweep(desk.account.pk, now=timezone.now())):
            desk.poll()
        elsewhere(lambda: exits_sweep.sweep(desk.account.pk, now=timezone.now()))
        assert wrong_now(desk) == []
        reckoned(desk)
        assert groups.PositionGroup.objects.get().status == "PARTIALLY_FILLED"
        fall_to(desk, "59600")
