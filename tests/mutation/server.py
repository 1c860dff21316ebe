"""Tests are collected once; each mutant then lives and dies in a forked child that runs only the tests that reach it."""

import builtins
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings

from tests.mutation import children
from tests.mutation.mutants import Key, Module, Mutant
from tests.mutation.rooms import ROOT, SOURCES, files_for, source_of
from tests.mutation.swap import Functions, anew, in_place, live_functions

SLOW_SECS = 1.0
# Tests that take longer (CPU) are not asked: a kill that they alone would make is not counted.
PATIENCE_SECS = 5
# CPU seconds beyond three times what the tests take: a mutant that is not through by then goes in circles.
UNCOVERED = "uncovered"
# No quick test enters the function: nothing was run, and nothing would have noticed.
PYTEST = (
    *("--noconftest", "-c", os.devnull, f"--rootdir={ROOT}", "--import-mode=importlib", "--assert=plain", "-s", "-x"),
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:warnings", "-p", "no:faulthandler"),
)
_HIT = "__mutation_hit__"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant; by: the test that noticed; seconds: CPU."""

    mutant: Mutant
    status: str
    by: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """Each test without a mutant: what it takes (CPU seconds), and which functions it enters."""

    seconds: Mapping[str, float]
    entered: Mapping[Key, Sequence[str]]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Tests that enter the mutant's function, the quickest first; for a constant or a table all that are quick."""
        known = self.seconds if mutant.key is None else self.entered.get(mutant.key, ())
        return sorted((test for test in known if self.seconds[test] <= SLOW_SECS), key=lambda test: self.seconds[test])

    def limit_secs(self, tests: Sequence[str]) -> int:
        """CPU seconds after which a child is ended."""
        return math.ceil(PATIENCE_SECS + 3 * sum(self.seconds[test] for test in tests))


@dataclass(slots=True)
class Server:
    """A pytest plugin that takes the place of the run: `asked` are mutants of one module."""

    module: Module
    asked: Sequence[Mutant]
    processes: int
    tell: Callable[[Verdict], None]
    functions: Functions = field(default_factory=dict)
    items: Mapping[str, pytest.Item] = field(default_factory=dict)
    living: dict[int, tuple[Mutant, children.Child]] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """All mutants, so many at a time."""
        self.items = {item.nodeid: item for item in session.items}
        self.functions = live_functions(self.module.filename)
        baseline = self._baseline()
        self._control(baseline)
        for mutant in self.asked:
            self._begin(mutant, baseline)
        while self.living:
            self._end_one()
        return True

    def _begin(self, mutant: Mutant, baseline: Baseline) -> None:
        tests = baseline.tests_of(mutant)
        if not tests:
            self.tell(Verdict(mutant, UNCOVERED, "", 0.0))
            return
        while len(self.living) >= self.processes:
            self._end_one()
        child = children.born(lambda: self._life(mutant, tests), limit_secs=baseline.limit_secs(tests))
        self.living[child.pid] = (mutant, child)

    def _end_one(self) -> None:
        pid, status, used = os.wait4(-1, 0)
        mutant, child = self.living.pop(pid)
        by = children.last_words(child)
        self.tell(Verdict(mutant, children.meaning(status), by, round(used.ru_utime + used.ru_stime, 2)))

    def _life(self, mutant: Mutant, tests: Sequence[str]) -> str:
        """In the child: the test that notices; empty when none does."""
        if mutant.key is None:
            return self._anew(mutant, tests)
        in_place(self.functions, self.module.code(mutant), [mutant.key])
        return next((test for test in tests if not _passes(self.items[test])), "")

    def _anew(self, mutant: Mutant | None, tests: Sequence[str]) -> str:
        """A run of its own, from the imports on."""
        anew(f"{SOURCES.as_posix().replace('/', '.')}.{self.module.name}", self.module.code(mutant))
        only = _Only(frozenset(tests))
        code = pytest.main([*PYTEST, *files_for(self.module.name)], plugins=[only])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
            raise RuntimeError(f"pytest ended with {code}")
        return "" if code == pytest.ExitCode.OK else only.failed or "the import"

    # without a mutant ----------------------------------------------------------------------------

    def _baseline(self) -> Baseline:
        """Run everything once in a child, with functions that say when they are entered."""
        seconds, entered = json.loads(children.said(self._measured))
        return Baseline(seconds, {(name, line): tests for name, line, tests in entered})

    def _measured(self) -> str:
        reached: set[Key] = set()
        setattr(builtins, _HIT, reached.add)
        in_place(self.functions, self.module.watched(_HIT), list(self.functions))
        seconds: dict[str, float] = {}
        entered: dict[Key, list[str]] = {}
        for name, item in self.items.items():
            reached.clear()
            begun = time.process_time()
            if not _passes(item):
                raise RuntimeError(f"{name} fails without a mutant")
            seconds[name] = time.process_time() - begun
            for key in reached:
                entered.setdefault(key, []).append(name)
        return json.dumps([seconds, [[*key, tests] for key, tests in entered.items()]])

    def _control(self, baseline: Baseline) -> None:
        """The module imported anew as it is: a test that fails now would kill every table's mutant."""
        if any(mutant.key is None for mutant in self.asked):
            quick = [test for test, secs in baseline.seconds.items() if secs <= SLOW_SECS]
            found = children.said(lambda: self._anew(None, quick))
            if found:
                raise RuntimeError(f"{found} fails without a mutant, once {self.module.name} is imported anew")


@dataclass(slots=True)
class _Only:
    """A pytest plugin: these tests only; remembers which failed first."""

    wanted: frozenset[str]
    failed: str = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.wanted]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or (report.nodeid if report.failed else "")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.failed = self.failed or (f"collecting {report.nodeid}" if report.failed else "")


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def serve(module: str, *, want: Callable[[Mutant], bool], processes: int, tell: Callable[[Verdict], None]) -> None:
    """Try the wanted mutants of one module, in children of this process; RuntimeError where its tests do not run."""
    path = source_of(module)
    known = Module(module, path.read_text("utf-8"), str(path))
    asked = [mutant for mutant in known.mutants if want(mutant)]
    if asked:
        _same_examples_each_time()
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        code = pytest.main([*PYTEST, *files_for(module)], plugins=[Server(known, asked, processes, tell)])
        if code != pytest.ExitCode.OK:
            raise RuntimeError(f"{module}: its tests could not be collected or run ({code!r})")


def _same_examples_each_time() -> None:
    """And no shrinking: that a test fails is all we want to know."""
    phases = (Phase.explicit, Phase.generate)
    checks = list(HealthCheck)
    hypothesis_settings.register_profile(
        "mutation", derandomize=True, deadline=None, database=None, phases=phases, suppress_health_check=checks
    )
    hypothesis_settings.load_profile("mutation")
