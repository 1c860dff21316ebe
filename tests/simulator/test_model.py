"""Any order of events that a person can write down: hypothesis drives the world, the ledger is the judge."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.simulator import judge
from tests.simulator.judge import Findings
from tests.simulator.market import CHOICES, LEVELS, PRICES
from tests.simulator.venue import KINDS
from tests.simulator.weather import SAYS
from tests.simulator.world import TASKS, World

pytestmark = pytest.mark.repeats

EXAMPLES = 60
STEPS = 40
SYMBOLS = st.sampled_from(sorted(PRICES))
PLACES = st.integers(0, 4)


class Simulation(RuleBasedStateMachine):
    """One account, its venue, and everything that may happen between two steps."""

    @initialize(
        seed=st.integers(0, 10_000),
        kind=st.sampled_from(KINDS),
        values=st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}),
    )
    def begin(self, seed: int, kind: object, values: dict[str, object]) -> None:
        self.world = World(seed, kind=kind, chosen=values)  # type: ignore[arg-type]
        self.findings = Findings()

    @rule(symbol=SYMBOLS, says=st.sampled_from(SAYS))
    def alert(self, symbol: str, says: dict[str, str]) -> None:
        self.world.stored(self.world.alert(symbol, says))

    @rule(symbol=SYMBOLS, level=st.sampled_from(LEVELS))
    def trade(self, symbol: str, level: object) -> None:
        self.world.trade(symbol, level)  # type: ignore[arg-type]

    @rule(task=st.sampled_from(TASKS))
    def hear(self, task: str) -> None:
        self.world.hear(task)

    @rule(places=st.lists(PLACES, min_size=1, max_size=20))
    def advance(self, places: list[int]) -> None:
        for place in places:
            ready = self.world.runnable()
            for process in ready[place % max(len(ready), 1) :][:1]:
                self.world.advance(process)

    @rule(place=PLACES)
    def crash(self, place: int) -> None:
        for process in self.world.processes[place : place + 1]:
            self.world.crash(process)

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule(seconds=st.sampled_from([1, 6, 20, 61]))
    def sleep(self, seconds: int) -> None:
        self.world.sleep(timedelta(seconds=seconds))

    @rule(on=st.booleans())
    def kill(self, on: bool) -> None:
        self.world.kill(on=on)

    @invariant()
    def nothing_is_wrong_now(self) -> None:
        judge.at_any_time(self.world, self.findings)
        assert self.findings.violations == []

    def teardown(self) -> None:
        self.world.settle()
        judge.in_the_end(self.world, self.findings)
        assert self.findings.violations == []


def test_whatever_happens_the_books_come_right() -> None:
    run_state_machine_as_test(
        Simulation,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
