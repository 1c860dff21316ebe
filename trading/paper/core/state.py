"""Everything the exchange knows, as plain tables. `core.apply` writes them, `core.commands` reads and decides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from trading.paper.core import packing
from trading.paper.core.accounts import Account
from trading.paper.core.depth import Depth
from trading.paper.core.events import Deposited, Listed
from trading.paper.core.fees import Discount, FeeRates, Tier, rates_at
from trading.paper.core.instrument import Instrument
from trading.paper.core.market import Desk, Market
from trading.paper.core.orders import Fill, Order, Terms
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.state import Perps
from trading.paper.core.perps.state import opened as perps_opened
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import EVERYTHING, Archive, Kind, Shelf, Window


@dataclass(slots=True)
class OrderList:
    """Orders that belong together."""

    listed: Listed
    orders: list[Order] = field(default_factory=list)

    @property
    def id(self) -> int:
        """Its number."""
        return self.listed.list_id

    @property
    def open(self) -> bool:
        """True while one of its orders is open."""
        return any(order.open for order in self.orders)


@dataclass(slots=True)
class State:
    """The tables. Order ids are unique over all instruments, trade ids per instrument."""

    fees: FeeRates = field(default_factory=FeeRates)
    tiers: tuple[Tier, ...] = ()
    discount: Discount | None = None
    markets: dict[str, Market] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    desk_open: dict[Desk, dict[int, Order]] = field(default_factory=lambda: defaultdict(dict))
    deposits: dict[str, list[Deposited]] = field(default_factory=lambda: defaultdict(list))
    next_order_id: int = 1
    pending: int = 0
    # How many orders wait for the working order of their list.
    terms: dict[int, Terms] = field(default_factory=dict)
    waiting: dict[str, dict[int, Order]] = field(default_factory=lambda: defaultdict(dict))
    perps: Perps = field(default_factory=Perps)
    venues: dict[str, Perps] = field(default_factory=dict)
    replay_step: int | None = None
    replay_started_ms: int = 0
    archive: Archive | None = None
    orders: Shelf[Order] = field(init=False)
    lists: Shelf[OrderList] = field(init=False)

    def __post_init__(self) -> None:
        packer = packing.Packer(Order, Fill, back=packing.BACK, instruments=lambda name: self.markets[name].instrument)
        self.orders = Shelf("spot.orders", packing.kind_of(packer), self.archive)
        self.lists = Shelf("spot.lists", self._lists(), self.archive)

    def _lists(self) -> Kind[OrderList]:
        return Kind(
            desk=lambda one: (one.listed.account,),
            owner=lambda one: (one.listed.account,),
            name=attrgetter("listed.client_id"),
            at_ms=attrgetter("listed.at_ms"),
            pack=lambda one: [one.listed, [order.id for order in one.orders]],
            unpack=self._list,
        )

    def _list(self, content: Sequence[Any]) -> OrderList:
        listed, ids = content
        return OrderList(Listed(*listed), [self.orders[one] for one in ids])

    def fills(self, desk: Desk, window: Window = EVERYTHING) -> list[Fill]:
        """A desk's fills in the order of their trades; the window's numbers are trade ids."""
        return packing.fills(self.orders.with_marks(desk, window), window)

    def market(self, symbol: str) -> Market:
        """The market of a symbol, or Refused."""
        found = self.markets.get(symbol)
        if found is None:
            raise Refused(Reason.SYMBOL)
        return found

    def rates(self, account: str, *, now_ms: int) -> FeeRates:
        """An account's rates, by its volume of the last thirty days."""
        found = self.accounts.get(account)
        return rates_at(self.fees, self.tiers, found.traded.volume(now_ms) if found and self.tiers else 0)

    def mates(self, order: Order) -> list[Order]:
        """The other open orders of its list."""
        if not order.list_id:
            return []
        return [other for other in self.lists[order.list_id].orders if other is not order and other.open]

    def siblings(self, order: Order) -> list[Order]:
        """Those of them that end with its first fill: the other side of a pair."""
        return [other for other in self.mates(order) if other.role == order.role and not other.pends]


def opened(
    instruments: list[Instrument],
    *,
    depth: Depth,
    fees: FeeRates,
    contracts: Sequence[Contract] = (),
    archive: Archive | None = None,
) -> State:
    """A fresh exchange with these instruments and contracts, no accounts and no prices; without an archive all stays."""
    perps = perps_opened(contracts, depth=depth, archive=archive)
    state = State(fees=fees, perps=perps, archive=archive)
    for instrument in instruments:
        state.markets[instrument.symbol] = Market(instrument=instrument, depth=depth)
    return state
