"""Services trade on the session's one exchange: each test finds empty books there."""

import pytest

from tests.support.levers import clear_books
from tests.support.paper import PaperExchange


@pytest.fixture(autouse=True)
def empty_books(paper_process: PaperExchange) -> None:
    clear_books(paper_process)
