"""Order books with update ids: a snapshot and the changes after it always fit together."""

from itertools import groupby
from typing import Protocol

from trading.paper.core import matching
from trading.paper.core.market import Market
from trading.paper.core.orders import Side

Key = tuple[Side, int]
Levels = dict[Key, int]

SIDES = (Side.SELL, Side.BUY)
# The side of the order that takes: a SELL takes the bids.


def levels(market: Market) -> Levels:
    """Everything the book shows: quantity by (taker's side, price), best price first."""
    found: Levels = {}
    for side in SIDES:
        shown = matching.offers(market, side, hidden=False)
        for price, offers in groupby(shown, key=lambda offer: offer.price):
            found[(side, price)] = sum(offer.qty for offer in offers)
    return found


class Collector(Protocol):
    """Takes the changes of each look: a table of levels, or a list of changes."""

    def update(self, changes: Levels, /) -> None:
        """The changes of one look, quantity by level; zero = gone."""


class BookLog:
    """One market's book, the id of its last change, and whoever collects the changes."""

    def __init__(self, market: Market, *, first_id: int) -> None:
        self.market = market
        self.last_id = first_id
        self.levels: Levels = levels(market)
        self._collecting: list[Collector] = []

    def refresh(self) -> None:
        """Look again; every level that has changed takes an update id.

        What is gone comes first: told one by one, the sides of a book that moved would cross in between.
        """
        now = levels(self.market)
        if now == self.levels:
            return
        changes = {key: 0 for key in self.levels if key not in now}
        changes |= {key: qty for key, qty in now.items() if self.levels.get(key) != qty}
        self.levels = now
        self.last_id += len(changes)
        for collected in self._collecting:
            collected.update(changes)

    def collect(self, into: "Collector") -> None:
        """Put all changes from now on into a table."""
        self.refresh()
        self._collecting.append(into)

    def release(self, table: "Collector") -> None:
        """Put no more into this table."""
        self._collecting = [one for one in self._collecting if one is not table]

    def side(self, side: Side, most: int) -> list[tuple[int, int]]:
        """(price, quantity) of the best levels that an order of `side` can take."""
        found = [(price, qty) for (of, price), qty in self.levels.items() if of is side]
        return found[:most]


class Books:
    """The logs of one side of the exchange, made when first asked for."""

    def __init__(self, markets: dict[str, Market], *, first_id: int) -> None:
        self._markets = markets
        self._first_id = first_id
        self._logs: dict[str, BookLog] = {}

    def log(self, symbol: str) -> BookLog:
        """The log of a market, up to date."""
        found = self._logs.get(symbol)
        if found is None:
            found = self._logs[symbol] = BookLog(self._markets[symbol], first_id=self._first_id)
        found.refresh()
        return found
