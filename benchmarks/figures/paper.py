"""The paper exchange as a venue: orders in process and over HTTP, frames to many listeners, memory after a million."""

import asyncio
import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import Sequence
from urllib.parse import urlencode

import httpx
import uvloop

from benchmarks import listeners, load, venue
from benchmarks.bench import Bench
from benchmarks.engine import Engine, python
from benchmarks.figure import Figure, agree, at_least, at_most, at_most_baseline, figure, percentile
from project.services.files import write_private
from project.services.ports import HOST
from trading.paper import speed

SYMBOL, PRICE = "BTCUSDT", "60000"
CUSTOMERS = 64
CONNECTIONS = 8
LISTENERS = 20
STREAMS = ("btcusdt@trade", "btcusdt@aggTrade")
FRAMES_PER_SEC = 11_000
FLAT_FROM = 100_000
# Orders after which memory may not grow any more.
SETTLES_MIB = 10
# What an allocator may still take.


def measure(bench: Bench) -> list[Figure]:
    """First in this process, then against one started for it."""
    return [*_core(bench.size(60_000, 4_000)), *_served(bench), *_memory(bench.size(1_000_000, 140_000))]


# in process --------------------------------------------------------------------------------------


def _core(count: int) -> list[Figure]:
    state = speed.exchange()
    orders = speed.requests(state, count)
    secs, _ = speed.timed(lambda: speed.carry(state, orders))
    alone, _ = speed.timed(lambda: speed.bare(orders))
    agree("orders asked for and accepted", count, len(state.orders))
    return [
        figure(
            "paper exchange: orders in process",
            count / secs,
            "1/s",
            baseline=count / alone,
            against="a bare book of heaps and dictionaries",
            goal=at_least(25_000),
            note="filters, balances, fees, matching and ledger lines; processor seconds of one core",
        )
    ]


# over the wire -----------------------------------------------------------------------------------


def _served(bench: Bench) -> list[Figure]:
    with Engine(bench) as engine:
        _start(bench, engine)
        replies, own_ms = _over_http(bench, bench.size(24_000, 800))
        shown, late = uvloop.run(_fanned_out(bench, bench.size(4, 1)))
    return [
        figure(
            "paper exchange: signed limit orders over HTTP",
            replies.per_sec,
            "1/s",
            goal=at_least(4_000),
            note=f"{CONNECTIONS} connections, every reply on disk, every second order trades",
        ),
        figure("paper exchange: own time of a request, p99", own_ms, "ms", goal=at_most(5)),
        figure(
            "paper exchange: frames to 20 listeners",
            shown,
            "1/s",
            goal=at_least(10_000),
            note=f"two streams of trades, {FRAMES_PER_SEC:,} a second wanted",
        ),
        figure("paper exchange: frame after its event, p99", late, "ms", goal=at_most(20)),
    ]


def _start(bench: Bench, engine: Engine) -> None:
    keys = [{"key": f"key-{one}", "secret": f"secret-{one}", "account": f"a{one}"} for one in range(CUSTOMERS)]
    write_private(bench.home / "paper-keys.json", json.dumps(keys))
    words = f"-m trading.paper --manual --port {bench.ports['paper']} --deposit USDT=1000000000,BTC=100000".split()
    folders = ("--data", str(bench.home / "paper"), "--keys", str(bench.home / "paper-keys.json"))
    engine.start("paper", python(*words, *folders))
    engine.await_port(bench.ports["paper"])
    venue.control(bench, "price", {"symbol": SYMBOL, "price": PRICE, "market": "spot"})


def _over_http(bench: Bench, count: int) -> tuple[load.Replies, float]:
    """Customers buy and sell at one price, in turns; only they are in the book."""
    port = bench.ports["paper"]
    venue.control(bench, "depth", {"symbol": SYMBOL, "market": "spot", "levels": 0})
    load.closed(port, _orders(CUSTOMERS * 8, name="warm"), connections=CONNECTIONS)
    replies = load.closed(port, _orders(count, name="order"), connections=CONNECTIONS)
    agree("orders sent and accepted", count, replies.count(200))
    told = httpx.get(f"{venue.url(bench)}/_control/state", timeout=20).json()
    agree("orders sent and kept", CUSTOMERS * 8 + count, told["orders"])
    return replies, told["ownMs"]["p99"]


def _orders(count: int, *, name: str) -> Sequence[bytes]:
    limit = {"type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": PRICE}
    return [
        _signed(one % CUSTOMERS, limit | {"side": _side(one), "newClientOrderId": f"{name}-{one}"})
        for one in range(count)
    ]


def _side(number: int) -> str:
    return "SELL" if number // CUSTOMERS % 2 else "BUY"


def _signed(customer: int, asked: dict[str, str]) -> bytes:
    """A request as bytes, made and signed before the clock runs; it stays valid for a minute."""
    given = {"symbol": SYMBOL, **asked, "recvWindow": 60_000, "timestamp": time.time_ns() // 1_000_000}
    body = urlencode(given)
    body += "&signature=" + hmac.new(f"secret-{customer}".encode(), body.encode(), hashlib.sha256).hexdigest()
    head = f"POST /api/v3/order HTTP/1.1\r\nHost: {HOST}\r\nX-MBX-APIKEY: key-{customer}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


async def _fanned_out(bench: Bench, secs: int) -> tuple[float, float]:
    """Frames a second to all listeners together, and the 99th percentile of their lateness (ms)."""
    port, each = bench.ports["paper"], LISTENERS * len(STREAMS)
    heard = await listeners.listen(port, f"/ws/{'/'.join(STREAMS)}", count=LISTENERS)
    venue.control(bench, "depth", {"symbol": SYMBOL, "market": "spot", "levels": 5})
    per_sec = FRAMES_PER_SEC / each
    market = {"type": "MARKET", "quantity": "0.001", "newOrderRespType": "ACK"}
    asked = [_signed(one % CUSTOMERS, market | {"side": _side(one)}) for one in range(int(per_sec * secs))]
    began = time.perf_counter()
    replies = await load.pace(port, asked, CONNECTIONS, per_sec)
    heard.expect(len(asked) * each)
    await asyncio.wait_for(heard.complete.wait(), 20)
    shown = len(asked) * each / (time.perf_counter() - began)
    agree("trades asked for and made", len(asked), replies.count(200))
    agree("frames sent and heard by each listener", *{one.frames for one in heard.listeners})
    return shown, percentile([late for one in heard.listeners for late in one.late], 99) * 1000


# memory ------------------------------------------------------------------------------------------


def _memory(orders: int) -> list[Figure]:
    """A process of its own, so that nothing else is weighed."""
    launch = python("-m", "trading.paper.speed", "--memory", str(orders))
    told = subprocess.run(launch.argv, env=launch.env, cwd=launch.cwd, capture_output=True, text=True, check=True)
    rows = [(int(done), int(mib)) for done, mib in (line.split() for line in told.stdout.splitlines())]
    early = max(mib for done, mib in rows if done <= FLAT_FROM)
    return [
        figure(
            f"paper exchange: memory after {orders:,} orders",
            rows[-1][1],
            "MiB",
            baseline=early,
            against=f"the same after {FLAT_FROM:,}",
            goal=at_most_baseline(plus=SETTLES_MIB),
            note="what has ended goes to disk",
        )
    ]
