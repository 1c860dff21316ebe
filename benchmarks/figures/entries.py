"""Entries of five legs, from the bell until their orders are committed as NEW; one process, then two."""

import time
from collections.abc import Sequence

from benchmarks import rows
from benchmarks.bench import Bench
from benchmarks.engine import Engine
from benchmarks.figure import Figure, agree, at_least, figure
from benchmarks.rows import Desk
from trading import bells

POOL = 10_000
SYMBOLS = 500
LEGS = 5
WARM = 4
LONGEST_SECS = 25.0
# What is not decided by then does not count: a slow engine must not make a run long.
WARM_SECS = 60.0
DECIDED = "SELECT count(*) FROM signals_alert WHERE outcome <> ''"
WRITTEN = """
SELECT (SELECT count(*) FROM signals_signal) + (SELECT count(*) FROM risk_riskdecision)
     + (SELECT count(*) FROM trading_positiongroup) + (SELECT count(*) FROM trading_pyramid)
     + (SELECT count(*) FROM trading_leg) + (SELECT count(*) FROM trading_slot)
     + (SELECT count(*) FROM trading_order) + (SELECT count(*) FROM journal_journalentry)
"""
INSERT = """
INSERT INTO journal_journalentry (kind, subject, payload, at) SELECT 'bench', 'bench', '{}', now()
FROM generate_series(1, %s)
"""
BARE = "as many journal rows as one entry writes rows, in one commit, by bare psycopg; times the processes"


def measure(bench: Bench) -> list[Figure]:
    """The same entries with one and with two processes, and a bare insert of as many rows."""
    pool, number = rows.largest("max_open_groups", POOL), bench.size(SYMBOLS, 40)
    accounts = max(2, -(-number // pool))
    desks = rows.desks(bench, 2 * (WARM + accounts), max_open_groups=pool)
    symbols = rows.markets(SYMBOLS)
    one, two = desks[: WARM + accounts], desks[WARM + accounts :]
    with rows.fresh_prices():
        single, double = (_run(bench, half, symbols, number, processes=n) for n, half in ((1, one), (2, two)))
    bare = _bare(rows.count(WRITTEN) // rows.count(DECIDED))
    note = f"{number} entries, pool {pool}" + (", the largest that the settings allow" if pool < POOL else "")
    return [
        figure("entries of 5 legs, one process", single, "1/s", baseline=bare, against=BARE, goal=at_least(60)),
        figure("entries of 5 legs, two processes", double, "1/s", baseline=2 * bare, goal=at_least(110), note=note),
    ]


def _run(bench: Bench, desks: Sequence[Desk], symbols: Sequence[str], number: int, *, processes: int) -> float:
    """Entries a second. The processes are warmed with entries of other accounts."""
    warm, desks = desks[:WARM], desks[WARM:]
    share = -(-number // len(desks))
    wanted = [(desks[place // share], _buy(symbols[place % len(symbols)])) for place in range(number)]
    with Engine(bench, "entries", children=processes):
        _decide(warm, [(desk, _buy(symbols[0])) for desk in warm], longest=WARM_SECS)
        decided, secs = _decide(desks, wanted, longest=LONGEST_SECS)
    _check(desks)
    return decided / secs


def _buy(symbol: str) -> dict[str, object]:
    return rows.body(symbol, action="buy", price="100", interval="60")


def _decide(
    desks: Sequence[Desk], wanted: Sequence[tuple[Desk, dict[str, object]]], *, longest: float
) -> tuple[int, float]:
    """Ring, and wait until all have their outcome or the time is over: how many have, and the seconds."""
    before = rows.count(DECIDED)
    rows.store(wanted)
    with rows.connect() as connection:
        started = time.perf_counter()
        for desk in desks:
            rows.silence("submit_entries", desk)  # nothing is to be sent: there is no venue
            bells.ring("process_inbox", desk.account.pk)
        decided = rows.reached(connection, DECIDED, before + len(wanted), within=longest)
        return decided - before, time.perf_counter() - started


def _check(desks: Sequence[Desk]) -> None:
    """Each decided alert entered, with a group, a slot and five orders."""
    ids = [desk.account.pk for desk in desks]
    decided = f"{DECIDED} AND account_id = ANY(%s)"
    number = rows.count(decided, ids)
    agree(
        f"alerts decided and entered, of {rows.outcomes()}",
        number,
        rows.count(f"{decided} AND outcome = 'ENTERED'", ids),
    )
    for table, each in (("positiongroup", 1), ("slot", 1), ("order", LEGS)):
        found = rows.count(f"SELECT count(*) FROM trading_{table} WHERE account_id = ANY(%s)", ids)
        agree(f"entries and rows of trading_{table}", number * each, found)


def _bare(rows_each: int) -> float:
    """Commits a second of so many plain rows, one connection."""
    with rows.connect() as connection:
        started, commits = time.perf_counter(), 200
        for _ in range(commits):
            connection.execute(INSERT.encode(), [rows_each])
        return commits / (time.perf_counter() - started)
