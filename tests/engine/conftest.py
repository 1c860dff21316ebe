"""Fixtures of the heavy tests: an exchange of their own, and clean faults."""

from collections.abc import Iterator

import pytest

from tests.engine.stage import fresh_desk
from tests.support.factories import Desk
from tests.support.paper import PaperExchange


@pytest.fixture(scope="module")
def exchange() -> Iterator[PaperExchange]:
    """A paper exchange for one file of tests: its ledger stays small."""
    with PaperExchange("--manual", deposit="USDT=10000") as paper:
        yield paper


@pytest.fixture
def desk(transactional_db: None, exchange: PaperExchange) -> Desk:
    """A fresh desk on this file's exchange."""
    return fresh_desk(exchange)


@pytest.fixture
def perps(transactional_db: None, exchange: PaperExchange) -> Desk:
    """A fresh futures desk on this file's exchange."""
    return fresh_desk(exchange, venue="binanceusdm")
