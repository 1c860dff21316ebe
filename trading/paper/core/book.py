"""Customers' resting orders of one instrument, by price, then by time."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator

from trading.paper.core.orders import Order, Side


class HalfBook:
    """One side of a book. Prices are kept sorted; within a price, orders keep their arrival order."""

    __slots__ = ("_levels", "_prices", "icebergs", "side")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.icebergs = 0
        self._prices: list[int] = []
        self._levels: dict[int, dict[int, Order]] = {}

    def add(self, order: Order) -> None:
        """Queue the order behind the others at its price."""
        level = self._levels.get(order.price)
        if level is None:
            level = self._levels[order.price] = {}
            insort(self._prices, order.price)
        level[order.id] = order
        self.icebergs += order.shown > 0

    def remove(self, order: Order) -> None:
        """Take the order out of its queue."""
        level = self._levels[order.price]
        del level[order.id]
        self.icebergs -= order.shown > 0
        if not level:
            del self._levels[order.price]
            del self._prices[bisect_left(self._prices, order.price)]

    def best(self) -> int:
        """The best price, 0 if the side is empty."""
        if not self._prices:
            return 0
        return self._prices[-1] if self.side is Side.BUY else self._prices[0]

    def walk(self) -> Iterator[Order]:
        """Orders from the best price outwards, oldest first within a price."""
        prices = reversed(self._prices) if self.side is Side.BUY else iter(self._prices)
        for price in prices:
            yield from self._levels[price].values()

    def slices(self, *, hidden: bool = True) -> Iterator[tuple[Order, int]]:
        """What can be taken, in order: an iceberg shows a slice, and queues up with the next once that is gone."""
        if not self.icebergs:
            for order in self.walk():
                yield order, order.leaves
            return
        for price in reversed(self._prices) if self.side is Side.BUY else iter(self._prices):
            yield from _sliced(self._levels[price].values(), hidden=hidden)

    @property
    def empty(self) -> bool:
        """True if nobody waits here."""
        return not self._prices


def _sliced(orders: Iterable[Order], *, hidden: bool) -> Iterator[tuple[Order, int]]:
    """One price: every order's shown part, then round by round what the icebergs hide."""
    queue = deque((order, order.shown or order.leaves, order.leaves) for order in orders)
    while queue:
        order, part, left = queue.popleft()
        yield order, part
        if hidden and left > part:
            queue.append((order, min(order.iceberg_qty, left - part), left - part))


class Book:
    """Both sides of one instrument."""

    __slots__ = ("buys", "sells")

    def __init__(self) -> None:
        self.buys = HalfBook(Side.BUY)
        self.sells = HalfBook(Side.SELL)

    def half(self, side: Side) -> HalfBook:
        """The side that holds orders of `side`."""
        return self.buys if side is Side.BUY else self.sells

    @property
    def empty(self) -> bool:
        """True if nobody waits on either side."""
        return self.buys.empty and self.sells.empty
