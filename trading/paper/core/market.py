"""One instrument's market: its book, and the price the market side quotes around."""

from dataclasses import dataclass, field

from trading.paper.core.book import Book
from trading.paper.core.depth import Depth
from trading.paper.core.instrument import Instrument

Desk = tuple[str, str]
# (account, symbol): where an order lives and where client order ids must be unique.


@dataclass(slots=True)
class Market:
    """One instrument's book and the price the market side quotes around, atoms (0 = no price yet)."""

    instrument: Instrument
    depth: Depth
    book: Book = field(default_factory=Book)
    price: int = 0
    next_trade_id: int = 1
