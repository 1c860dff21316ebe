"""python -m tests.faults.storm --venue bybit --orders 10000: one venue misbehaves in every way it can, evenly, for hours.

A whole stack trades on accounts of that venue while each kind of fault befalls its orders, cancels and questions again
and again; in the end everything settles, and the venue's own ledger is held against the engine's books.

--venue NAME      binance, binanceusdm, bybit, kucoinfutures
--orders 10000    place at least so many
--each 200        and let each fault happen at least so often
--minutes 120     give up then; what was not reached is said, and the status is 1
--json FILE       where the result is added, a line a storm: several add up (python -m tests.faults.records)
"""

import argparse
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.stack import until
from tests.faults import kinds, lab, records, rounds, traffic
from tests.faults.lab import Lab
from tests.faults.oracle import Wrong

ACCOUNTS = 3
CALL_MS = "2000"
# An answer that does not come is given up after so long: ten seconds, two thousand times, would be hours of waiting.
TIMING_MS = "4000,1500"
# How long an order may stay unsent, and the receive window: the storm is the venue's, not the machine's.
CLEAN_SECS = 0.3
# A wrong clock is put right after about so long.
RESET_SECS = (1.0, 5.0)
LOOK_SECS = 2.0
DEPOSIT = "10000000"
SETTINGS: Mapping[str, Any] = {
    "legs": [["0", "25", "1"], ["-0.3", "25", "1"], ["-0.6", "25", "1"], ["-5", "25", "1"]],
    "capital_per_pyramid": "400 USDT",
    "max_open_groups": 12,
}
PLACED = "SELECT count(*) FROM trading_order WHERE venue_order_id <> '' OR venue_algo_id <> ''"
UNSEEN = f"""
SELECT id FROM accounts_exchangeaccount AS account WHERE name LIKE 'storm %%' AND NOT EXISTS (
    SELECT FROM accounts_balancemovement WHERE account_id = account.id AND currency = 'USDT' AND amount >= {DEPOSIT}
)
"""
RESET = "reset"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a venue takes orders and cancels, and where it answers questions, as the paper exchange sees them."""

    order: str
    cancel: str
    questions: str
    cancel_method: str = "DELETE"


PATHS: Mapping[str, Paths] = {
    "binance": Paths("/api/v3/order", "/api/v3/order", "/api/v3/*"),
    "binanceusdm": Paths("/fapi/v1/order", "/fapi/v1/order", "/fapi/*"),
    "bybit": Paths("/v5/order/create", "/v5/order/cancel", "/v5/*", "POST"),
    "kucoinfutures": Paths("/kucoin/api/v1/orders", "/kucoin/api/v1/orders/*", "/kucoin/*"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind: what happens, to which requests, and what else the exchange is told about it."""

    action: str
    of: str = "order"
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As it is counted."""
        return f"{self.action} of {self.of}"


REFUSED_TWICE = "duplicate_request"
STAYS_TAKEN = frozenset({"bybit"})
# Here a client id stays taken when its order is done; elsewhere it is unique among open orders only.
# Only where an id stays taken: elsewhere a filled order's id is free again, and the venue takes its double as a new order.
FAULTS: Sequence[Fault] = (
    Fault("timeout_after_accept"),
    Fault("timeout_before_accept"),
    Fault("http_503_after_accept"),
    Fault("http_503_before_accept"),
    Fault("garbage_after_accept"),
    Fault("duplicate_reply"),
    Fault(REFUSED_TWICE),  # the same client id twice: the answer is the second one's
    Fault("appear_late", more={"ms": 400}),
    Fault("partial_fill", more={"qty": "0.002"}),
    Fault("rate_limit", more={"ms": 300}),
    Fault("ban", more={"ms": 300}),
    Fault("maintenance", more={"ms": 200}),
    Fault("clock_skew", more={"ms": 7000}),
    Fault("delay_ms", more={"ms": 700}),  # its signature may be dead by then: it is judged as it came
    Fault("timeout_after_accept", "cancel"),
    Fault("http_503_after_accept", "cancel"),
    Fault("http_503_before_accept", "cancel"),
    Fault("garbage_after_accept", "cancel"),
    Fault("garbage_after_accept", "question"),
    Fault("http_503_before_accept", "question"),
    Fault("timeout_before_accept", "question"),
)
APART = {"order": 2, "cancel": 2, "question": 30}
# On average so many requests of a kind pass between two faults of that kind.


@dataclass(frozen=True, slots=True)
class Asked:
    """What a storm is to do."""

    venue: str
    orders: int
    each: int
    minutes: float
    seed: int
    accounts: int = ACCOUNTS


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of it. broken: findings, invariants violated or not looked at, and what was not reached, in words."""

    venue: str
    seed: int
    orders: int
    deliveries: int
    faults: Mapping[str, int]
    lost: int
    doubled: int
    phantom: int
    stuck: int
    broken: tuple[str, ...]
    unchecked: tuple[str, ...]
    secs: float
    settle_secs: float


