"""Outcomes a second through the whole engine, sustained: a mix of alerts for 20 accounts, rows counted afterwards."""

import random
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any

from benchmarks import load, rows, venue
from benchmarks.baselines import plain_task
from benchmarks.bench import Bench
from benchmarks.engine import Engine, python
from benchmarks.figure import Figure, agree, at_least, figure, percentile
from benchmarks.load import Replies
from benchmarks.rows import Desk
from trading.models import SettingOverride

PER_SEC = 1200.0
ACCOUNTS, FULL, DISARMED = 20, 4, 1
POOL = 1_000
PARTS = ("door", "entries", "exits", "sweeps", "pump", "beat")
PATIENCE_SECS = 120
# A slow machine is no error: what it comes to is the figure.
TIMEFRAMES = ("1", "5", "15", "30", "60", "120", "240")
MIX = {"values": 40, "exit": 25, "replacement": 20, "guard": 5, "gate": 5, "repeat": 4, "entry": 1}  # percent
OUTCOME = {
    "values": "INDICATORS_STORED",
    "exit": "NOTHING_TO_EXIT",
    "replacement": "QUEUED",
    "guard": "PRICE_MOVED",
    "gate": "NOT_ARMED",
    "entry": "ENTERED",
}
SINCE = "FROM signals_alert WHERE id > %s"
DECIDED = "SELECT count(*) FROM signals_alert WHERE outcome <> ''"
LAG = f"SELECT extract(epoch FROM decided_at - received_at) * 1000 {SINCE} AND outcome <> ''"
TASKS = "one Celery task and one UPDATE for each alert, two pool processes, queue filled beforehand"


