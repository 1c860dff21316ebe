"""Services trade on the session's one exchange: each test finds empty books there."""

import pytest

from tests.support.factories import PRICES
from tests.support.paper import PaperExchange


@pytest.fixture(autouse=True)
def empty_books(paper_process: PaperExchange) -> None:
    """Whatever earlier tests left resting fills, for accounts that nobody looks at any more."""
    paper_process.faults([])
    for symbol, price in PRICES.items():
        for factor in (10, 1000, 100):
            paper_process.price(symbol, str(int(price) * factor // 100))