def faults_of(venue: str) -> list[Fault]:
    """What a venue can do."""
    return [fault for fault in FAULTS if venue in STAYS_TAKEN or fault.action != REFUSED_TWICE]


def plan(venue: str, rng: random.Random, each: int, apart: Mapping[str, int] = APART) -> list[Json]:
    """The exchange's rules: every fault so often, shuffled, each after some requests that pass."""
    paths = PATHS[venue]
    matches = {
        "order": {"method": "POST", "path": paths.order},
        "cancel": {"method": paths.cancel_method, "path": paths.cancel},
        "question": {"method": "GET", "path": paths.questions},
    }
    found: list[Json] = []
    for of, match in matches.items():
        drawn = [fault for fault in faults_of(venue) if fault.of == of for _ in range(each)]
        rng.shuffle(drawn)
        skips = (rng.randint(0, 2 * apart[of]) for _ in drawn)
        found += [{"match": match, "action": f.action, "skip": skip, **f.more} for f, skip in _one_by_one(drawn, skips)]
    return found


def _one_by_one(drawn: Sequence[Fault], skips: Iterator[int]) -> Iterator[tuple[Fault, int]]:
    """A rule counts the requests that reach it, which all before it have let pass: distances add up."""
    place = 0
    for fault, skip in zip(drawn, skips, strict=True):
        place += skip
        yield fault, place


def happened(told: Sequence[Json], venue: str) -> Counter[str]:
    """How often each kind has happened, by its name here."""
    paths = PATHS[venue]
    found: Counter[str] = Counter()
    for row in told:
        of = "question" if row["method"] == "GET" else "order" if _is(row, paths) else "cancel"
        found[f"{row['action']} of {of}"] += 1
    return found


def _is(row: Json, paths: Paths) -> bool:
    return bool(row["method"] == "POST" and row["path"] == paths.order)


class Weather:
    """What goes on beside the alerts until it is stopped: connections reset, clocks put right."""

    def __init__(self, bench: Lab, rng: random.Random, enough: int) -> None:
        self._lab, self._rng, self._enough, self._over = bench, rng, enough, threading.Event()
        self.resets = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._resetting, self._cleaning)]

    def __enter__(self) -> "Weather":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _resetting(self) -> None:
        while not self._over.wait(self._rng.uniform(*RESET_SECS)):
            if self.resets >= self._enough:
                continue
            self.resets += self._lab.proxies["venue"].busy
            self._lab.proxies["venue"].reset()

    def _cleaning(self) -> None:
        while not self._over.wait(CLEAN_SECS):
            try:
                self._lab.control("clock", {"skew_ms": 0})
            except (httpx.TransportError, AssertionError):  # asked again in a moment
                continue


def play(bench: Lab, asked: Asked) -> Storm:
    """Let it storm until enough has happened, then settle and judge."""
    began, rng, deliveries = time.monotonic(), random.Random(f"{asked.venue}/{asked.seed}"), 0
    bench.control("fault", plan(asked.venue, rng, asked.each))
    with Weather(bench, random.Random(rng.random()), asked.each) as weather:
        while time.monotonic() - began < asked.minutes * 60:
            deliveries += traffic.send(bench, rng).deliveries
            missing = _missing(bench, asked, weather)
            _told(bench, asked, missing, began)
            if not missing:
                break
    faults, orders = _counted(bench, asked, weather), _orders(bench)
    missing = _missing(bench, asked, weather)
    settled = time.monotonic()
    kinds.heal(bench)
    broken = rounds.settle(bench, secs=SETTLE_SECS)
    settle_secs = time.monotonic() - settled
    said = rounds.verdict(bench)
    broken += [*rounds.broken_promises(said), *(f"I10: a secret is in {name}" for name in bench.leaks())]
    left_out = rounds.unchecked(said)
    counts = {wrong: sum(f["wrong"] == wrong for f in said.get("findings", ())) for wrong in Wrong}
    return Storm(
        asked.venue,
        asked.seed,
        orders,
        deliveries,
        dict(faults),
        counts[Wrong.LOST],
        counts[Wrong.DOUBLED],
        counts[Wrong.PHANTOM],
        counts[Wrong.STUCK],
        (*broken, *(f"unchecked: {name}" for name in left_out), *(f"not reached: {words}" for words in missing)),
        tuple(left_out),
        round(time.monotonic() - began, 1),
        round(settle_secs, 1),
    )


