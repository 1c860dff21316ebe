"""The tables of the futures side. `core.perps.apply` writes them, commands read and decide."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from trading.paper.core.depth import Depth
from trading.paper.core.fees import BPS, FeeRates
from trading.paper.core.market import Desk, Market
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.events import Funded, PerpDeposited
from trading.paper.core.perps.orders import AlgoOrder, PerpFill, PerpOrder, PositionSide
from trading.paper.core.perps.positions import Position
from trading.paper.core.refusals import Reason, Refused

DEFAULT_LEVERAGE = 20

FIRST_ALGO_ID = 1_000_000_001
# Far from any order id: whoever mixes the two up finds nothing.


@dataclass(frozen=True, slots=True)
class Income:
    """One change of a wallet, quote atoms."""

    id: int
    at_ms: int
    kind: str
    symbol: str
    amount: int
    trade_id: int = 0


@dataclass(slots=True)
class PerpAccount:
    """One customer's futures wallet, settings and positions."""

    name: str
    wallet: int = 0
    dual: bool = False
    leverages: dict[str, int] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)
    positions: dict[tuple[str, PositionSide], Position] = field(default_factory=dict)
    incomes: list[Income] = field(default_factory=list)
    updated_ms: int = 0

    def leverage(self, symbol: str) -> int:
        """The leverage in a contract."""
        return self.leverages.get(symbol, DEFAULT_LEVERAGE)

    def position(self, symbol: str, side: PositionSide) -> Position:
        """The position of a side, flat if there never was one; it is stored once it trades."""
        return self.positions.get((symbol, side)) or Position(symbol, side)

    def held(self, symbol: str = "") -> list[Position]:
        """Positions that are not flat, of one contract or of all."""
        return [one for one in self.positions.values() if one.qty and symbol in ("", one.symbol)]

    @property
    def cross_wallet(self) -> int:
        """The wallet without what is set aside for isolated positions."""
        return self.wallet - sum(one.isolated_wallet for one in self.positions.values())


@dataclass(slots=True)
class Perps:
    """The tables. Order ids are unique over all contracts, trade ids per contract."""

    fees: FeeRates = field(default_factory=lambda: FeeRates(maker=2 * BPS, taker=5 * BPS))
    contracts: dict[str, Contract] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    accounts: dict[str, PerpAccount] = field(default_factory=dict)
    orders: dict[int, PerpOrder] = field(default_factory=dict)
    desk_orders: dict[Desk, list[PerpOrder]] = field(default_factory=lambda: defaultdict(list))
    desk_fills: dict[Desk, list[PerpFill]] = field(default_factory=lambda: defaultdict(list))
    desk_open: dict[Desk, dict[int, PerpOrder]] = field(default_factory=lambda: defaultdict(dict))
    by_client_id: dict[tuple[str, str, str], PerpOrder] = field(default_factory=dict)
    algos: dict[int, AlgoOrder] = field(default_factory=dict)
    algos_open: dict[str, dict[int, AlgoOrder]] = field(default_factory=lambda: defaultdict(dict))
    algo_by_client_id: dict[tuple[str, str], AlgoOrder] = field(default_factory=dict)
    deposits: dict[str, list[PerpDeposited]] = field(default_factory=lambda: defaultdict(list))
    fundings: list[Funded] = field(default_factory=list)
    next_order_id: int = 1
    next_algo_id: int = FIRST_ALGO_ID

    def market(self, symbol: str) -> Market:
        """The market of a contract, or Refused."""
        found = self.markets.get(symbol)
        if found is None:
            raise Refused(Reason.SYMBOL)
        return found

    def open_algos(self, account: str, symbol: str = "") -> list[AlgoOrder]:
        """An account's waiting conditional orders, of one contract or of all, oldest first."""
        symbols = [symbol] if symbol else list(self.algos_open)
        return [one for name in symbols for one in self.algos_open[name].values() if one.account == account]


def opened(contracts: Sequence[Contract], *, depth: Depth, fees: FeeRates | None = None) -> Perps:
    """A fresh futures side with these contracts."""
    perps = Perps(fees=fees) if fees else Perps()
    for contract in contracts:
        perps.contracts[contract.symbol] = contract
        perps.markets[contract.symbol] = Market(instrument=contract, depth=depth)
    return perps
