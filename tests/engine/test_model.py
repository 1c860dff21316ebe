"""Any order of events: alerts, prices, partial fills, faults, deaths, restarts, modes; the ledger is the judge.

After each step everything that holds at any moment is checked; in the end the dust settles and all must hold.
The default run is the same every time; with WINDLASS_ROUNDS set it explores.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.engine.stage import ROUNDS, change_mode, fresh_desk, reckoned, reconciled, restart, wrong_now
from tests.support.factories import PRICES, Desk
from tests.support.levers import chosen, impatient, patient, time_passes
from tests.support.paper import PaperExchange
from trading.errors import NotReached, VenueError
from trading.models import Pyramid
from trading.services import cancel, connect, exits_sweep, queue, reconcile, submit, watch

pytestmark = pytest.mark.repeats

EXAMPLES = max(15, ROUNDS)
STEPS = 20
PATIENCE_MS = 400
# Of a client whose venue may not answer.

SYMBOLS = st.sampled_from(sorted(PRICES))
LOTS = {"BTCUSDT": "0.00001", "ETHUSDT": "0.0001", "SOLUSDT": "0.001"}
SAYINGS = st.sampled_from(
    [
        *[{"action": "buy", "interval": interval} for interval in ("60", "60", "60", "240")],
        {"action": "buy", "interval": "60", "size": "300 USDT"},
        {"action": "buy", "interval": "240", "size": "3000 USDT"},
        {"action": "sell", "interval": "60"},
        {"action": "exit"},
        {"action": "reduce", "size": "30% position"},
        {"action": "reduce", "size": "60% position"},
    ]
)
# Of the first price, percent: through legs (−0.5 … −2), targets (+0.5, +1) and stops.
LEVELS = st.sampled_from(["90", "96", "97.9", "98.6", "99.2", "99.6", "99.9", "100", "100.2", "100.6", "101.1", "103"])
PARTS = st.sampled_from([None, None, "0.2", "0.5", "0.9"])  # how much trades there, in legs of 20 USDT; None for all
WORK = ("submit", "poll", "settle", "settle", "watch", "sweep", "queue", "look_up", "reconcile")
THEN = st.lists(st.sampled_from(["settle", "settle", "submit", "poll", "watch", "sweep"]), max_size=3)
ORDER, OPEN, TRADES, ACCOUNT = (f"/api/v3/{name}" for name in ("order", "openOrders", "myTrades", "account"))
REQUESTS = st.sampled_from(
    [*[("POST", ORDER)] * 4, *[("DELETE", ORDER)] * 2, ("GET", ORDER), ("GET", OPEN), ("GET", TRADES), ("GET", ACCOUNT)]
)
FAULTS = st.sampled_from(
    [
        "garbage_after_accept",
        "http_503_after_accept",
        "http_503_before_accept",
        "timeout_after_accept",
        "timeout_before_accept",
    ]
)
MODES = st.sampled_from([*["NORMAL"] * 5, "PAUSED", "REDUCED", "EMERGENCY"])
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

    @initialize(values=CHOICES, held=st.lists(st.tuples(SYMBOLS, LEVELS), min_size=1, max_size=3))
    def begin(self, values: dict[str, object], held: list[tuple[str, str]]) -> None:
        """Settings of any kind, and some trading behind us: pairs bought, their prices moved, all of it seen."""
        changed = {name: value for name, value in values.items() if PLAIN.get(name, "-") != value}
        chosen(self.desk, fixed_stop_pct="3", per_symbol_pct="50", **changed)
        for symbol, level in held:
            self.alert(symbol, {"action": "buy", "interval": "60"})
            self.desk.submit()
            self.desk.price(symbol, _at(symbol, level))
            self.desk.settle()

    @contextmanager
    def at_work(self) -> Iterator[Desk]:
        """A task at work: a venue that cannot be asked shuts the account until it is reconciled."""
        impatient(self.desk, timeout_ms=PATIENCE_MS)
        try:
            yield self.desk
        except NotReached as error:
            reconcile.mark_unhealthy(self.desk.account.pk, code=error.code, detail=str(error))
        finally:
            patient(self.desk)

    # the world ------------------------------------------------------------------------------

    @rule(symbol=SYMBOLS, says=SAYINGS, bars=st.booleans(), then=THEN)
    def alert(self, symbol: str, says: dict[str, str], bars: bool = False, then: Sequence[str] = ()) -> None:
        """Somebody says something, perhaps in the next bar."""
        Pyramid.objects.update(created_at=F("created_at") - timedelta(hours=5 * bars))
        self.desk.alert(symbol=symbol, **says)
        with self.at_work() as desk:
            desk.decide()
        self.works(then)

    @rule(symbol=SYMBOLS, level=LEVELS, part=PARTS, then=THEN)
    def trade(self, symbol: str, level: str, part: str | None, then: Sequence[str]) -> None:
        """The market goes somewhere; with a part, only so much trades there."""
        qty = part and Decimal(part) * 20 / Decimal(PRICES[symbol])
        self.desk.paper.price(symbol, _at(symbol, level), qty=qty and str(qty.quantize(Decimal(LOTS[symbol]))))
        self.works(then)

    @rule(action=FAULTS, request=REQUESTS)
    def fault(self, action: str, request: tuple[str, str]) -> None:
        """The next such request goes wrong."""
        self.desk.paper.fault(action, method=request[0], path=request[1])

    @rule(size=st.integers(1, 4), mode=MODES)
    def govern(self, size: int, mode: str) -> None:
        """A person changes the pool's size and the mode."""
        chosen(self.desk, max_open_groups=size)
        change_mode(mode)

    # workers --------------------------------------------------------------------------------

    @rule(whats=st.lists(st.sampled_from(WORK), min_size=1, max_size=4))
    def works(self, whats: Sequence[str]) -> None:
        """Bells are heard, in this order."""
        for what in whats:
            with self.at_work() as desk:
                WORKERS[what](desk)

    @rule(opening=st.booleans(), sent=st.integers(0, 3))
    def die_submitting(self, opening: bool, sent: int) -> None:
        """The owner dies: some of what it claimed was sent, none of it settled."""
        impatient(self.desk, timeout_ms=PATIENCE_MS)
        claims = submit.claim(self.desk.account.pk, opening=opening, now=timezone.now(), timing=connect.timing())
        for owned in claims[:sent]:
            _dying(lambda owned=owned: self.desk.gateway.place(owned.request))

    @rule(sent=st.integers(0, 3))
    def die_cancelling(self, sent: int) -> None:
        impatient(self.desk, timeout_ms=PATIENCE_MS)
        for order in cancel.claim_cancels(self.desk.account.pk)[:sent]:
            names = {"symbol": order.instrument.symbol, "venue_order_id": order.venue_order_id}
            _dying(lambda names=names: self.desk.gateway.cancel(**names))

    @rule()
    def restart(self) -> None:
        restart(self.desk)
        self.works(["reconcile"])

    # the judge ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_wrong_now(self) -> None:
        assert wrong_now(self.desk) == []

    def teardown(self) -> None:
        self.desk.paper.faults([])
        change_mode("NORMAL")
        patient(self.desk)
        reckoned(self.desk)


def _looked_up(desk: Desk) -> None:
    time_passes()
    desk.look_up()


def _watched(desk: Desk) -> None:
    desk.refresh()
    watch.look(desk.account.pk, now=timezone.now())


WORKERS: Mapping[str, Callable[[Desk], object]] = {
    "submit": Desk.submit,
    "poll": Desk.poll,
    "settle": Desk.settle,
    "watch": _watched,
    "sweep": lambda desk: exits_sweep.sweep(desk.account.pk, now=timezone.now()),
    "queue": lambda desk: queue.sweep(desk.account.pk, now=timezone.now()),
    "look_up": _looked_up,
    "reconcile": reconciled,
}


def _at(symbol: str, level: str) -> str:
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
