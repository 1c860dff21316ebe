"""One instrument's market: its book, and the price the market side quotes around."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from trading.paper.core import depth as around
from trading.paper.core.book import Book
from trading.paper.core.depth import Depth, Quote
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Side

Desk = tuple[str, str]
# (account, symbol): where an order lives and where client order ids must be unique.


class Outside(Protocol):
    """A book from elsewhere, recorded or live, in place of the levels around the price."""

    def quotes(self, side: Side, /) -> Iterator[Quote]:
        """Levels that an order of `side` can take, best first."""


@dataclass(slots=True)
class Market:
    """One instrument's book and the price the market side quotes around, atoms (0 = no price yet)."""

    instrument: Instrument
    depth: Depth
    book: Book = field(default_factory=Book)
    price: int = 0
    next_trade_id: int = 1
    outside: Outside | None = None

    def quotes(self, side: Side) -> Iterator[Quote]:
        """What the market side offers to a `side` order, best first."""
        if self.outside is not None:
            return self.outside.quotes(side)
        return around.levels(side, price=self.price, instrument=self.instrument, depth=self.depth)
