"""The book against the plainest possible one: a sorted list."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from trading.paper.core.book import HalfBook
from trading.paper.core.orders import Side


@dataclass(frozen=True)
class Resting:
    """As much of an order as the book looks at."""

    id: int
    price: int
    shown: int = 0


prices = st.lists(st.integers(1, 12), max_size=40)


@given(prices, st.sets(st.integers(0, 39)), st.sampled_from(Side))
def test_orders_wait_by_price_then_time(wanted: list[int], leaving: set[int], side: Side) -> None:
    orders = [Resting(id=number, price=price) for number, price in enumerate(wanted)]
    book = HalfBook(side)
    for order in orders:
        book.add(order)
    for order in [one for one in orders if one.id in leaving]:
        book.remove(order)
    sign = -1 if side is Side.BUY else 1
    left = sorted((one for one in orders if one.id not in leaving), key=lambda one: (sign * one.price, one.id))
    assert list(book.walk()) == left
    assert book.best() == next((one.price for one in left), 0)
    assert book.empty is (left == [])
