"""`python -m trading.paper.speed`: how many orders a second the core carries with all its rules, in one process.

Filters, balances, fees, matching and the ledger's lines, but no network and no disk; beside it a bare book of heaps
and dictionaries that knows none of these, for comparison. With `--memory` the same exchange with its archive, and how
much memory it takes along the way.
"""

import argparse
import heapq
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from trading.paper.core import atoms, commands
from trading.paper.core.apply import apply
from trading.paper.core.depth import Depth
from trading.paper.core.fees import FeeRates
from trading.paper.core.orders import OrderType, Request, Side
from trading.paper.core.shelves import Archive
from trading.paper.core.state import State, opened
from trading.paper.ledger import records
from trading.paper.ledger.archive import SqliteArchive
from trading.paper.market.instruments import bundled
from trading.paper.server import memory

SYMBOL = "BTCUSDT"
CUSTOMERS = 400
PRICE = 60_000 * atoms.SCALE
REACH_TICKS = 50
STEP = 20_000


def exchange(archive: Archive | None = None) -> State:
    """One market without a market side, and customers who can pay for everything."""
    pair = next(one for one in bundled() if one.symbol == SYMBOL)
    state = opened([pair], depth=Depth(levels=0), fees=FeeRates(), archive=archive)
    state.markets[SYMBOL].price = PRICE
    funds = {"USDT": 10**9 * atoms.SCALE, "BTC": 10**6 * atoms.SCALE}
    for name in range(CUSTOMERS):
        for event in commands.deposit(str(name), funds, now_ms=1):
            apply(state, event)
    return state


def requests(state: State, count: int) -> list[Request]:
    """Limit orders around one price, so that most of them trade."""
    random, pair = Random(1), state.markets[SYMBOL].instrument  # noqa: S311 - orders, not secrets
    return [
        Request(
            account=str(random.randrange(CUSTOMERS)),
            symbol=SYMBOL,
            side=random.choice((Side.BUY, Side.SELL)),
            type=OrderType.LIMIT,
            price=PRICE + random.randint(-REACH_TICKS, REACH_TICKS) * pair.tick_size,
            qty=random.randint(20, 200) * pair.lot_step,
        )
        for _ in range(count)
    ]


def carry(state: State, orders: list[Request]) -> int:
    """Decide, apply and write each order; the number of ledger events."""
    events = 0
    for order in orders:
        batch = commands.place(state, order, now_ms=2)
        for event in batch:
            apply(state, event)
        events += len(batch)
        records.line(batch)
    return events


def bare(orders: list[Request]) -> int:
    """Price–time matching and nothing else; the number of trades."""
    books: dict[Side, list[tuple[int, int]]] = {Side.BUY: [], Side.SELL: []}
    left: dict[int, int] = {}
    trades = 0
    for number, order in enumerate(orders):
        sign = 1 if order.side is Side.BUY else -1
        qty, against = order.qty, books[Side.SELL if sign > 0 else Side.BUY]
        while qty and against and sign * order.price >= sign * abs(against[0][0]):
            maker = against[0][1]
            part = min(qty, left[maker])
            qty -= part
            left[maker] -= part
            trades += 1
            if not left[maker]:
                heapq.heappop(against)
        if qty:
            left[number] = qty
            heapq.heappush(books[order.side], (-sign * order.price, number))
    return trades


def remembered(total: int) -> Iterator[tuple[int, int]]:
    """(orders so far, resident MiB) after each step: what rests is cancelled now and then, so only history grows."""
    with TemporaryDirectory(prefix="paper-memory-") as folder:
        archive = SqliteArchive(Path(folder))
        state = exchange(archive)
        for done in range(STEP, total + 1, STEP):
            carry(state, requests(state, STEP))
            clear(state)
            yield done, resident_mib()
        archive.close()


def clear(state: State) -> None:
    """Cancel everything that rests."""
    for order in [order for desk in state.desk_open.values() for order in desk.values()]:
        for event in commands.cancel(order, now_ms=3):
            apply(state, event)


def resident_mib() -> int:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Processor seconds, and what came out."""
    began = time.process_time()
    outcome = work()
    return time.process_time() - began, outcome


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m trading.paper.speed", description=__doc__)
    parser.add_argument("--orders", type=int, default=60_000)
    parser.add_argument("--memory", type=int, default=0, metavar="ORDERS", help="print memory every 20,000 orders")
    given = parser.parse_args()
    memory.calm()
    if given.memory:
        for done, mib in remembered(given.memory):
            sys.stdout.write(f"{done} {mib}\n")
            sys.stdout.flush()
        return
    count = given.orders
    state = exchange()
    orders = requests(state, count)
    spent, events = timed(lambda: carry(state, orders))
    alone, trades = timed(lambda: bare(orders))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines = [
        f"core  {count / spent:>11,.0f} orders/s, {events / spent:,.0f} ledger events/s",
        f"bare  {count / alone:>11,.0f} orders/s, {trades:,} trades; ratio {spent / alone:.0f}",
        f"peak memory {megabytes} MB after {count:,} orders",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
