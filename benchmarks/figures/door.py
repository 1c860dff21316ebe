"""The door: durable accepts a second, their latency, and what one commit costs; beside a Django view and a bare hello."""

import time

from benchmarks import load, rows
from benchmarks.bench import Bench
from benchmarks.engine import Engine, python
from benchmarks.figure import Figure, agree, at_least, at_most, at_most_baseline, figure, percentile
from benchmarks.load import Replies
from benchmarks.rows import Desk
from project.services.ports import HOST

CONNECTIONS = 100
UVICORN = ("-m", "uvicorn", "--host", HOST, "--log-level", "warning", "--no-access-log", "--no-server-header")
VIEW = "a Django view without middleware that saves the same row, under uvicorn (WSGI), same load generator"
COMMIT = "a bare psycopg connection inserting and committing the same row, p50"
INSERT = """
INSERT INTO signals_alert (source_id, account_id, endpoint, format, raw, content_type, body_hash, dedupe_key,
                           client_id, received_at, peer)
SELECT source_id, account_id, endpoint, format, raw, content_type, body_hash, 'bare:' || %s, '', now(), peer
FROM signals_alert WHERE id = %s RETURNING id
"""


def measure(bench: Bench) -> list[Figure]:
    """All of it, one server at a time."""
    desk = rows.desks(bench, 1)[0]
    with Engine(bench, "door"):
        many, alone, crowd = _door(bench, desk)
    view = _view(bench, desk)
    hello = _hello(bench)
    commit = _bare_commits(bench.size(1000, 100))
    return [
        figure(
            "door: durable accepts, 100 connections",
            many.per_sec,
            "1/s",
            baseline=view.per_sec,
            against=VIEW,
            goal=at_least(5000, times=4),
            note="one uvicorn worker; its load generator is another process on the same cores",
        ),
        figure("door: p99 of them", many.ms(99), "ms", baseline=view.ms(99), against=VIEW, goal=at_most(60)),
        figure("door: share of a bare ASGI hello", many.per_sec, "1/s", baseline=hello.per_sec, against="hello, ASGI"),
        figure(
            "door: 1 connection, p50",
            alone.ms(50),
            "ms",
            baseline=percentile(commit, 50),
            against=COMMIT,
            goal=at_most_baseline(plus=1.0),
        ),
        figure("door: 100 webhooks at once, accepted", crowd.count(202), "of 100", goal=at_least(100)),
    ]


def _door(bench: Bench, desk: Desk) -> tuple[Replies, Replies, Replies]:
    port = bench.ports["door"]
    load.closed(port, _requests(desk, 500), connections=CONNECTIONS)  # warm
    crowd = load.closed(port, _requests(desk, 100), connections=100)
    alone = load.closed(port, _requests(desk, bench.size(1000, 100)), connections=1)
    wanted, before = _requests(desk, bench.size(30_000, 3_000)), _stored()
    many = load.closed(port, wanted, connections=CONNECTIONS)
    _check(many, len(wanted), before)
    return many, alone, crowd


def _view(bench: Bench, desk: Desk) -> Replies:
    """The same requests to the plain view, fewer of them."""
    port, engine = bench.ports["web"], Engine(bench)
    words = ("--port", str(port), "--interface", "wsgi", "benchmarks.baselines.wsgi:app")
    with engine:
        engine.start("view", python(*UVICORN, *words))
        engine.await_port(port)
        load.closed(port, _requests(desk, 200), connections=CONNECTIONS)
        wanted, before = _requests(desk, bench.size(3000, 500)), _stored()
        replies = load.closed(port, wanted, connections=CONNECTIONS)
        _check(replies, len(wanted), before)
    return replies


def _hello(bench: Bench) -> Replies:
    port, engine = bench.ports["web"], Engine(bench)
    with engine:
        words = ("--port", str(port), "--loop", "uvloop", "--http", "httptools", "benchmarks.baselines.hello:app")
        engine.start("hello", python(*UVICORN, *words))
        engine.await_port(port)
        wanted = [load.request("/webhooks/x", rows.body("BTC/USDT", action="buy"))] * bench.size(30_000, 3_000)
        return load.closed(port, wanted, connections=CONNECTIONS)


def _requests(desk: Desk, count: int) -> list[bytes]:
    return [load.request(desk.path, _buy()) for _ in range(count)]


def _buy() -> dict[str, object]:
    """What a strategy's alert looks like."""
    return rows.body(
        "BTCUSDT", action="buy", price="60000.5", interval="60", market_position="long", order_type="limit"
    )


def _stored() -> int:
    return rows.count("SELECT count(*) FROM signals_alert")


def _check(replies: Replies, wanted: int, before: int) -> None:
    """Every reply a 202 with an id of its own, and a row for each."""
    agree("accepted replies, ids and rows", replies.count(202), len(set(replies.ids())), wanted, _stored() - before)


def _bare_commits(count: int) -> list[float]:
    """Milliseconds of single inserts, each its own commit, of a row like the stored ones."""
    like = rows.count("SELECT max(id) FROM signals_alert")
    samples = []
    with rows.connect() as connection:
        for number in range(count):
            started = time.perf_counter()
            connection.execute(INSERT, [str(number), like]).fetchone()
            samples.append((time.perf_counter() - started) * 1000)
    return samples
