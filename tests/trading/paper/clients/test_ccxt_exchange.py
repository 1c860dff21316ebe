"""ccxt's own exchange tests, as its authors run them against the real venues, on every dialect, blocking and not."""

import asyncio
from typing import Any

import ccxt.async_support
import pytest

from tests.trading.paper.clients import left_out
from tests.trading.paper.clients.suite import ASYNC, SYNC, applying, arguments, names, the_test
from tests.trading.paper.clients.venues import VENUES, Running, with_a_past

CASES = [(label, name) for label in VENUES for name in applying(SYNC, label, dict(left_out.REST))]

BOTH = set(names(SYNC)) & set(names(ASYNC))


@pytest.fixture(scope="module")
def clients(world: Running) -> dict[str, Any]:
    """A client of each dialect, with a past."""
    return {label: with_a_past(world, venue) for label, venue in VENUES.items()}


@pytest.mark.parametrize(("label", "name"), CASES)
def test_ccxt_is_content(clients: dict[str, Any], label: str, name: str) -> None:
    function = the_test(SYNC, name)
    function(clients[label], *arguments(function, label, name))


async def run_all(world: Running, label: str, key: str) -> dict[str, Any]:
    """The outcome of every test that does not block, one after the other with one client."""
    venue, outcomes = VENUES[label], {}
    client = venue.client(world, key, venue.of(ccxt.async_support))
    try:
        await client.load_markets()
        for name in (name for at, name in CASES if at == label and name in BOTH):
            function = the_test(ASYNC, name)
            ran = await asyncio.gather(function(client, *arguments(function, label, name)), return_exceptions=True)
            outcomes[name] = ran[0]
    finally:
        await client.close()
    return outcomes


@pytest.fixture(scope="module")
def outcomes(world: Running, clients: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {label: asyncio.run(run_all(world, label, clients[label].apiKey)) for label in VENUES}


@pytest.mark.parametrize(("label", "name"), [case for case in CASES if case[1] in BOTH])
def test_ccxt_is_content_without_blocking(outcomes: dict[str, Any], label: str, name: str) -> None:
    assert not isinstance(outcomes[label][name], BaseException), outcomes[label][name]


@pytest.mark.parametrize("label", VENUES)
def test_what_is_left_out_exists(label: str) -> None:
    assert set(left_out.REST[label]) <= set(names(SYNC))
