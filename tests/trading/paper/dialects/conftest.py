"""One exchange for the tests that need nothing but accounts of their own and prices that stand still."""

from collections.abc import Iterator

import pytest

from tests.trading.paper.clients.venues import Running, running


@pytest.fixture(scope="package")
def world() -> Iterator[Running]:
    """Every dialect; BTC at 30,000 until a test moves it."""
    with running("--manual") as found:
        yield found
