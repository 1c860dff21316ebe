"""Alerts detected and parsed on one core; and broken bodies, none of which may fail or take long."""

import contextlib
import json
import time
from collections.abc import Callable

from benchmarks import fuzz
from benchmarks.bench import Bench
from benchmarks.figure import Figure, agree, at_least, at_most, figure
from signals.formats import FormatRefused

PLAIN = "json.loads alone, for the bodies that are JSON; a plain text is only decoded"


def measure(bench: Bench) -> list[Figure]:
    """The documents' own messages of every format, again and again; then the first of the fuzzed bodies."""
    messages = fuzz.seeds()
    bodies = [message.encode() for message in messages if understood(message.encode())]
    rounds = bench.size(40, 5)
    ours, plain = _per_second(fuzz_read, bodies, rounds), _per_second(bare, bodies, rounds)
    tally = fuzz.Tally()
    for number in range(bench.size(50_000, 2_000)):
        fuzz.try_one(number, messages, tally)
    agree("bodies that fail without a code", 0, len(tally.failed))
    note = f"{tally.done:,} broken bodies, all refused with a code or understood; `python -m benchmarks.fuzz` makes a million"
    words = f"{len(bodies)} messages of the documents"
    return [
        figure(
            "alerts detected and parsed", ours, "1/s", baseline=plain, against=PLAIN, goal=at_least(20_000), note=words
        ),
        figure("slowest broken body", tally.slowest_ms, "ms", goal=at_most(fuzz.LIMIT_MS), note=note),
    ]


def understood(raw: bytes) -> bool:
    """Whether the tradingview endpoint takes it: a document also shows what is refused."""
    with contextlib.suppress(FormatRefused):
        return bool(fuzz_read(raw))
    return False


def fuzz_read(raw: bytes) -> object:
    """What the door makes of a body."""
    return fuzz.read(raw, "tradingview")


def bare(raw: bytes) -> object:
    """The same bytes, read by the standard library as far as it can."""
    with contextlib.suppress(ValueError):
        return json.loads(raw)
    return raw.decode()


def _per_second(read: Callable[[bytes], object], bodies: list[bytes], rounds: int) -> float:
    started = time.thread_time()
    for _ in range(rounds):
        for raw in bodies:
            read(raw)
    return rounds * len(bodies) / (time.thread_time() - started)
