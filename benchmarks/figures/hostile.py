"""Hostile bodies over the wire, a hundred senders at once: none ends in a 5xx, and nobody waits long meanwhile."""

from collections import Counter
from collections.abc import Sequence

from benchmarks import fuzz, load, rows
from benchmarks.bench import Bench, say
from benchmarks.engine import Engine
from benchmarks.figure import Disagreement, Figure, agree, at_most, figure, percentile
from benchmarks.rows import Desk
from project.services.ports import HOST

BODIES, SLICE, CONNECTIONS = 100_000, 5_000, 100
ANSWERED = frozenset({200, 202, 409, 413, 422})
# Known already, taken, an id with another content, too long, not understood; the sender is a known one, and nothing limits its rate.


def measure(bench: Bench) -> list[Figure]:
    """As many bodies as the door takes, each made from its number; the sender is another process's half of the cores."""
    count = bench.size(BODIES, SLICE)
    desk, messages = rows.desks(bench, 1)[0], fuzz.seeds()
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    with Engine(bench, "door"):
        load.closed(bench.ports["door"], _requests(desk, range(500), messages), connections=CONNECTIONS)  # warm
        for first in range(500, 500 + count, SLICE):
            wanted = _requests(desk, range(first, first + SLICE), messages)
            replies = load.closed(bench.ports["door"], wanted, connections=CONNECTIONS)
            agree("bodies sent and answered", len(wanted), len(replies.statuses))
            statuses.update(replies.statuses)
            latencies += replies.latencies
    say("  " + ", ".join(f"{number:,} × {status}" for status, number in sorted(statuses.items())))
    if strange := {status for status in statuses if status < 500} - ANSWERED:
        raise Disagreement(f"answers that nobody expects: {sorted(strange)}")
    if not statuses[202]:
        raise Disagreement("no body was understood: this shows nothing")
    failed = sum(number for status, number in statuses.items() if status >= 500)
    note = f"{count:,} bodies made from {len(messages)} messages of the documents, {CONNECTIONS} connections, no rate limit"
    return [
        figure("hostile bodies: answers with 5xx", failed, "", goal=at_most(0), note=note),
        figure(
            "hostile bodies: p99 of the answers under flood", percentile(latencies, 99) * 1000, "ms", goal=at_most(250)
        ),
    ]


def _requests(desk: Desk, numbers: Sequence[int], messages: Sequence[str]) -> list[bytes]:
    return [_request(desk.path, fuzz.body(number, messages)[0]) for number in numbers]


def _request(path: str, content: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content