SETTLE_SECS = 600.0


def _orders(bench: Lab) -> int:
    return int(bench.stack.rows(PLACED)[0][0])


def _counted(bench: Lab, asked: Asked, weather: Weather) -> Counter[str]:
    told = bench.faults()
    return happened(told, asked.venue) + Counter({RESET: weather.resets})


def _missing(bench: Lab, asked: Asked, weather: Weather) -> list[str]:
    """What has not happened often enough yet, in words."""
    faults, orders = _counted(bench, asked, weather), _orders(bench)
    found = [f"{orders} of {asked.orders} orders"] if orders < asked.orders else []
    names = [*(fault.name for fault in faults_of(asked.venue)), RESET]
    return found + [f"{name} {faults[name]} of {asked.each}" for name in names if faults[name] < asked.each]


def _told(bench: Lab, asked: Asked, missing: Sequence[str], began: float) -> None:
    secs = time.monotonic() - began
    sys.stdout.write(f"{asked.venue} {secs:>6.0f} s  {_orders(bench)} orders; {'; '.join(missing[:4]) or 'enough'}\n")
    sys.stdout.flush()


def storm(asked: Asked, *, keep: bool = False) -> Storm:
    """A stack of its own, and the storm over it."""
    given = {"FAULTS_CALL_MS": CALL_MS, "FAULTS_TIMING_MS": TIMING_MS}
    with lab.opened(venue=asked.venue, accounts=asked.accounts, settings=dict(SETTINGS), **given) as bench:
        fund(bench)
        traffic.warm_up(bench)
        found = play(bench, asked)
        bench.keep = keep and bool(found.broken)
        if bench.keep:
            sys.stdout.write(f"  kept: {bench.stack.home.parent}\n")
    return found


def fund(bench: Lab) -> None:
    """Money enough for a long storm, and known to the engine: with money that nobody explains nothing is proven absent."""
    from tests.faults.ledgers import WORDS

    for source in bench.sources.values():
        words = WORDS[source["venue"]]
        side = words.side if words.side and not words.prefix else "spot"
        account = f"{words.prefix}account-{source['account']}"
        bench.control("deposit", {"account": account, "amounts": {"USDT": DEPOSIT}, "market": side})
    until(lambda: not bench.stack.rows(UNSEEN), about="the deposits in the books", every=CLEAN_SECS)
    bench.stack.until_reconciled()


def table(found: Storm) -> str:
    """The result in lines."""
    lines = [f"{name:<40}{count:>7}" for name, count in sorted(found.faults.items())]
    head = f"{found.venue}, seed {found.seed}: {found.orders} orders of {found.deliveries} deliveries"
    verdict = f"lost {found.lost}  doubled {found.doubled}  phantom {found.phantom}  stuck {found.stuck}"
    times = f"{found.secs:.0f} s, of which {found.settle_secs:.0f} s until the dust had settled"
    unchecked = [f"nothing to check: {', '.join(found.unchecked)}"] if found.unchecked else []
    return "\n".join([head, *lines, verdict, times, *unchecked, *found.broken]) + "\n"


def main() -> int:
    """Storm; 1 when a promise was broken or not enough happened."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    given = _arguments()
    found = storm(Asked(given.venue, given.orders, given.each, given.minutes, given.seed, given.accounts), keep=True)
    sys.stdout.write(table(found))
    if given.json:
        records.append(given.json, asdict(found))
    return int(bool(found.broken))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venue", choices=sorted(PATHS), required=True)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
