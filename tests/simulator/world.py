"""The world of one seed: virtual time, processes between whose steps anything may happen, a wire, and the seed's dice."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

from tests.simulator import judge
from tests.simulator.asking import Ask, Work
from tests.simulator.engine import Engine
from tests.simulator.judge import Findings
from tests.simulator.market import BY_SYMBOL, LEVELS, PRICES, choose, resolved
from tests.simulator.process import BEGUN, Process
from tests.simulator.rows import Order
from tests.simulator.store import Died
from tests.simulator.venue import KINDS, Venue, VenueKind
from tests.simulator.weather import (
    BUYS,
    EVENTS,
    MODES,
    PLAIN,
    READS,
    SAYS,
    SEEN,
    SENDS,
    SETTLING,
    SYMBOLS,
    WEATHER,
    Weather,
)
from trading.domain.order_state import OrderState, VenueStatus
from trading.errors import NotReached, Unknown, VenueError

STEPS = 100
AT_ONCE = 5
# Processes that are alive at the same time.
TIMEOUT = timedelta(seconds=10)
# How long a client waits for its answer.
LATE_SECS = (1, 2, 4, 12, 40, 90, 240)
LATEST = timedelta(seconds=241)
# How late a request may arrive of which nobody hears again.
LATER = timedelta(minutes=11)
# Longer than every wait that follows a failure.
ENOUGH = 25
# Passes after which the dust must have settled.
GLANCE = 6
# Steps between two looks of the judge; he looks at the start and in the end as well.


class World:
    """Everything that happens under one seed."""

    def __init__(
        self,
        seed: int,
        *,
        engine: type[Engine] = Engine,
        kind: VenueKind | None = None,
        chosen: Mapping[str, object] | None = None,
        calm: bool = False,
        weather: Weather | None = None,
    ) -> None:
        self.seed, self.rng, self.now = seed, Random(seed), BEGUN
        self.kind = kind or self.rng.choice(KINDS)
        skew = timedelta(milliseconds=0 if calm else self.rng.randrange(-800, 800))
        self.venue = Venue(self.kind, Random(seed + 1), skew=skew)
        drawn = self.rng.choice(WEATHER)
        self.weather = PLAIN if calm else weather or drawn
        self.chaos = self.weather.chaos
        values = choose(self.rng) if chosen is None else chosen
        self.engine = engine(values, now=self.now, request_expiry=self.kind.request_expiry)
        self.store = self.engine.store
        self.account = self.store.accounts[1]
        self.processes: list[Process] = []
        self.wire: list[tuple[datetime, Ask]] = []
        self.acknowledged: set[str] = set()
        self.sent: dict[str, str] = {}
        self.latch: list[datetime] = []
        self.trace: list[str] = []
        self.defects: list[str] = []
        self.findings = Findings()

    # what may happen ------------------------------------------------------------------------

    def alert(self, symbol: str, says: Mapping[str, str], *, client_id: str = "") -> Process:
        """Somebody says something; a client id that was there before is a repetition."""
        name = client_id or f"alert-{self.seed}-{len(self.sent)}"
        body = {"id": name, "timestamp": self.now.isoformat(), "symbol": BY_SYMBOL[symbol].venue_symbol, **says}
        raw = self.sent.setdefault(name, json.dumps(body))
        return self.begin("door", self.engine.door(self.account, name, raw, lambda: self.acknowledged.add(name)))

    def begin(self, name: str, work: Work) -> Process:
        process = Process(name, work)
        self.processes.append(process)
        return process

    def hear(self, task: str) -> None:
        """A bell is heard: the task begins."""
        self.begin(task, self.engine.task(task, self.account))

    def trade(self, symbol: str, level: Decimal, part: Decimal | None = None) -> None:
        """The market goes to so many percent of its first price; with a part, only so much of a leg trades there."""
        market = BY_SYMBOL[symbol]
        qty = None if part is None else part * 60 / PRICES[symbol] // market.lot_step * market.lot_step
        self.venue.trade(symbol, PRICES[symbol] * level / 100, qty=qty, now=self.now + self.venue.skew)

    def sleep(self, span: timedelta) -> None:
        """Time passes; what is late arrives."""
        self.now += span
        self.engine.now = self.now
        due = [ask for at, ask in self.wire if at <= self.now]
        self.wire = [(at, ask) for at, ask in self.wire if at > self.now]
        for ask in due:
            self.unheard(ask)

    def unheard(self, ask: Ask) -> None:
        """It is carried out, and nobody hears the answer."""
        try:
            self.venue.answer(ask.method, ask.arguments, now=self.now)
        except VenueError as error:
            self.note("unheard", error.code)

    def crash(self, process: Process) -> None:
        """It dies between two steps; a request that is on its way arrives all the same."""
        self.befell(process, "killed")
        process.work.close()
        if process in self.processes:
            self.processes.remove(process)
        if process.ask is not None and process.answer is None and process.ask.sends and process.fate != "lost":
            self.wire.append((self.now + timedelta(milliseconds=50), process.ask))

    def restart(self) -> None:
        """All of them die."""
        for process in list(self.processes):
            self.crash(process)
        self.engine.forget()

    def govern(self, mode: str, pool: int) -> None:
        """A person changes the mode and the pool's size."""
        self.store.mode = mode
        self.engine.chosen["max_open_groups"] = pool
        self.engine.settings = resolved(self.engine.chosen)

    def kill(self, on: bool) -> None:
        """The latch is set, or taken away."""
        if on is not self.engine.latched:
            self.latch.append(self.now)
        self.engine.latched = on

    # processes ------------------------------------------------------------------------------

    def runnable(self) -> list[Process]:
        return [process for process in self.processes if process.waits_until <= self.now]

    def advance(self, process: Process) -> None:
        """One step: its request arrives, or it hears the answer, or it goes on to its next step."""
        if process.ask is not None and process.answer is None:
            self.arrive(process, process.ask)
        else:
            self.resume(process)

    def resume(self, process: Process) -> None:
        self.engine.now = self.now
        answer, process.ask, process.answer = process.answer, None, None
        try:
            process.ask = self.answered(process, answer)
            process.fate = self.fate_of(process.ask)
        except (StopIteration, Died) as end:
            self.processes.remove(process)
            self.note(process.name, type(end).__name__)
            if isinstance(end, Died):
                self.findings.befell[f"{process.name}, in a commit: killed"] += 1
        except Exception as defect:  # noqa: BLE001 - whatever escapes a task is a defect of the engine, and the seed's finding
            self.processes.remove(process)
            self.defects.append(f"{process.name}: {type(defect).__name__}: {defect}")

    @staticmethod
    def answered(process: Process, answer: Callable[[], Any] | None) -> Ask | None:
        """Go on with the answer, or with the error that came instead."""
        if answer is None:
            return next(process.work)
        try:
            value = answer()
        except VenueError as error:
            return process.work.throw(error)
        return process.work.send(value)

    def arrive(self, process: Process, ask: Ask) -> None:
        """What becomes of a request."""
        self.note(process.name, ask.method, process.fate)
        if process.fate:
            self.befell(process, process.fate)
        if process.fate == "refused":
            self.venue.refuses += ask.method == "place"
        if process.fate in ("lost", "late"):
            process.answer = self.no_answer(process, ask)
            if process.fate == "late":
                self.wire.append((self.now + timedelta(seconds=self.rng.choice(LATE_SECS)), ask))
            return
        heard = self.outcome(ask)
        process.answer = heard if process.fate != "unheard" else self.no_answer(process, ask)

    def outcome(self, ask: Ask) -> Callable[[], Any]:
        """It is carried out now; the answer is heard later, when other things have happened."""
        try:
            value = self.venue.answer(ask.method, ask.arguments, now=self.now)
        except VenueError as error:
            return lambda error=error: _raise(error)  # type: ignore[misc]
        return lambda: value

    def no_answer(self, process: Process, ask: Ask) -> Callable[[], Any]:
        """The connection breaks at once, or the client waits until it gives up."""
        if self.rng.random() < 0.5:
            process.waits_until = self.now + TIMEOUT
        kind = Unknown if ask.sends else NotReached
        error = kind(venue="simulated", error="TIMEOUT", detail=ask.method)
        return lambda: _raise(error)

    def fate_of(self, ask: Ask | None) -> str:
        """Drawn when a request is written."""
        if ask is None or not self.chaos:
            return ""
        dice = self.rng.random() / self.chaos
        table = SENDS if ask.sends else READS
        return next((fate for limit, fate in table if dice < limit), "")

    def befell(self, process: Process, action: str) -> None:
        """Something happened to a process where it stands."""
        self.findings.befell[f"{process.place}: {action}"] += 1

    # the run --------------------------------------------------------------------------------

    def run(self, steps: int = STEPS) -> Findings:
        """A seed: some steps of anything, then the dust settles, and the judge has looked all the time."""
        self.prelude()
        for number, name in enumerate(self.rng.choices(EVENTS, self.weather.weights, k=steps)):
            self.sleep(timedelta(milliseconds=self.rng.randrange(1, 250)))
            self.note(name)
            getattr(self, f"_{name}")()
            if number % GLANCE == 0:
                judge.at_any_time(self, self.findings)
        self.settle()
        judge.in_the_end(self, self.findings)
        return self.findings

    def prelude(self) -> None:
        """Some trading behind us: pairs bought, their prices moved, some of it seen. Nothing goes wrong yet."""
        chaos, self.chaos = self.chaos, 0.0
        for symbol in self.rng.sample(tuple(PRICES), self.rng.randrange(3)):
            self.alert(symbol, {"action": "buy", "interval": "1"})
            self.finish()
            for task in self.rng.choice(SEEN):
                self.hear(task)
                self.finish()
            self.trade(symbol, self.rng.choice(LEVELS))
        self.chaos = chaos

    def _step(self) -> None:
        ready = self.runnable()
        if not ready:
            return self._hear()
        process = self.rng.choice(ready)
        self.store.fatal = bool(self.chaos) and self.rng.random() < 0.02
        self.advance(process)
        if process.answer is not None and process in self.runnable() and self.rng.random() < 0.6:
            self.resume(process)
        self.store.fatal = False
        return None

    def _hear(self) -> None:
        """A bell, one that is due, or any: lost and doubled ones are all the same."""
        if len(self.processes) >= AT_ONCE:
            return self._step() if self.runnable() else self._sleep()
        bells = self.engine.bells
        due = self.engine.due(self.account)
        dice = self.rng.random()
        if bells and dice < 0.5:
            task = bells.pop(self.rng.randrange(len(bells)))[0]
        elif due and dice < 0.9:
            task = self.rng.choice(due)
        else:
            task = self.rng.choice(TASKS)
        self.note(task)
        self.hear(task)
        if self.chaos and self.rng.random() < 0.15:
            self.hear(task)
        return None

    def _alert(self) -> None:
        if self.sent and self.rng.random() < 0.2:  # a sender that was not answered, or an answer that got lost
            return self.stored(self.alert("BTC/USDT", {}, client_id=self.rng.choice(list(self.sent))))
        open_now = self.engine.open_groups(self.account)
        says = dict(self.rng.choice(SAYS if open_now else SAYS[:BUYS]))
        symbol = self.rng.choice([group.instrument.symbol for group in open_now] * 2 or SYMBOLS)
        symbol = self.rng.choice(SYMBOLS) if says["action"] == "buy" else symbol
        if self.rng.random() < 0.3:
            says["price"] = str(self.venue.prices[symbol])
        return self.stored(self.alert(symbol, says))

    def stored(self, door: Process) -> None:
        """The door is quick, as a rule."""
        while door in self.processes and (not self.chaos or self.rng.random() < 0.8):
            self.advance(door)

    def _trade(self) -> None:
        resting = [order.symbol for order in self.venue.resting()]
        symbol = self.rng.choice(resting or SYMBOLS)
        part = self.rng.choice((None, None, Decimal("0.2"), Decimal("0.5"), Decimal("0.9")))
        self.trade(symbol, self.rng.choice(LEVELS), part)

    def _sleep(self) -> None:
        self.sleep(timedelta(milliseconds=self.rng.choice((1000, 3000, 6000, 6000, 6000, 23000, 61000))))

    def _stall(self) -> None:
        """A process is stopped for a while, wherever it is; the others go on."""
        if self.processes and self.chaos:
            sending = [process for process in self.processes if process.name.startswith("submit")]
            seconds = self.rng.choice((4, 9, 20, 45, 120))
            process = self.rng.choice(sending or self.processes)
            process.waits_until = self.now + timedelta(seconds=seconds)
            self.befell(process, "stopped")

    def _crash(self) -> None:
        if self.processes and self.chaos:
            self.crash(self.rng.choice(self.processes))

    def _restart(self) -> None:
        if self.chaos:
            self.restart()

    def _govern(self) -> None:
        self.govern(self.rng.choice(MODES), self.rng.randrange(1, 4))

    def _kill(self) -> None:
        self.kill(on=not self.engine.latched)

    # the dust settles -----------------------------------------------------------------------

    def settle(self) -> None:
        """Nothing goes wrong any more: every process ends, everything late arrives, passes go on until one writes nothing."""
        self.chaos, self.venue.refuses = 0.0, 0
        self.kill(on=False)
        self.store.mode = "NORMAL"
        self.sleep(LATEST)
        self.finish()
        for client_id in [name for name in self.sent if name not in self.acknowledged]:
            self.alert("BTC/USDT", {}, client_id=client_id)
        for _ in range(ENOUGH):
            before = len(self.store.journal)
            self.pass_over()
            if len(self.store.journal) == before:
                return
        self.defects.append(f"the dust does not settle: {self.store.journal[-6:]}")

    def pass_over(self) -> None:
        """Everything that bells, pump and beat would do, once."""
        self.sleep(LATER)
        for task in SETTLING:
            self.hear(task)
            self.finish()
        while due := [task for task in self.engine.due(self.account) if task != "look_up"]:
            before = len(self.store.journal)
            for task in due:
                self.hear(task)
                self.finish()
            if len(self.store.journal) == before:
                break
        self.human()

    def finish(self) -> None:
        """Every process runs to its end, one after the other."""
        while self.processes:
            process = self.processes[0]
            self.sleep(max(process.waits_until - self.now, timedelta(milliseconds=5)))
            self.advance(process)

    def human(self) -> None:
        """A person looks at the venue's own page and says how the order ended (human.settle)."""
        for order in self.engine.orders_of(self.account, {"NEEDS_HUMAN"}):
            theirs = [o for o in self.venue.orders.values() if o.client_id == order.client_order_id]
            with self.store.transaction():
                self.told_by_hand(order, theirs[-1] if theirs else None)

    def told_by_hand(self, order: Order, theirs: Any) -> None:
        if theirs is None:
            return self.engine.not_placed(order, code="BY_HAND")
        if theirs.status is VenueStatus.OPEN:
            self.venue.cancel(theirs.number)
        to = OrderState.FILLED if theirs.filled >= theirs.qty else OrderState.CANCELED
        self.engine.move(order, to, code="BY_HAND", venue_order_id=theirs.number, reported_qty=theirs.filled)
        return self.engine.review(order.group)

    # the trace ------------------------------------------------------------------------------

    def note(self, *words: str) -> None:
        self.trace.append(" ".join((str((self.now - BEGUN).total_seconds()), *words)))

    def digest(self) -> str:
        """What happened, in one word: the same seed, the same word."""
        lines = [*self.trace, *(str(event) for event in self.store.journal)]
        return sha256("\n".join(lines).encode()).hexdigest()


def _raise(error: VenueError) -> Any:
    raise error


TASKS = tuple(Engine.tasks)