@dataclass(slots=True)
class Mix:
    """Makes the alerts: 15 accounts with room, 4 whose pool is full, one that is disarmed."""

    desks: Sequence[Desk]
    symbols: Sequence[str]

    def requests(self, number: int) -> tuple[list[bytes], dict[str, int]]:
        """So many, shuffled within each hundred, and how many of each kind."""
        chance, made, kinds = random.Random(1), list[bytes](), dict.fromkeys(MIX, 0)  # noqa: S311 - no secrets
        hundred = [kind for kind, share in MIX.items() for _ in range(share)]
        makers = self._makers()
        for _ in range(number // 100):
            chance.shuffle(hundred)
            for kind in hundred:
                known = kind if kind != "repeat" or len(made) > 500 else "values"
                made.append(made[-chance.randint(300, 500)] if known == "repeat" else makers[known]())
                kinds[known] += 1
        return made, kinds

    def _makers(self) -> dict[str, Callable[[], bytes]]:
        """For each kind, the next alert of it."""
        turn, pairs = count(), product(TIMEFRAMES, self.symbols[:-1], self.roomy)
        last = self.symbols[-1]

        def one(desks: Sequence[Desk], **fields: Any) -> bytes:
            return _request(desks[next(turn) % len(desks)], **fields)

        def entry() -> bytes:
            timeframe, symbol, desk = next(pairs)
            return _request(desk, symbol=symbol, action="buy", price=venue.BUY_AT, interval=timeframe)

        buy = {"symbol": last, "action": "buy", "interval": "60"}
        return {
            "values": lambda: one(self.roomy, symbol=last, interval="60", rsi=55.1, macd=-1.25),
            "exit": lambda: one(self.roomy, symbol=last, action="exit", interval="60"),
            "replacement": lambda: one(self.full, **buy, price=venue.BUY_AT),
            "guard": lambda: one(self.roomy, **buy, price="90"),
            "gate": lambda: one(self.disarmed, **buy, price=venue.BUY_AT),
            "entry": entry,
        }

    @property
    def full(self) -> Sequence[Desk]:
        return self.desks[:FULL]

    @property
    def disarmed(self) -> Sequence[Desk]:
        return self.desks[FULL : FULL + DISARMED]

    @property
    def roomy(self) -> Sequence[Desk]:
        return self.desks[FULL + DISARMED :]


def _request(desk: Desk, **fields: Any) -> bytes:
    """An alert without a time of its own: it is as old as its arrival."""
    return load.request(desk.path, {"id": secrets.token_hex(8), **fields})


def measure(bench: Bench) -> list[Figure]:
    """The plain way first; then the real door, workers, pump, beat and venue."""
    pool = rows.largest("max_open_groups", POOL)
    desks = rows.desks(bench, ACCOUNTS, max_open_groups=pool)
    secs = bench.size(60, 5)
    with Engine(bench) as engine:
        venue.start(bench, engine)
        mix = Mix(desks, venue.open_markets(bench, desks))
        plain = _plain(bench, desks, mix.symbols, bench.size(3000, 500))
        with Engine(bench, *PARTS):
            _fill_pools(bench, mix)
            per_sec, note = _sustained(bench, mix, secs)
    words = ", ".join(f"{share} % {kind}" for kind, share in MIX.items())
    return [
        figure(
            f"outcomes, sustained {secs} s, {ACCOUNTS} accounts",
            per_sec,
            "1/s",
            baseline=plain,
            against=TASKS,
            goal=at_least(1000),
            note=f"{PER_SEC:g}/s offered: {words}; pool {pool}; repeats get no outcome and do not count; {note}",
        )
    ]


def _plain(bench: Bench, desks: Sequence[Desk], symbols: Sequence[str], number: int) -> float:
    """Outcomes a second with a task for each alert."""
    rows.store([(desks[place % ACCOUNTS], rows.body(symbols[0], action="exit")) for place in range(number)])
    ids = [row[0] for row in rows.ask("SELECT id FROM signals_alert WHERE outcome = '' ORDER BY id")]
    for alert_id in ids:
        plain_task.decide.delay(alert_id)
    words = "-m celery -q -A benchmarks.baselines.plain_task worker -c 2 -l WARNING --without-gossip --without-mingle"
    with Engine(bench) as engine, rows.connect() as connection:
        engine.start("plain", python(*words.split()))
        rows.wait_for(connection, DECIDED, number // 10, within=PATIENCE_SECS)  # it runs
        before, started = rows.count(DECIDED), time.perf_counter()
        rows.wait_for(connection, DECIDED, number, within=PATIENCE_SECS)
        return (number - before) / (time.perf_counter() - started)


def _fill_pools(bench: Bench, mix: Mix) -> None:
    """One group in each of the small pools, and one signal waiting before them."""
    for desk in mix.full:
        SettingOverride.objects.create(account=desk.account, name="max_open_groups", value=1)
    for desk in mix.disarmed:
        desk.account.armed = False
        desk.account.save(update_fields=["armed"])
    buy = {"action": "buy", "price": venue.BUY_AT}
    wanted = [_request(desk, symbol=mix.symbols[0], interval="5", **buy) for desk in mix.full]
    wanted += [_request(desk, symbol=mix.symbols[-1], interval="60", **buy) for desk in mix.full]
    before = rows.count(DECIDED)
    load.closed(bench.ports["door"], wanted, connections=1)
    with rows.connect() as connection:
        rows.wait_for(connection, DECIDED, before + len(wanted), within=PATIENCE_SECS)
    queued = rows.count("SELECT count(*) FROM trading_queuedsignal WHERE state = 'WAITING'")
    agree(f"full pools and signals waiting, of {rows.outcomes()}", FULL, queued)


def _sustained(bench: Bench, mix: Mix, secs: int) -> tuple[float, str]:
    """Outcomes a second within the time, and what became of the rest."""
    wanted, kinds = mix.requests(int(PER_SEC * secs))
    last = rows.count("SELECT max(id) FROM signals_alert")
    replies = load.paced(bench.ports["door"], wanted, connections=50, per_sec=PER_SEC)
    decided = rows.count(f"SELECT count(*) {SINCE} AND outcome <> ''", last)
    _check_replies(replies, kinds, last)
    patience = bench.size(20, 5)
    left = _drained(last, patience)
    if not left:
        _check_outcomes(kinds, last)
    lags = [float(row[0]) for row in rows.ask(LAG, last)]
    told = f"accepted {replies.per_sec:,.0f}/s; outcome after {percentile(lags, 50):,.0f} ms (p50), "
    told += f"{percentile(lags, 99):,.0f} ms (p99); {left} undecided {patience} s later"
    return decided / replies.secs, told


def _check_replies(replies: Replies, kinds: dict[str, int], last: int) -> None:
    """A 202 and a row for each new alert, a 200 and no row for each repeat."""
    fresh = sum(kinds.values()) - kinds["repeat"]
    agree("new alerts, 202s and rows", fresh, replies.count(202), rows.count(f"SELECT count(*) {SINCE}", last))
    agree("repeats and 200s", kinds["repeat"], replies.count(200))


def _drained(last: int, secs: int) -> int:
    """Wait until all are decided, as long as that makes sense; how many are not."""
    give_up, undecided = time.monotonic() + secs, f"SELECT count(*) {SINCE} AND outcome = ''"
    while (left := rows.count(undecided, last)) and time.monotonic() < give_up:
        time.sleep(0.5)
    return left


def _check_outcomes(kinds: dict[str, int], last: int) -> None:
    """Each kind has the outcome it must have, and as many."""
    found = dict(rows.ask(f"SELECT outcome, count(*) {SINCE} GROUP BY outcome", last))
    wanted = {outcome: kinds[kind] for kind, outcome in OUTCOME.items() if kinds[kind]}
    agree(f"kinds of alerts and outcomes: {rows.outcomes()}", str(sorted(wanted.items())), str(sorted(found.items())))
