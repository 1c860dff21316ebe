"""`make up` from installed to its banner, on an empty folder, with the demo and again; what the idle stack weighs."""

import sys
import time

from benchmarks.bench import Bench
from benchmarks.figure import Figure, at_most, figure
from benchmarks.whole import Stack

SECOND = "the second start on the same folder"


def measure(bench: Bench) -> list[Figure]:
    """Without the demo: idle means that nothing is traded; the polls and sweeps go on."""
    with Stack(bench, "start") as first:
        time.sleep(bench.size(15, 3))
        idle, count = first.pss_mib(), len(first.processes())
    again = None if bench.quick else _second(bench)
    weight = f"{count} processes, {bench.size(15, 3)} s after the banner, without the demo; Python {sys.version[:6]}"
    return [
        figure("make up: empty folder → banner", first.secs, "s", baseline=again, against=SECOND, goal=at_most(15)),
        figure("make up with the demo: empty folder → banner", _demo(bench), "s", goal=at_most(15)),
        figure("idle memory, sum of PSS", idle, "MiB", goal=at_most(900), note=weight),
    ]


def _demo(bench: Bench) -> float:
    """Seconds of a start with the demo, which is what a new user sees."""
    with Stack(bench, "demo", DEMO="1") as stack:
        return stack.secs


def _second(bench: Bench) -> float:
    """Seconds of a start on the same folder."""
    with Stack(bench, "start") as stack:
        return stack.secs
