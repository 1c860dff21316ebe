"""What the page is made from: the exchange, its plans, and the market that the reader has chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from trading.paper.control.face.tail import Tail
from trading.paper.control.faults import Faults
from trading.paper.control.latency import Latency
from trading.paper.core import matching
from trading.paper.core.depth import Quote
from trading.paper.core.market import Market
from trading.paper.core.orders import Side
from trading.paper.core.perps.state import Perps
from trading.paper.drivers.base import Driver, Standing
from trading.paper.market.tape import Tape
from trading.paper.server.exchange import USDM, Exchange

MOST_OFFERS = 200
# Of these the shown levels are made.


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the panels read."""

    exchange: Exchange
    faults: Faults
    latency: Latency
    tail: Tail
    driver: Driver | None
    token: str = ""

    @property
    def standing(self) -> Standing:
        """Where the market stands."""
        return self.driver.standing() if self.driver else Standing("manual")

    def sides(self) -> dict[str, Perps]:
        """Every futures side by its name."""
        return {USDM: self.exchange.futures.perps, **{name: one.perps for name, one in self.exchange.venues.items()}}

    def markets(self) -> Iterator[tuple[str, Market]]:
        """Every market that trades or has a price, with the side it is on."""
        for side, found in [("spot", self.exchange.state.markets), *((n, p.markets) for n, p in self.sides().items())]:
            yield from ((side, one) for one in found.values() if one.price)

    def tape(self, side: str, symbol: str) -> Tape:
        """What has traded there."""
        tapes = self.exchange.tapes if side == "spot" else self.exchange.side(side).tapes
        return tapes.by_symbol[symbol]

    def accounts(self) -> list[str]:
        """Every account, of whichever side."""
        known = set(self.exchange.state.accounts)
        return sorted(known.union(*(perps.accounts for perps in self.sides().values())))


def levels(market: Market, side: Side, most: int) -> list[Quote]:
    """The best levels that an order of `side` can take, what lies on one price added up."""
    found: dict[int, int] = {}
    for offer in islice(matching.offers(market, side, hidden=False), MOST_OFFERS):
        if offer.price not in found and len(found) == most:
            break
        found[offer.price] = found.get(offer.price, 0) + offer.qty
    return [Quote(price, qty) for price, qty in found.items()]
