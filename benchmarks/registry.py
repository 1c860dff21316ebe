"""Every figure, in the order of a run: one line and one file each."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from benchmarks.bench import Bench
from benchmarks.figure import Figure

Measure = Callable[[Bench], list[Figure]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A group of figures that are measured together. `secs` is when the run gives it up, and ends what it started."""

    name: str
    secs: int

    def load(self) -> Measure:
        """Its function; only now its libraries are imported."""
        return cast(Measure, import_module(f"benchmarks.figures.{self.name}").measure)


ENTRIES = (
    Entry("formats", 90),
    Entry("plans", 90),
    Entry("gate", 60),
    Entry("frames", 60),
    Entry("paper", 240),
    Entry("door", 180),
    Entry("hostile", 240),
    Entry("entries", 240),
    Entry("orders", 150),
    Entry("latency", 120),
    Entry("sweep", 120),
    Entry("live", 240),
    Entry("pages", 600),
    Entry("sockets", 300),
    Entry("start", 300),
    Entry("outcomes", 240),
    Entry("soak", 240),
)
BY_NAME = {entry.name: entry for entry in ENTRIES}
