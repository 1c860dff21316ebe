"""The simulator is pinned to the engine: the same scripts on PostgreSQL with the paper exchange, and here, end alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from signals.models import Alert
from tests.engine.stage import change_mode, reconciled, restart
from tests.simulator.asking import Work
from tests.simulator.market import BY_SYMBOL, LEGS
from tests.simulator.venue import VenueKind
from tests.simulator.world import World
from tests.support.factories import Desk
from tests.support.levers import CANCEL, LOST, ORDER, UNANSWERED, chosen, time_passes
from trading.domain.money import ZERO
from trading.models import Fill, Order, PositionGroup, Pyramid, Slot
from trading.services import cancel, connect, exits_sweep, submit, watch

SETTINGS = {"tp_mode": "PER_LEG", "max_open_groups": 2, "count_pyramids": False, "keep_ladder": False, "stop": "fixed"}
FATES = {LOST: "lost", UNANSWERED: "unheard"}


@dataclass(frozen=True, slots=True)
class Ending:
    """What both must agree on, in the order in which it was written."""

    outcomes: tuple[str, ...]
    orders: tuple[tuple[Any, ...], ...]
    fills: tuple[tuple[Any, ...], ...]
    groups: tuple[tuple[Any, ...], ...]
    slots: tuple[tuple[int, bool], ...]


def _plain(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.normalize() + ZERO


class Real:
    """The engine on its own stage."""

    def __init__(self, desk: Desk, values: Mapping[str, object]) -> None:
        self.desk = desk
        fixed = {"legs": LEGS, "fixed_stop_pct": "3", "per_symbol_pct": "50", "capital_per_pyramid": "200 USDT"}
        chosen(desk, **{**fixed, **SETTINGS, **values})

    def says(self, symbol: str = "BTCUSDT", **fields: str) -> None:
        self.desk.alert(symbol=symbol, **fields)
        self.desk.decide()

    def next_bar(self) -> None:
        Pyramid.objects.update(created_at=timezone.now() - timedelta(hours=5))

    def fault(self, action: str, request: Mapping[str, str] = ORDER) -> None:
        self.desk.paper.fault(action, **request)

    def submit(self) -> None:
        self.desk.submit()

    def settle(self) -> None:
        self.desk.settle()

    def price(self, price: str, symbol: str = "BTCUSDT") -> None:
        self.desk.price(symbol, price)

    def look_up(self) -> None:
        time_passes()
        self.desk.look_up()

    def die_claimed(self, *, opening: bool, sent: int = 0) -> None:
        timing = connect.timing()
        claims = submit.claim(self.desk.account.pk, opening=opening, now=timezone.now(), timing=timing)
        for owned in claims[:sent]:
            self.desk.gateway.place(owned.request)

    def die_cancelling(self) -> None:
        assert cancel.claim_cancels(self.desk.account.pk)

    def restart(self) -> None:
        restart(self.desk)
        reconciled(self.desk)

    def watch(self) -> None:
        self.desk.refresh()
        watch.look(self.desk.account.pk, now=timezone.now())

    def sweep(self) -> None:
        exits_sweep.sweep(self.desk.account.pk, now=timezone.now())

    def mode(self, to: str) -> None:
        change_mode(to)

    def ending(self) -> Ending:
        orders = list(Order.objects.order_by("id"))
        fills = Fill.objects.order_by("venue_trade_id")
        groups = PositionGroup.objects.order_by("id")
        return Ending(
            tuple(Alert.objects.order_by("id").values_list("outcome", flat=True)),
            tuple(
                (o.purpose, o.state, _plain(o.qty), _plain(o.price), _plain(o.filled_qty), o.attempt) for o in orders
            ),
            tuple(sorted((f.side, _plain(f.qty), _plain(f.price), _plain(f.fee)) for f in fills)),
            tuple((g.status, g.close_reason, _plain(g.qty)) for g in groups),
            tuple((slot.number, slot.released_at is not None) for slot in Slot.objects.order_by("id")),
        )


class Simulated:
    """The simulator, with the same levers."""

    def __init__(self, values: Mapping[str, object]) -> None:
        chosen_here = {"active_window": None, "first_entry": "limit", "base_price": "fixed", **SETTINGS, **values}
        self.world = World(0, kind=VenueKind("open", lags=False), chosen=chosen_here, calm=True)
        self.engine, self.account = self.world.engine, self.world.account
        self.planned: list[tuple[str, str]] = []

    def run(self, name: str, work: Work) -> None:
        """To its end; a request that a fault waits for has that fate."""
        process = self.world.begin(name, work)
        while process in self.world.processes:
            self.world.sleep(timedelta(milliseconds=5))
            wanted = process.ask.method if process.ask is not None and process.answer is None else ""
            due = next((plan for plan in self.planned if plan[0] == wanted), None)
            if due is not None:
                self.planned.remove(due)
                process.fate = due[1]
            process.waits_until = self.world.now
            self.world.advance(process)
        assert self.world.defects == []

    def task(self, *names: str) -> None:
        for name in names:
            self.run(name, self.engine.task(name, self.account))

    def says(self, symbol: str = "BTCUSDT", **fields: str) -> None:
        unified = next(market.symbol for market in BY_SYMBOL.values() if market.venue_symbol == symbol)
        self.world.alert(unified, fields)
        self.world.finish()
        self.task("process_inbox")

    def next_bar(self) -> None:
        self.world.sleep(timedelta(minutes=2))

    def fault(self, action: str, request: Mapping[str, str] = ORDER) -> None:
        self.planned.append(({"POST": "place", "DELETE": "cancel"}[request["method"]], FATES[action]))

    def submit(self) -> None:
        self.run("cancels", self.engine.cancel_all(self.account))
        self.task("submit_entries", "submit_exits")

    def settle(self) -> None:
        """factories.Desk.settle"""
        self.submit()
        while True:
            before = len(self.world.store.fills)
            self.task("poll_fills")
            if len(self.world.store.fills) == before:
                break
            self.submit()
        self.submit()

    def price(self, price: str, symbol: str = "BTCUSDT") -> None:
        unified = next(market.symbol for market in BY_SYMBOL.values() if market.venue_symbol == symbol)
        self.world.venue.trade(unified, Decimal(price), qty=None, now=self.world.now)
        self.run("refresh", self.engine.refresh(self.account))

    def time_passes(self) -> None:
        """levers.time_passes: what is undecided becomes old, nothing else does."""
        with self.world.store.transaction():
            for order in self.engine.orders_of(self.account, {"SUBMITTING", "UNKNOWN"}):
                past = self.world.now - timedelta(minutes=1)
                self.world.store.change(order, valid_until=past, next_poll_at=self.world.now)

    def look_up(self) -> None:
        self.time_passes()
        self.task("look_up")

    def die_claimed(self, *, opening: bool, sent: int = 0) -> None:
        for owned in self.engine.claim(self.account, opening=opening)[:sent]:
            self.world.venue.place(owned.request, signed_at=self.world.now, now=self.world.now)

    def die_cancelling(self) -> None:
        assert self.engine.claim_cancels(self.account)

    def restart(self) -> None:
        self.world.restart()
        self.time_passes()
        self.task("reconcile_books")

    def watch(self) -> None:
        self.task("poll_prices")

    def sweep(self) -> None:
        self.task("sweep_exits")

    def mode(self, to: str) -> None:
        self.world.store.mode = to
        self.engine.guard_read_at = None

    def ending(self) -> Ending:
        store = self.world.store
        orders, fills = store.orders.values(), store.fills.values()
        return Ending(
            tuple(alert.outcome for alert in store.alerts.values()),
            tuple(
                (o.purpose, o.state, _plain(o.qty), _plain(o.price), _plain(o.filled_qty), o.attempt) for o in orders
            ),
            tuple(sorted((f.side, _plain(f.qty), _plain(f.price), _plain(f.fee)) for f in fills)),
            tuple((g.status, g.close_reason, _plain(g.qty)) for g in store.groups.values()),
            tuple((slot.number, slot.released_at is not None) for slot in store.slots.values()),
        )


Stage = Any
Script = Callable[[Stage], None]


def bought(stage: Stage, symbol: str = "BTCUSDT", **fields: str) -> None:
    stage.says(symbol, action="buy", interval="1", **fields)
    stage.settle()


def one_leg_in(stage: Stage) -> None:
    """Leg 0 came in at 60 000; its target rests at 60 600."""
    bought(stage, price="60000")
    stage.price("59950")
    stage.settle()


def rests(stage: Stage) -> None:
    bought(stage, price="59900")


def takes_its_profit(stage: Stage) -> None:
    one_leg_in(stage)
    stage.price("60700")
    stage.settle()


def falls_through_the_legs(stage: Stage) -> None:
    one_leg_in(stage)
    stage.price("59000")
    stage.settle()


def is_stopped(stage: Stage) -> None:
    falls_through_the_legs(stage)
    stage.price("57000")
    stage.watch()
    stage.settle()


def exits_while_it_rests(stage: Stage) -> None:
    rests(stage)
    stage.says(action="exit")
    stage.settle()


def exits_what_came_in(stage: Stage) -> None:
    one_leg_in(stage)
    stage.says(action="exit")
    stage.settle()


def is_reduced(stage: Stage) -> None:
    falls_through_the_legs(stage)
    stage.says(action="reduce", size="50% position")
    stage.settle()


def waits_and_goes_in(stage: Stage) -> None:
    rests(stage)
    bought(stage, "ETHUSDT", price="2990")
    stage.says("SOLUSDT", action="buy", interval="1")
    stage.says(action="exit")
    stage.settle()


def an_entry_never_arrives(stage: Stage) -> None:
    stage.says(action="buy", interval="1", price="59900")
    stage.fault(LOST)
    stage.submit()
    for _ in range(3):
        stage.look_up()
    stage.settle()


def an_entry_is_not_heard_of(stage: Stage) -> None:
    stage.says(action="buy", interval="1", price="59900")
    stage.fault(UNANSWERED)
    stage.submit()
    stage.look_up()
    stage.settle()


def an_exit_is_not_heard_of(stage: Stage) -> None:
    one_leg_in(stage)
    stage.says(action="exit")
    stage.submit()
    stage.fault(UNANSWERED)
    stage.settle()
    stage.look_up()
    stage.settle()


def dies_before_the_call(stage: Stage) -> None:
    stage.says(action="buy", interval="1", price="59900")
    stage.die_claimed(opening=True)
    stage.restart()
    for _ in range(3):
        stage.look_up()
    stage.settle()


def dies_after_the_call(stage: Stage) -> None:
    stage.says(action="buy", interval="1", price="60000")
    stage.die_claimed(opening=True, sent=2)
    stage.restart()
    stage.price("59950")
    stage.settle()


def dies_cancelling(stage: Stage) -> None:
    rests(stage)
    stage.says(action="exit")
    stage.die_cancelling()
    stage.restart()
    stage.settle()


def a_cancel_is_not_heard_of(stage: Stage) -> None:
    rests(stage)
    stage.says(action="exit")
    stage.fault(UNANSWERED, CANCEL)
    stage.settle()


def nothing_enters_in_pause(stage: Stage) -> None:
    one_leg_in(stage)
    stage.mode("PAUSED")
    stage.says("ETHUSDT", action="buy", interval="1")
    stage.says(action="exit")
    stage.settle()


SCRIPTS = (
    rests,
    takes_its_profit,
    falls_through_the_legs,
    is_stopped,
    exits_while_it_rests,
    exits_what_came_in,
    is_reduced,
    waits_and_goes_in,
    an_entry_never_arrives,
    an_entry_is_not_heard_of,
    an_exit_is_not_heard_of,
    dies_before_the_call,
    dies_after_the_call,
    dies_cancelling,
    a_cancel_is_not_heard_of,
    nothing_enters_in_pause,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_both_end_alike(desk: Desk, script: Script) -> None:
    real, simulated = Real(desk, {}), Simulated({})
    script(real)
    script(simulated)
    assert simulated.ending() == real.ending()


@pytest.mark.parametrize("values", [{"tp_mode": "AGGREGATE"}, {"tp_mode": "HYBRID"}, {"active_window": 2}], ids=str)
def test_both_end_alike_by_other_settings(desk: Desk, values: dict[str, object]) -> None:
    real, simulated = Real(desk, values), Simulated(values)
    for script in (takes_its_profit, falls_through_the_legs):
        script(real)
        script(simulated)
    assert simulated.ending() == real.ending()
