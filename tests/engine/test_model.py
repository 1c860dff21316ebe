"""Any order of events: alerts, prices, partial fills, faults, deaths, restarts, modes; the ledger is the judge.

After each step everything that holds at any moment is checked; in the end the dust settles and all must hold.
The default run is the same every time; with WINDLASS_ROUNDS set it explores.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.engine.stage import (
    ROUNDS,
    change_mode,
    chosen,
    fresh_desk,
    impatient,
    reckoned,
    reconciled,
    restart,
    time_passes,
    wrong_now,
)
from tests.support.factories import PRICES, Desk
from tests.support.paper import PaperExchange
from trading.errors import NotReached, VenueError
from trading.models import Pyramid
from trading.services import cancel, connect, exits_sweep, queue, reconcile, submit, watch

EXAMPLES = max(25, ROUNDS)
STEPS = 20

SYMBOLS = st.sampled_from(sorted(PRICES))
INTERVALS = st.sampled_from(["60", "240"])
# Of the first price, percent: through legs (−0.5 … −2), targets (+0.5, +1) and stops.
LEVELS = st.sampled_from([90, 96, 98, "98.6", "99.2", "99.6", "99.9", 100, "100.2", "100.6", "101.1", 103])
PARTS = st.sampled_from(["0.2", "0.5", "0.9"])  # of a leg of 20 USDT
ORDERS = st.sampled_from(["POST", "DELETE"])
FAULTS = st.sampled_from(
    [
        "garbage_after_accept",
        "http_503_after_accept",
        "http_503_before_accept",
        "timeout_after_accept",
        "timeout_before_accept",
    ]
)
QUESTIONS = st.sampled_from(["/api/v3/openOrders", "/api/v3/myTrades", "/api/v3/order", "/api/v3/account"])
CHOICES = st.fixed_dictionaries(
    {
        "tp_mode": st.sampled_from(["PER_LEG", "AGGREGATE", "HYBRID"]),
        "max_open_groups": st.integers(1, 3),
        "count_pyramids": st.booleans(),
        "keep_ladder": st.booleans(),
        "active_window": st.sampled_from([None, 2]),
        "first_entry": st.sampled_from(["limit", "market"]),
        "base_price": st.sampled_from(["fixed", "follow_fill"]),
        "stop": st.sampled_from(["", "fixed", "trailing"]),
    }
)
PLAIN = {"active_window": None, "stop": ""}
# What is left at its default.


class Engine(RuleBasedStateMachine):
    """One account, its venue, and everything that may happen to both."""

    def __init__(self, paper: PaperExchange) -> None:
        super().__init__()
        self.desk = fresh_desk(paper)

    @initialize(values=CHOICES)
    def configure(self, values: dict[str, object]) -> None:
        changed = {name: value for name, value in values.items() if PLAIN.get(name, "-") != value}
        chosen(self.desk, fixed_stop_pct="3", per_symbol_pct="50", **changed)

    @contextmanager
    def at_work(self) -> Iterator[Desk]:
        """A task at work: a venue that cannot be asked shuts the account until it is reconciled."""
        impatient(self.desk, timeout_ms=400)
        try:
            yield self.desk
        except NotReached as error:
            reconcile.mark_unhealthy(self.desk.account.pk, code=error.code, detail=str(error))

    # alerts ---------------------------------------------------------------------------------

    def _told(self, **fields: str) -> None:
        self.desk.alert(**fields)
        with self.at_work() as desk:
            desk.decide()

    @rule(symbol=SYMBOLS, interval=INTERVALS, size=st.sampled_from(["", "", "300 USDT", "3000 USDT"]))
    def buy(self, symbol: str, interval: str, size: str) -> None:
        self._told(symbol=symbol, action="buy", interval=interval, **({"size": size} if size else {}))

    @rule(symbol=SYMBOLS, interval=INTERVALS)
    def sell(self, symbol: str, interval: str) -> None:
        self._told(symbol=symbol, action="sell", interval=interval)

    @rule(symbol=SYMBOLS)
    def leave(self, symbol: str) -> None:
        self._told(symbol=symbol, action="exit")

    @rule(symbol=SYMBOLS, size=st.sampled_from(["30% position", "50% position", "90% position"]))
    def reduce(self, symbol: str, size: str) -> None:
        self._told(symbol=symbol, action="reduce", size=size)

    @rule()
    def next_bar(self) -> None:
        Pyramid.objects.update(created_at=F("created_at") - timedelta(hours=5))

    # the market -----------------------------------------------------------------------------

    @rule(symbol=SYMBOLS, level=LEVELS)
    def price(self, symbol: str, level: int | str) -> None:
        self.desk.paper.price(symbol, _at(symbol, level))

    @rule(symbol=SYMBOLS, level=LEVELS, part=PARTS)
    def part(self, symbol: str, level: int | str, part: str) -> None:
        """Only so much trades at the price."""
        lots = {"BTCUSDT": "0.00001", "ETHUSDT": "0.0001", "SOLUSDT": "0.001"}
        qty = Decimal(part) * 20 / Decimal(PRICES[symbol])
        self.desk.paper.price(symbol, _at(symbol, level), qty=str(qty.quantize(Decimal(lots[symbol]))))

    # workers --------------------------------------------------------------------------------

    def _work(self, work: Callable[[Desk], object]) -> None:
        with self.at_work() as desk:
            work(desk)

    @rule()
    def submit(self) -> None:
        self._work(lambda desk: desk.submit())

    @rule()
    def poll(self) -> None:
        self._work(lambda desk: desk.poll())

    @rule()
    def refresh_and_watch(self) -> None:
        self._work(lambda desk: (desk.refresh(), watch.look(desk.account.pk, now=timezone.now())))

    @rule()
    def sweep(self) -> None:
        exits_sweep.sweep(self.desk.account.pk, now=timezone.now())

    @rule()
    def queue_sweep(self) -> None:
        queue.sweep(self.desk.account.pk, now=timezone.now())

    @rule()
    def look_up(self) -> None:
        time_passes()
        self._work(lambda desk: desk.look_up())

    @rule()
    def reconcile(self) -> None:
        self._work(reconciled)

    @rule()
    def settle(self) -> None:
        self._work(lambda desk: desk.settle())

    # what goes wrong ------------------------------------------------------------------------

    @rule(action=FAULTS, method=ORDERS)
    def order_fault(self, action: str, method: str) -> None:
        self.desk.paper.fault(action, method=method, path="/api/v3/order")

    @rule(action=FAULTS, path=QUESTIONS)
    def question_fault(self, action: str, path: str) -> None:
        self.desk.paper.fault(action, method="GET", path=path)

    @rule(opening=st.booleans(), sent=st.integers(0, 3))
    def die_submitting(self, opening: bool, sent: int) -> None:
        """The owner dies: some of what it claimed was sent, none of it settled."""
        impatient(self.desk, timeout_ms=400)
        claims = submit.claim(self.desk.account.pk, opening=opening, now=timezone.now(), timing=connect.timing())
        for owned in claims[:sent]:
            _dying(lambda owned=owned: self.desk.gateway.place(owned.request))

    @rule(sent=st.integers(0, 3))
    def die_cancelling(self, sent: int) -> None:
        impatient(self.desk, timeout_ms=400)
        for order in cancel.claim_cancels(self.desk.account.pk)[:sent]:
            names = {"symbol": order.instrument.symbol, "venue_order_id": order.venue_order_id}
            _dying(lambda names=names: self.desk.gateway.cancel(**names))

    @rule()
    def restart(self) -> None:
        restart(self.desk)
        self._work(reconciled)

    @rule(to=st.sampled_from(["NORMAL", "NORMAL", "PAUSED", "REDUCED", "EMERGENCY"]))
    def mode(self, to: str) -> None:
        change_mode(to)

    @rule(size=st.integers(1, 4))
    def pool(self, size: int) -> None:
        chosen(self.desk, max_open_groups=size)

    # the judge ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong_now(self) -> None:
        assert wrong_now(self.desk) == []

    def teardown(self) -> None:
        self.desk.paper.faults([])
        change_mode("NORMAL")
        impatient(self.desk, timeout_ms=10_000)
        reckoned(self.desk)


def _at(symbol: str, level: int | str) -> str:
    return str((Decimal(PRICES[symbol]) * Decimal(level) / 100).quantize(Decimal("0.01")))


def _dying(call: Callable[[], object]) -> None:
    """Whatever the venue answers, nobody is there to hear it."""
    try:
        call()
    except VenueError as error:
        assert error.code  # noqa: PT017 - an answer, heard by nobody


@pytest.mark.django_db(transaction=True)
def test_whatever_happens_the_books_come_right(exchange: PaperExchange) -> None:
    run_state_machine_as_test(
        lambda: Engine(exchange),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="WINDLASS_ROUNDS" not in os.environ,
            database=None,
            phases=[Phase.generate],  # twenty steps can be read; to shrink them would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
