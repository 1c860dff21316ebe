"""ccxt alone: create_order in a loop over HTTP, from as many processes; no database, no engine."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from signals.market import venues

SYMBOL = "ETH/USDT"


def per_second(base_url: str, credentials: Sequence[Mapping[str, str]], number: int) -> float:
    """Orders a second of one process for each account; each may send 200."""
    pool = ProcessPoolExecutor(len(credentials), mp_context=get_context("spawn"))
    with pool:
        spans = list(pool.map(_place, [base_url] * len(credentials), credentials, [number] * len(credentials)))
    return number * len(spans) / (max(end for _, end in spans) - min(start for start, _ in spans))


def _place(base_url: str, credentials: Mapping[str, str], number: int) -> tuple[float, float]:
    """When it started and ended; the client is ready before."""
    client = venues.build_client(venues.VENUES["binance"], credentials=credentials, base_url=base_url)
    client.load_markets()
    started = time.time()
    for place in range(number):
        client.create_order(SYMBOL, "limit", "buy", "0.1", "90", {"clientOrderId": f"bare{place}"})
    return started, time.time()
