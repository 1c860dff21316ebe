"""ccxt's own tests of streams on every dialect: all at once, each with an account of its own, for mostly they wait."""

import asyncio
from collections.abc import Callable
from typing import Any

import ccxt
import ccxt.pro
import pytest

from tests.trading.paper.clients import left_out
from tests.trading.paper.clients.suite import STREAMS, Hasty, applying, arguments, names, the_test
from tests.trading.paper.clients.venues import VENUES, Running, Venue
from tests.trading.paper.pro import meanwhile

CASES = [(label, name) for label in VENUES for name in applying(STREAMS, label, dict(left_out.STREAMS))]

OWN = {"watch_balance", "watch_my_trades", "watch_orders", "watch_position", "watch_positions"}
# Streams of the account's own events: something must happen to it.


def trader(venue: Venue, client: Any) -> Callable[[], None]:
    """Buys, and trades back and forth half of that."""
    venue.buy(client, venue.amount)
    sides = ["buy", "sell"]

    def trade() -> None:
        sides.reverse()
        client.create_order(venue.symbol, "market", sides[0], venue.amount / 2)

    return trade


async def listen(world: Running, label: str, name: str) -> Any:
    """The outcome of one test."""
    venue, key, function = VENUES[label], world.account(), the_test(STREAMS, name)
    client = venue.client(world, key, venue.of(ccxt.pro))
    client.newUpdates = True
    act = await asyncio.get_running_loop().run_in_executor(
        None, trader, venue, venue.client(world, key, venue.of(ccxt))
    )
    try:
        await client.load_markets()
        heard = function(Hasty(client), *arguments(function, label, name))
        return await meanwhile(heard, act if name in OWN else lambda: None)
    finally:
        await client.close()


async def listen_to_all(world: Running) -> dict[tuple[str, str], Any]:
    heard = await asyncio.gather(*(listen(world, *case) for case in CASES), return_exceptions=True)
    return dict(zip(CASES, heard, strict=True))


@pytest.fixture(scope="module")
def outcomes(world: Running) -> dict[tuple[str, str], Any]:
    return asyncio.run(listen_to_all(world))


@pytest.mark.parametrize(("label", "name"), CASES)
def test_ccxt_is_content(outcomes: dict[tuple[str, str], Any], label: str, name: str) -> None:
    assert not isinstance(outcomes[(label, name)], BaseException), outcomes[(label, name)]


@pytest.mark.parametrize("label", VENUES)
def test_what_is_left_out_exists(label: str) -> None:
    assert set(left_out.STREAMS[label]) <= set(names(STREAMS))
