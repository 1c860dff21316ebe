"""Starts everything and keeps it running until a signal or a failure."""

import asyncio
import logging
import signal
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import uvicorn

from trading.paper.control import effects
from trading.paper.control.faults import Faults
from trading.paper.control.latency import Latency
from trading.paper.control.routes import Control
from trading.paper.core.depth import Depth
from trading.paper.core.events import Positioned
from trading.paper.core.fees import BPS, FeeRates
from trading.paper.core.perps.state import Perps
from trading.paper.core.perps.state import opened as perps_opened
from trading.paper.core.state import opened
from trading.paper.dialects import BYBIT, DIALECTS, KUCOIN, KUCOIN_DIALECTS
from trading.paper.drivers import registry
from trading.paper.drivers.base import Driver
from trading.paper.ledger.archive import SqliteArchive
from trading.paper.ledger.journal import Journal
from trading.paper.market.instruments import bundled, contracts, kucoin_contracts
from trading.paper.server import memory
from trading.paper.server.asgi import App
from trading.paper.server.exchange import Exchange
from trading.paper.server.keys import KeyRing
from trading.paper.server.options import HOST, Options
from trading.paper.server.wire import Wire

logger = logging.getLogger("paper")

KEEP_ALIVE_SECS = 600
# Longer than any client's pool keeps a connection: a request must not race with our closing it.

REPORT_SECS = 30.0

TIME_CHECK_SECS = 0.25

STREAM_TICK_SECS = 0.1


def wall_ms() -> int:
    """The wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def build(options: Options) -> Exchange:
    """The exchange as its ledger left it."""
    traded = registry.traded(options)
    journal = Journal(options.data)  # first, for it refuses a folder that another exchange uses
    archive = SqliteArchive(options.data)
    state = opened(
        bundled(traded=traded),
        depth=Depth(),
        fees=FeeRates(maker=options.fee, taker=options.fee),
        contracts=contracts(traded=traded),
        archive=archive,
    )
    state.venues[BYBIT] = bybit_opened(traded, archive)
    state.venues[KUCOIN] = kucoin_opened(traded, archive)  # also where no port speaks it: the ledger may know it
    state.tiers, state.discount = options.tiers, options.discount
    for perps in (state.perps, *state.venues.values()):
        perps.tiers = options.tiers
    return Exchange(
        state,
        journal=journal,
        keys=KeyRing(options.keys),
        deposit=options.deposit,
        futures_deposit=options.futures_deposit,
        clock=wall_ms,
    )


def kucoin_opened(traded: frozenset[str] | None, archive: SqliteArchive) -> Perps:
    """KuCoin's futures, with fees of their own."""
    fees = FeeRates(maker=2 * BPS, taker=6 * BPS)
    return perps_opened(kucoin_contracts(traded=traded), depth=Depth(), fees=fees, label=KUCOIN, archive=archive)


def bybit_opened(traded: frozenset[str] | None, archive: SqliteArchive) -> Perps:
    """Bybit's linear contracts: those of Binance, with fees of their own."""
    fees = FeeRates(maker=2 * BPS, taker=55 * BPS // 10)
    found = perps_opened(contracts(traded=traded), depth=Depth(), fees=fees, label=BYBIT, archive=archive)
    found.unified = True
    return found


def apps(exchange: Exchange, driver: Driver | None, options: Options) -> dict[int, App]:
    """What is answered on which port: KuCoin's paths overlap Binance's, so it has a port of its own."""
    faults, latency = Faults(), Latency(options.seed)
    effects.plan(exchange, faults, options.faults)
    latency.plan(options.latency)
    control = Control(exchange, faults, latency, driver=driver, token=options.control_token)
    spoken = {options.port: DIALECTS, options.kucoin_port: KUCOIN_DIALECTS}
    return {
        port: App(exchange, dialects=dialects, control=control, faults=faults, latency=latency)
        for port, dialects in spoken.items()
        if port
    }


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn would raise them again at the end, and cut our own end short."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


def _stop_on_signals(servers: Sequence[uvicorn.Server]) -> None:
    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


async def serve(options: Options) -> None:
    """Run until stopped; raise what stopped it if that was a failure."""
    memory.calm()
    exchange = build(options)
    driver = registry.made(exchange, options)
    applications = apps(exchange, driver, options)
    servers = [_Server(_config(application, port)) for port, application in applications.items()]
    _stop_on_signals(servers)
    jobs = [
        *(server.serve() for server in servers),
        exchange.journal.run(),
        _report(exchange),
        _keep_time(exchange),
        _tick(exchange, list(applications.values())),
    ]
    if driver is not None:
        jobs.append(driver.run())
    logger.info(
        "paper exchange on %s, %s",
        ", ".join(f"http://{HOST}:{port}" for port in applications),
        options.market,
    )
    await _until_one_ends(*jobs)
    exchange.journal.flush()
    exchange.journal.close()
    if exchange.state.archive is not None:
        exchange.state.archive.close()
    logger.info("stopped")


async def _keep_time(exchange: Exchange) -> None:
    """Settle funding and run out countdowns whenever they are due."""
    while True:
        for side in (exchange.futures, *exchange.venues.values()):
            side.fund_if_due()
            side.cancel_if_due()
            side.expire_if_due()
        await asyncio.sleep(TIME_CHECK_SECS)


async def _tick(exchange: Exchange, applications: list[App]) -> None:
    """Let the streams look at the books and the clock."""
    houses = [house for application in applications for house in application.houses]
    while True:
        for house in houses:
            house.tick(exchange.now_ms())
        await asyncio.sleep(STREAM_TICK_SECS)


async def _report(exchange: Exchange) -> None:
    """Log how often each kind of event has happened, whenever a number has moved."""
    told: dict[str, int] = {}
    while True:
        await asyncio.sleep(REPORT_SECS)
        counts = {name: count for name, count in exchange.counts.items() if name != Positioned.__name__}
        if counts != told:
            logger.info("since start: %s", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
            told = counts


async def _until_one_ends(*jobs: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.ensure_future(job) for job in jobs]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


def _config(application: App, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=partial(Wire, application),  # type: ignore[arg-type]  # called like a class
        host=HOST,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_SECS,
        timeout_graceful_shutdown=2,
    )
