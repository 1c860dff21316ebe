"""Eight hours of market at the demo's speed: every alert accepted and decided, invariants held, memory flat."""

import json
import statistics
import time

from benchmarks.bench import Bench
from benchmarks.figure import Disagreement, Figure, agree, at_least, at_most, figure
from benchmarks.whole import Stack

SPEED = 300
HOURS = 8
WARM_SHARE = 0.4
# Caches fill and allocators settle first: memory is compared from here on.
ALERTS = "SELECT count(*) FROM signals_alert"
UNDECIDED = ALERTS + " WHERE outcome = '' AND received_at < now() - interval '10 s'"
ENTERED = ALERTS + " WHERE outcome IN ('ENTERED', 'PYRAMIDED')"
REFUSED = "SELECT coalesce(sum(count), 0) FROM signals_refusal"


def measure(bench: Bench) -> list[Figure]:
    """The demo, faster than people watch it, with its futures account too."""
    secs = bench.size(HOURS * 3600 // SPEED, 10)
    with Stack(bench, "soak", DEMO="1", DEMO_SPEED=str(SPEED)) as stack:
        before, after = _weighed(stack, secs)
        alerts, entered, refused = (int(stack.rows(q)[0][0]) for q in (ALERTS, ENTERED, REFUSED))
        undecided = int(stack.rows(UNDECIDED)[0][0])
        held = _invariants(stack, bench.size(20, 3))
    agree("alerts refused at the door, and undecided after 10 s", 0, refused, undecided)
    hours = secs * SPEED / 3600
    note = f"{hours:.1f} h of market at {SPEED} ×, {alerts} alerts, {entered} entries; invariants: {held}"
    return [
        figure("make up with the demo: empty folder → banner", stack.secs, "s", goal=at_most(15)),
        figure(
            "soak: alerts accepted and decided", 100.0 * (alerts - undecided) / max(alerts, 1), "%", goal=at_least(100)
        ),
        figure(
            "soak: memory at the end",
            after,
            "MiB",
            baseline=before,
            against=f"the same stack after {WARM_SHARE:.0%} of the time",
            goal=at_most(before * 1.05),
            note=note,
        ),
    ]


def _weighed(stack: Stack, secs: int) -> tuple[float, float]:
    """The median memory of the first samples after the warm-up, and of the last."""
    started, samples = time.monotonic(), []
    while (age := time.monotonic() - started) < secs:
        if age > secs * WARM_SHARE:
            samples.append(stack.pss_mib())
        time.sleep(1)
    third = max(len(samples) // 3, 1)
    return statistics.median(samples[:third]), statistics.median(samples[-third:])


def _invariants(stack: Stack, settle_secs: int) -> str:
    """How many hold. Raises Disagreement when one does not."""
    said = json.loads(stack.manage("check_invariants", "--json", "--settle-secs", str(settle_secs)) or "{}")
    broken = [name for name, found in said.items() if isinstance(found, dict) and found.get("held") is False]
    if broken:
        raise Disagreement(f"invariants broken: {broken}: {said}")
    return f"{sum(isinstance(v, dict) and v.get('held') is True for v in said.values())} held, none broken"
