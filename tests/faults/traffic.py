"""What a round sends: entries, pyramids, shorts, reductions, replacements, repeats, exits; resent as senders resend."""

import json
import random
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg

from tests.e2e.stack import until
from tests.faults.lab import Lab
from tests.support import plain_http

PAIRS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
INTERVALS = ("1", "5", "15", "60", "240")
ENTRIES, REDUCES, REPEATS = 7, 1, 2
# For each account and round; with an exit for each pair 26 deliveries.
SENDERS = 4
TRIES = 12
PAUSE_SECS = 0.25
REPLY_SECS = 5.0
BETWEEN_SECS = (0.2, 2.0)
# Between entries and exits, at least: some fill.
HURRIED = 0.25
# So often nobody waits for the entries to be sent.
APART_SECS = (0.0, 0.5)
# At most so long a sender waits before each alert, in one round or another: all at once, or while others are decided.
PATIENCE_SECS = 12.0
WAITING = """
SELECT EXISTS (SELECT FROM signals_alert WHERE outcome = '')
    OR EXISTS (SELECT FROM trading_order WHERE state IN ('NEW', 'SUBMITTING'))
"""
SWING = 0.004
# So far a push moves a price, up or down.


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery, and how long its sender waits before it."""

    venue: str
    body: dict[str, Any]
    after_secs: float = 0.0


@dataclass(slots=True)
class Sent:
    """What the door said. promised: the ids that it told, by the sender's own id."""

    deliveries: int = 0
    promised: dict[str, set[int]] = field(default_factory=dict)
    refused: int = 0

    def take(self, name: str, reply: httpx.Response | None) -> None:
        """One delivery more, and what became of it; a door need not tell an id."""
        self.deliveries += 1
        if reply is None or not reply.is_success:
            self.refused += 1
            return
        said = reply.json()
        self.promised.setdefault(name, set()).update([int(said["id"])] if "id" in said else [])


def warm_up(lab: Lab) -> None:
    """Until each account has entered something: prices, candles and balances are there."""
    for venue in lab.sources:
        until(lambda venue=venue: _entered(lab, venue), about=f"a first entry on {venue}", every=PAUSE_SECS)


def _entered(lab: Lab, venue: str) -> bool:
    body = _entry(random.Random(), _mark(lab, venue), derivative=False)
    _deliver(lab, Job(venue, body), Sent(), threading.Event())
    entered = "SELECT 1 FROM signals_alert WHERE outcome = 'ENTERED' AND account_id = %s LIMIT 1"
    return bool(lab.stack.rows(entered, lab.sources[venue]["account"]))


def _mark(lab: Lab, venue: str) -> str:
    """What a symbol ends in where perpetuals are traded."""
    return "" if lab.sources[venue]["venue"] == "binance" else ".P"


def bodies(rng: random.Random, mark: str) -> Iterator[dict[str, Any]]:
    """A round's alerts for one account, exits last; some come twice."""
    entries = [_entry(rng, mark, derivative=bool(mark)) for _ in range(ENTRIES)]
    reduces = [
        _named(rng, {"symbol": rng.choice(PAIRS) + mark, "action": "reduce", "size": "50% position"})
        for _ in range(REDUCES)
    ]
    early = [*entries, *reduces]
    rng.shuffle(early)
    yield from early
    yield from rng.sample(early, REPEATS)
    yield from (_named(rng, {"symbol": pair + mark, "action": "exit"}) for pair in PAIRS)


def _entry(rng: random.Random, mark: str, *, derivative: bool) -> dict[str, Any]:
    short = derivative and rng.random() < 0.4
    way = {"action": "sell", "market_position": "short"} if short else {"action": "buy"}
    return _named(rng, {"symbol": rng.choice(PAIRS) + mark, "interval": rng.choice(INTERVALS), **way})


def _named(rng: random.Random, body: dict[str, Any]) -> dict[str, Any]:
    number = f"{rng.getrandbits(48):012x}{secrets.token_hex(4)}"
    return {"id": number, "timestamp": datetime.now(UTC).isoformat(), **body}


def send(lab: Lab, rng: random.Random) -> Sent:
    """Send a round's alerts to all accounts, and push the market meanwhile. Exits go when all the rest is in."""
    sent, over = Sent(), threading.Event()
    pusher = threading.Thread(target=_push, args=(lab, random.Random(rng.random()), over), daemon=True)
    pusher.start()
    jobs = _jobs(lab, rng)
    try:
        for late in (False, True):
            now = [job for job in jobs if (job.body["action"] == "exit") is late]
            _between(lab, rng, over) if late else None
            with ThreadPoolExecutor(SENDERS) as pool:
                list(pool.map(lambda job: _deliver(lab, job, sent, over), now))
    finally:
        over.set()
        pusher.join()
    with lab.lock:
        lab.promised |= sent.promised  # an id of ours belongs to one round
    return sent


def _jobs(lab: Lab, rng: random.Random) -> list[Job]:
    """A round's deliveries, those of all accounts among each other."""
    apart_secs = rng.choice(APART_SECS)
    plans = {venue: list(bodies(rng, _mark(lab, venue))) for venue in lab.sources}
    found = [Job(venue, body, rng.uniform(0, apart_secs)) for venue, plan in plans.items() for body in plan]
    rng.shuffle(found)
    return found


def _between(lab: Lab, rng: random.Random, over: threading.Event) -> None:
    """Before the exits: mostly until the entries are at the venue, so that there is something to leave; else at once."""
    over.wait(rng.uniform(*BETWEEN_SECS))
    if rng.random() < HURRIED:
        return
    give_up = time.monotonic() + PATIENCE_SECS
    while not _sent(lab) and time.monotonic() < give_up:
        over.wait(PAUSE_SECS)


def _sent(lab: Lab) -> bool:
    """Whether nothing waits for its decision or its way to the venue; a database that is away tells nothing."""
    try:
        return lab.stack.rows(WAITING) == [(False,)]
    except (OSError, psycopg.Error):
        return False


def _deliver(lab: Lab, job: Job, sent: Sent, over: threading.Event) -> None:
    """One alert, sent again while the door does not answer or says 5xx; the same id each time."""
    source = lab.sources[job.venue]
    url = f"http://127.0.0.1:{lab.stack.ports['WINDLASS_DOOR_PORT']}/webhooks/{source['token']}"
    body, reply = {"secret": source["secret"], **job.body}, None
    over.wait(job.after_secs)
    for _ in range(TRIES):
        reply = _post(url, json.dumps(body))
        if reply is not None and reply.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            break
        over.wait(PAUSE_SECS)
    with lab.lock:
        sent.take(body["id"], reply)


def _post(url: str, content: str) -> httpx.Response | None:
    try:
        return plain_http.post(url, content=content, timeout=REPLY_SECS)
    except httpx.TransportError:
        return None


def _push(lab: Lab, rng: random.Random, over: threading.Event) -> None:
    """Prices jump both ways, so that legs and targets fill; the replay leads them back."""
    while not over.wait(rng.uniform(0.1, 0.5)):
        try:
            pair, price = rng.choice(PAIRS), lab.prices()
            moved = float(price[pair]) * (1 + rng.uniform(-SWING, SWING))
            lab.control("price", {"symbol": pair, "price": f"{moved:.2f}"})
        except (httpx.TransportError, AssertionError, KeyError):  # the exchange is being hurt itself
            continue
