"""Everything the exchange knows, as plain tables. `core.apply` writes them, `core.commands` reads and decides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from trading.paper.core.accounts import Account
from trading.paper.core.depth import Depth
from trading.paper.core.events import Deposited, Listed
from trading.paper.core.fees import FeeRates
from trading.paper.core.instrument import Instrument
from trading.paper.core.market import Desk, Market
from trading.paper.core.orders import Fill, Order, Terms
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.state import Perps
from trading.paper.core.perps.state import opened as perps_opened
from trading.paper.core.refusals import Reason, Refused


@dataclass(slots=True)
class OrderList:
    """Orders that belong together."""

    listed: Listed
    orders: list[Order] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """True while one of its orders is open."""
        return any(order.open for order in self.orders)


@dataclass(slots=True)
class State:
    """The tables. Order ids are unique over all instruments, trade ids per instrument."""

    fees: FeeRates = field(default_factory=FeeRates)
    markets: dict[str, Market] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    desk_orders: dict[Desk, list[Order]] = field(default_factory=lambda: defaultdict(list))
    desk_fills: dict[Desk, list[Fill]] = field(default_factory=lambda: defaultdict(list))
    desk_open: dict[Desk, dict[int, Order]] = field(default_factory=lambda: defaultdict(dict))
    deposits: dict[str, list[Deposited]] = field(default_factory=lambda: defaultdict(list))
    by_client_id: dict[tuple[str, str, str], Order] = field(default_factory=dict)
    next_order_id: int = 1
    terms: dict[int, Terms] = field(default_factory=dict)
    waiting: dict[str, dict[int, Order]] = field(default_factory=lambda: defaultdict(dict))
    lists: dict[int, OrderList] = field(default_factory=dict)
    perps: Perps = field(default_factory=Perps)
    venues: dict[str, Perps] = field(default_factory=dict)
    replay_step: int | None = None
    replay_started_ms: int = 0

    def market(self, symbol: str) -> Market:
        """The market of a symbol, or Refused."""
        found = self.markets.get(symbol)
        if found is None:
            raise Refused(Reason.SYMBOL)
        return found

    def siblings(self, order: Order) -> list[Order]:
        """The other open orders of its order list."""
        if not order.list_id:
            return []
        return [other for other in self.lists[order.list_id].orders if other is not order and other.open]


def opened(instruments: list[Instrument], *, depth: Depth, fees: FeeRates, contracts: Sequence[Contract] = ()) -> State:
    """A fresh exchange with these instruments and contracts, no accounts and no prices."""
    state = State(fees=fees, perps=perps_opened(contracts, depth=depth))
    for instrument in instruments:
        state.markets[instrument.symbol] = Market(instrument=instrument, depth=depth)
    return state
