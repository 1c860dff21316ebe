"""From an alert's arrival to the acknowledgement of its first order, the whole engine at work; five alerts a second."""

import time
from itertools import product

from benchmarks import load, rows, venue
from benchmarks.bench import Bench
from benchmarks.engine import Engine
from benchmarks.figure import Figure, agree, at_most, figure, percentile
from benchmarks.rows import Desk
from project.accounts.vault import open_credentials
from signals.market import venues

PER_SEC = 5.0
ACCOUNTS = 5
TIMEFRAMES = ("1", "5", "15", "60", "240")
PARTS = ("door", "entries", "exits", "sweeps", "pump", "beat")
FIRST = """
SELECT extract(epoch FROM signal.created_at - alert.received_at) * 1000,
    extract(epoch FROM min(orders.submitted_at) - alert.received_at) * 1000,
    extract(epoch FROM min(orders.acknowledged_at) - alert.received_at) * 1000
FROM signals_alert AS alert
JOIN signals_signal AS signal ON signal.alert_id = alert.id
JOIN trading_pyramid AS pyramid ON pyramid.signal_id = signal.id
JOIN trading_order AS orders ON orders.group_id = pyramid.group_id
WHERE alert.id = ANY(%s) GROUP BY alert.id, signal.id HAVING min(orders.acknowledged_at) IS NOT NULL
"""
ACKNOWLEDGED = "SELECT count(*) FROM trading_order WHERE acknowledged_at IS NOT NULL"
STAGES = ("decided", "first order claimed", "first order acknowledged")
BARE = "ccxt's create_order alone over HTTP, the same percentile"


def measure(bench: Bench) -> list[Figure]:
    """Distinct pairs, each an entry of five legs; arrival and acknowledgement are columns."""
    number = int(bench.size(25, 4) * PER_SEC)
    desks = rows.desks(bench, ACCOUNTS, max_open_groups=200)
    with Engine(bench) as engine:
        venue.start(bench, engine)
        symbols = venue.open_markets(bench, desks)
        samples = _samples(bench, desks, symbols, number)
        bare = _bare(desks[0], symbols[0], bench.size(200, 30))
    note = f"{number} alerts over {ACCOUNTS} accounts at {PER_SEC:g}/s; door, workers, pump and beat as in the stack"
    *before, last = (list(stage) for stage in zip(*samples, strict=True))
    on_the_way = [
        figure(f"alert → {name}, p50", percentile(stage, 50), "ms", note=note)
        for name, stage in zip(STAGES, before, strict=False)
    ]
    return on_the_way + [
        figure(
            f"alert → {STAGES[-1]}, {name}",
            percentile(last, percent),
            "ms",
            baseline=percentile(bare, percent),
            against=BARE,
            goal=at_most(limit),
            note=note,
        )
        for name, percent, limit in (("p50", 50, 30), ("p99", 99, 120))
    ]


def _samples(bench: Bench, desks: list[Desk], symbols: list[str], number: int) -> list[tuple[float, ...]]:
    """Of each alert the milliseconds from its arrival to each stage."""
    pairs = product(TIMEFRAMES, symbols, desks)
    wanted = [_request(*pair) for pair, _ in zip(pairs, range(number + ACCOUNTS), strict=False)]
    with Engine(bench, *PARTS):
        load.paced(bench.ports["door"], wanted[:ACCOUNTS], connections=1, per_sec=PER_SEC)  # warm every account
        time.sleep(3)
        replies = load.paced(bench.ports["door"], wanted[ACCOUNTS:], connections=10, per_sec=PER_SEC)
        with rows.connect() as connection:
            rows.wait_for(connection, ACKNOWLEDGED, 5 * len(wanted), within=30)
    agree("alerts sent and accepted", number, replies.count(202))
    samples = [tuple(map(float, row)) for row in rows.ask(FIRST, replies.ids())]
    agree("alerts and first orders", number, len(samples))
    agree("orders here and at the venue", 5 * len(wanted), len(venue.orders(bench)))
    return samples


def _request(timeframe: str, symbol: str, desk: Desk) -> bytes:
    return load.request(desk.path, rows.body(symbol, action="buy", price=venue.BUY_AT, interval=timeframe))


def _bare(desk: Desk, symbol: str, number: int) -> list[float]:
    """Milliseconds of create_order, far below the market, by the same kind of client."""
    account = desk.account
    client = venues.build_client(
        venues.VENUES[account.venue], credentials=open_credentials(account), base_url=account.base_url
    )
    client.load_markets()
    samples = []
    for place in range(min(number, 100)):
        started = time.perf_counter()
        client.create_order(symbol, "limit", "buy", "0.5", "60", {"clientOrderId": f"bare{place}"})
        samples.append((time.perf_counter() - started) * 1000)
    return samples
