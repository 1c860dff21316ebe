"""Races around exits, many rounds each: what two processes do at once is done once, whoever comes first.

After every round the dust settles, every invariant holds, and the exchange's ledger agrees.
"""

from decimal import Decimal

import pytest
from django.utils import timezone

from signals.models import Alert
from tests.engine.deeds import (
    BUY,
    EXIT,
    cancels,
    filled_by,
    group,
    outcomes,
    says,
    sends,
    sold,
    sweeps,
)
from tests.engine.stage import desks, reckoned, wrong_now
from tests.engine.states import active, closing, told
from tests.support.levers import chosen
from tests.support.paper import PaperExchange
from tests.support.races import injected, together, worker
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Fill, Order
from trading.services import cancel, decide, watch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.repeats]

LOT = Decimal("0.00001")


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
