"""Fixtures that every test may use: a paper exchange, an account on it, a source."""

from collections.abc import Iterator

import pytest

from tests.support.factories import Desk, make_desk
from tests.support.paper import PaperExchange


@pytest.fixture(scope="session")
def paper_process() -> Iterator[PaperExchange]:
    """One paper exchange for the session; tests get accounts of their own on it."""
    with PaperExchange("--manual", deposit="USDT=10000") as paper:
        yield paper


@pytest.fixture
def desk(transactional_db: None, paper_process: PaperExchange) -> Iterator[Desk]:
    """An armed account on the live paper exchange with instruments, prices, balances and a source."""
    paper_process.faults([])
    yield make_desk(paper_process)
