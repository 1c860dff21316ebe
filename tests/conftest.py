"""Fixtures that every test may use: a paper exchange, an account on it, a source."""

import os
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from celery_app import app
from dashboard import open_groups
from risk import portfolio
from signals.market import instruments
from tests.support import measured
from tests.support.factories import Desk, make_desk
from tests.support.paper import PaperExchange
from tests.support.tables import emptied

# The same examples in every CI run: what is new is found at home, not on somebody else's change.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis_settings.register_profile("home", deadline=None)  # a busy machine is no finding
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_configure(config: pytest.Config) -> None:
    """Measure this process and the paper exchange, but no whole stack: twenty processes would be slow for nothing."""
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        measured.unset()


# After a test that commits, Django would truncate every table and write its permissions anew: 0.1 s each time.
TransactionTestCase._fixture_teardown = lambda case: emptied()


@pytest.fixture(autouse=True)
def counted_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that goes the same way hundreds of times is not counted for coverage: others went it before."""
    with measured.paused() if request.node.get_closest_marker("repeats") else nullcontext():
        yield


@pytest.fixture(scope="session", autouse=True)
def broker_known() -> None:
    """Celery keeps the broker of its first message: not that of a test which has other variables for a while."""
    with app.producer_or_acquire() as producer:
        assert producer.connection.as_uri(include_password=True).startswith(os.environ["REDIS_URL"])


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What a process keeps for some seconds are rows of the test before: their ids are nobody's now."""
    instruments.forget()
    portfolio.forget()
    open_groups.forget()


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
