"""Update ids of a book: told one change at a time, its sides never cross."""

import pytest

from tests.trading.paper.core.worlds import a, world
from trading.paper.core.depth import Depth
from trading.paper.core.orders import Side
from trading.paper.server.books import BookLog, Key

DEPTH = Depth(spread_ticks=2, levels=5, level_notional=a("60"), step_bps=1)


class Told(list[tuple[Key, int]]):
    """Every change by itself."""

    def update(self, changes: dict[Key, int]) -> None:
        self.extend(changes.items())


@pytest.mark.parametrize("price", ["59000", "59999", "60000.01", "60003", "61000"])
def test_a_book_that_moves_never_crosses_on_the_way(price: str) -> None:
    market, told = world(price="60000", depth=DEPTH).markets["BTCUSDT"], Told()
    log = BookLog(market, first_id=1)
    book = dict(log.levels)
    log.collect(told)
    market.price = a(price)
    log.refresh()
    for key, qty in told:
        book = {at: held for at, held in {**book, key: qty}.items() if held}
        bids, asks = ([at for side, at in book if side is taker] for taker in (Side.SELL, Side.BUY))
        assert not (bids and asks) or max(bids) < min(asks)
    assert book == log.levels
    assert log.last_id == 1 + len(told)
