"""A ladder against a plain table: levels, order, and what comes within reach."""

from hypothesis import given
from hypothesis import strategies as st

from trading.paper.core.depth import Quote
from trading.paper.core.orders import Side
from trading.paper.market.ladder import MOST_SHOWN, HalfLadder, Ladder

LEVELS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), max_size=30)
SIGNS = {Side.BUY: -1, Side.SELL: 1}


@given(st.sampled_from(Side), st.lists(LEVELS, max_size=6), LEVELS)
def test_it_holds_what_a_table_would(
    side: Side, updates: list[list[tuple[int, int]]], first: list[tuple[int, int]]
) -> None:
    half, table = HalfLadder(side), dict(first)
    half.replace(table.items())
    for changes in updates:
        half.update(changes)
        table |= dict(changes)
    wanted = sorted((price for price, qty in table.items() if qty), key=lambda price: price * SIGNS[side])
    assert list(half.walk()) == [Quote(price, table[price]) for price in wanted]
    assert half.best() == next(iter(wanted), 0)


def test_orders_reach_so_many_levels_and_the_best_come_first() -> None:
    ladder = Ladder()
    ladder.replace(bids=[(price, 1) for price in range(1, 2001)], asks=[(price, 1) for price in range(2001, 4001)])
    bought, sold = list(ladder.quotes(Side.BUY)), list(ladder.quotes(Side.SELL))
    assert [len(bought), bought[0].price, bought[-1].price] == [MOST_SHOWN, 2001, 3000]
    assert [len(sold), sold[0].price, sold[-1].price] == [MOST_SHOWN, 2000, 1001]
    assert ladder.middle == 2000


def test_what_grows_within_reach_is_noted_once() -> None:
    ladder = Ladder()
    ladder.replace(bids=[(98, 1)], asks=[(101, 5), (103, 5)])
    ladder.watch(buys=100, sells=0)
    ladder.asks.update([(100, 3), (101, 9)])
    assert ladder.asks.take_grown() == [Quote(100, 3)]
    ladder.asks.update([(100, 3)])  # the same again is nothing new
    ladder.asks.update([(100, 5), (99, 1)])
    assert ladder.asks.take_grown() == [Quote(100, 2), Quote(99, 1)]
    ladder.watch(buys=0, sells=0)
    ladder.asks.update([(90, 1)])
    assert ladder.asks.take_grown() == []


def test_an_empty_side_has_no_middle() -> None:
    ladder = Ladder()
    assert ladder.middle == 0
    ladder.replace(bids=[(1, 1)], asks=[])
    assert ladder.middle == 0
    ladder.clear()
    assert ladder.bids.best() == 0
