"""Orders a second through ccxt with two processes, and what an order costs beyond ccxt's own work."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.utils import timezone
from redis import Redis

from benchmarks import rows, stub, venue
from benchmarks.baselines import bare_ccxt
from benchmarks.bench import Bench
from benchmarks.engine import Engine
from benchmarks.figure import Figure, agree, at_least, at_most_baseline, figure
from benchmarks.rows import Desk
from project.accounts.vault import open_credentials
from trading import bells
from trading.domain.vocabulary import OrderType, Side, TimeInForce
from trading.gateways.base import OrderRequest
from trading.services import connect, decide, submit

LEGS, ROUNDS = 5, 9
TIMEFRAMES = ("1", "5", "15", "60", "240")
NEW = "SELECT count(*) FROM trading_order WHERE state = 'NEW'"
OPEN = "SELECT count(*) FROM trading_order WHERE acknowledged_at IS NOT NULL"
SPAN = """
SELECT extract(epoch FROM max(acknowledged_at) - min(submitted_at)) FROM trading_order WHERE account_id = ANY(%s)
"""
OVER_HTTP = "ccxt's create_order alone, two processes, same exchange"
WITHOUT_HTTP = "ccxt's create_order with a session that answers at once"


def measure(bench: Bench) -> list[Figure]:
    """Two workers against the paper exchange; then one process against a session without HTTP."""
    desks = rows.desks(bench, 7, max_open_groups=200)
    with Engine(bench) as engine:
        venue.start(bench, engine)
        symbols = venue.open_markets(bench, desks)
        per_sec = _placed(bench, desks[:2], desks[2:6], symbols, bench.size(60, 6))
        keys = [open_credentials(desk.account) for desk in desks[4:6]]
        bare = bare_ccxt.per_second(venue.url(bench), keys, bench.size(150, 20))
        ccxt_us, gateway_us = _calls(desks[6], symbols[0], bench.size(100, 30))
        whole_us = _whole(desks[6], symbols, bench.size(40, 4))
    return [
        figure(
            "orders placed, two processes",
            per_sec,
            "1/s",
            baseline=bare,
            against=OVER_HTTP,
            goal=at_least(300),
            note="from the first claim to the last acknowledgement; two commits an order",
        ),
        figure(
            "our cost per order: gateway",
            gateway_us - ccxt_us,
            "µs",
            baseline=ccxt_us,
            against=WITHOUT_HTTP,
            goal=at_most_baseline(),
        ),
        figure(
            "our cost per order: with its commits",
            whole_us - ccxt_us,
            "µs",
            baseline=ccxt_us,
            goal=at_most_baseline(),
            note="the strict reading: claim, gateway, settlement and journal, one process",
        ),
    ]


# two processes -----------------------------------------------------------------------------------


def _placed(bench: Bench, desks: Sequence[Desk], warm: Sequence[Desk], symbols: Sequence[str], groups: int) -> float:
    """Orders a second; what the venue holds must be what we believe."""
    _enter(warm, symbols, 1)
    Redis.from_url(settings.REDIS_URL).flushall()  # the bells of these decisions: nobody may hear them yet
    with Engine(bench, "entries", children=len(desks)):
        _submit(warm, LEGS * len(warm))
        _enter(desks, symbols, groups)
        _submit(desks, LEGS * groups * len(desks))
    agree("orders open here and at the venue", rows.count(OPEN), len(venue.orders(bench)))
    span = rows.ask(SPAN, [desk.account.pk for desk in desks])[0][0]
    return LEGS * groups * len(desks) / float(span)


def _enter(desks: Sequence[Desk], symbols: Sequence[str], groups: int) -> None:
    """Decide so many entries for each desk, in this process; their bells are swallowed by others of the same name."""
    pairs = [(symbol, timeframe) for timeframe in TIMEFRAMES for symbol in symbols][:groups]
    rows.store([(desk, _buy(symbol, timeframe)) for desk in desks for symbol, timeframe in pairs])
    for desk in desks:
        rows.silence("submit_entries", desk)
        decide.process_inbox(desk.account.pk, gateway=partial(connect.gateway, desk.account), clock=timezone.now)
    agree(f"entries and their NEW orders, of {rows.outcomes()}", LEGS * groups * len(desks), rows.count(NEW))


def _submit(desks: Sequence[Desk], number: int) -> None:
    """Ring, and wait until the venue has acknowledged so many orders more."""
    before = rows.count(OPEN)
    for desk in desks:
        bells.heard("submit_entries", desk.account.pk)
        bells.ring("submit_entries", desk.account.pk)
    with rows.connect() as connection:
        rows.wait_for(connection, OPEN, before + number, within=40)


def _buy(symbol: str, timeframe: str) -> dict[str, object]:
    return rows.body(symbol, action="buy", price=venue.BUY_AT, interval=timeframe)


# one process, no HTTP ----------------------------------------------------------------------------


def _calls(desk: Desk, symbol: str, number: int) -> tuple[float, float]:
    """Microseconds of ccxt's create_order and of the gateway's place, the venue answering at once."""
    gateway = connect.gateway(desk.account)
    client = gateway._client  # type: ignore[attr-defined]
    checked, wire, client.session = client.fetch, client.session, stub.Session()
    unchecked, params = gateway._write, {"clientOrderId": "bench", "timeInForce": "GTC"}  # type: ignore[attr-defined]
    bare, ours = [], []
    for _ in range(ROUNDS):  # in turns: what disturbs the one disturbs the other
        client.fetch = unchecked
        bare.append(_us_each(lambda: client.create_order(symbol, "limit", "buy", "0.01", "90", params), number))
        client.fetch = checked
        ours.append(_us_each(lambda: gateway.place(_request(symbol)), number))
    client.session = wire
    return min(bare), min(ours)


def _request(symbol: str) -> OrderRequest:
    return OrderRequest(
        symbol=symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=Decimal("0.01"),
        price=Decimal(90),
        time_in_force=TimeInForce.GTC,
        reduce_only=False,
        client_order_id="bench",
        valid_until=timezone.now() + timedelta(seconds=5),
        opens_position=True,
        trigger_price=None,
        position_side="",
    )


def _us_each(work: Callable[[], object], number: int) -> float:
    """Microseconds of one call."""
    started = time.perf_counter()
    for _ in range(number):
        work()
    return (time.perf_counter() - started) / number * 1e6


def _whole(desk: Desk, symbols: Sequence[str], groups: int) -> float:
    """Microseconds an order from NEW to OPEN in one process, the venue answering at once."""
    gateway = connect.gateway(desk.account)
    with rows.fresh_prices():
        _enter([desk], symbols, groups)
    gateway._client.session = stub.Session()  # type: ignore[attr-defined]
    before, started = rows.count(OPEN), time.perf_counter()
    submit.submit_all(desk.account.pk, opening=True, gateway=gateway, clock=timezone.now, timing=connect.timing())
    secs, number = time.perf_counter() - started, LEGS * groups
    agree("orders sent and acknowledged", number, rows.count(OPEN) - before)
    return secs / number * 1e6
