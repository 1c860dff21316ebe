"""A book known only by its levels: quantity by price, on both sides, kept sorted."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

from trading.paper.core.depth import Quote
from trading.paper.core.orders import Side

Levels = Iterable[tuple[int, int]]
# (price, quantity) in atoms; a quantity of zero takes the level away.

MOST_SHOWN = 1_000
# Levels a side that orders can reach: what the venue's own snapshots hold.


class HalfLadder:
    """One side of a ladder: the quantities that resting orders of `side` offer.

    `reach` is the price of somebody who would trade with them, 0 = nobody; `grown` is what has come within reach.
    """

    __slots__ = ("grown", "prices", "qtys", "reach", "side")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.qtys: dict[int, int] = {}
        self.prices: list[int] = []
        self.reach = 0
        self.grown: list[Quote] = []

    def replace(self, levels: Levels) -> None:
        """Only these levels, from now on."""
        fresh = {price: qty for price, qty in levels if qty > 0}
        if self.reach:
            self._note(fresh.items())
        self.qtys, self.prices = fresh, sorted(fresh)

    def _note(self, levels: Levels) -> None:
        """Remember by how much the levels within reach grow."""
        sign = 1 if self.side is Side.SELL else -1
        for price, qty in levels:
            more = qty - self.qtys.get(price, 0)
            if more > 0 and sign * price <= sign * self.reach:
                self.grown.append(Quote(price, more))

    def take_grown(self) -> list[Quote]:
        """What has come within reach since the last time."""
        grown, self.grown = self.grown, []
        return grown

    def update(self, levels: Sequence[tuple[int, int]]) -> None:
        """Set each level to its new quantity."""
        if self.reach:
            self._note(levels)
        qtys, prices = self.qtys, self.prices
        for price, qty in levels:
            if qty > 0:
                if price not in qtys:
                    insort(prices, price)
                qtys[price] = qty
            elif price in qtys:
                del qtys[price]
                del prices[bisect_left(prices, price)]

    def best(self) -> int:
        """The best price, 0 if the side is empty."""
        if not self.prices:
            return 0
        return self.prices[-1] if self.side is Side.BUY else self.prices[0]

    def walk(self) -> Iterator[Quote]:
        """Levels from the best price outwards."""
        prices = self.prices[: -MOST_SHOWN - 1 : -1] if self.side is Side.BUY else self.prices[:MOST_SHOWN]
        return (Quote(price, self.qtys[price]) for price in prices)


class Ladder:
    """Both sides. Orders take from it and it stays as it is: only its source changes it."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = HalfLadder(Side.BUY)
        self.asks = HalfLadder(Side.SELL)

    def half(self, side: Side) -> HalfLadder:
        """The side on which orders of `side` rest."""
        return self.bids if side is Side.BUY else self.asks

    def quotes(self, side: Side, /) -> Iterator[Quote]:
        """Levels that an order of `side` can take, best first."""
        return (self.asks if side is Side.BUY else self.bids).walk()

    def replace(self, *, bids: Levels, asks: Levels) -> None:
        """Only these levels, from now on."""
        self.bids.replace(bids)
        self.asks.replace(asks)

    def clear(self) -> None:
        """Nothing is offered any more."""
        self.replace(bids=(), asks=())

    def watch(self, *, buys: int, sells: int) -> None:
        """From now on note what comes within reach of these prices: the best of those who buy and sell here, 0 = nobody."""
        self.asks.reach, self.bids.reach = buys, sells

    @property
    def middle(self) -> int:
        """Half-way between the best prices, atoms; 0 unless both sides offer something."""
        bid, ask = self.bids.best(), self.asks.best()
        return (bid + ask) // 2 if bid and ask else 0
