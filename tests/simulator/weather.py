"""The weather of a seed: how often each event comes, and what goes wrong on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SAYS: Sequence[Mapping[str, str]] = (
    *[{"action": "buy", "interval": interval} for interval in ("1", "1", "1", "3")],
    {"action": "sell", "interval": "1"},
    {"action": "exit"},
    {"action": "exit", "interval": "1"},
    {"action": "reduce", "size": "30% position"},
    {"action": "reduce", "size": "60% position"},
)


BUYS = 4
# The first of them, said while nothing is open.

SYMBOLS = ("BTC/USDT", "BTC/USDT", "ETH/USDT", "SOL/USDT")
MODES = ("NORMAL",) * 7 + ("PAUSED", "REDUCED", "EMERGENCY")
SETTLING = ("reconcile_books", "process_inbox", "submit_entries", "submit_exits", "look_up", "poll_prices")
SETTLING += ("sweep_exits", "submit_exits", "poll_fills", "sweep_queue")
SEEN = (("process_inbox",), ("process_inbox", "submit_entries"))
SEEN += (("process_inbox", "submit_entries", "poll_fills", "submit_exits"),) * 2
# How far a pair of the prelude has come.
SENDS = ((0.06, "lost"), (0.14, "unheard"), (0.22, "late"), (0.24, "refused"))
READS = ((0.03, "lost"), (0.05, "unheard"))
# What becomes of a request, by a dice that is divided by the seed's chaos.
EVENTS = ("step", "hear", "alert", "trade", "sleep", "crash", "govern", "restart", "stall", "kill")


@dataclass(frozen=True, slots=True)
class Weather:
    """How often each event comes, in the order of EVENTS, and how much goes wrong on the wire."""

    chaos: float
    weights: Sequence[int]


PLAIN = Weather(0.0, (800, 150, 70, 90, 35, 0, 12, 0, 0, 0))
MIXED = Weather(1.0, (800, 150, 70, 90, 35, 20, 12, 4, 8, 2))
DEAF = Weather(2.5, (800, 150, 90, 40, 80, 8, 5, 2, 5, 1))  # answers get lost, requests come late
DEADLY = Weather(1.0, (800, 150, 70, 80, 30, 50, 5, 20, 5, 1))
SLEEPY = Weather(1.5, (800, 150, 70, 50, 130, 5, 5, 1, 50, 1))  # processes are stopped for long between two steps
CROWDED = Weather(0.5, (800, 200, 190, 50, 20, 15, 20, 2, 10, 1))  # many alerts for few slots
STALLED = Weather(0.2, (800, 150, 90, 60, 200, 0, 0, 0, 150, 0))  # who sends is stopped, and others look on
KILLING = Weather(0.5, (800, 150, 140, 50, 40, 15, 5, 2, 5, 25))
WEATHER = (PLAIN, MIXED, MIXED, DEAF, DEADLY, SLEEPY, CROWDED, KILLING)
