"""The tables of the futures side. `core.perps.apply` writes them, commands read and decide."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from trading.paper.core import atoms, packing
from trading.paper.core.depth import Depth
from trading.paper.core.fees import BPS, FeeRates, Tier, Traded, rates_at
from trading.paper.core.market import Desk, Market
from trading.paper.core.orders import Side
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.events import Funded, PerpDeposited
from trading.paper.core.perps.incomes import Incomes
from trading.paper.core.perps.orders import AlgoOrder, AlgoStatus, AlgoType, PerpFill, PerpOrder, PositionSide
from trading.paper.core.perps.positions import Position
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import EVERYTHING, Archive, Kind, Shelf, Window

DEFAULT_LEVERAGE = 20

INSURANCE_FUND = 10_000_000 * atoms.SCALE
# What the fund begins with, quote atoms.

USUAL_FEES = FeeRates(maker=2 * BPS, taker=5 * BPS)

FIRST_ALGO_ID = 1_000_000_001
# Far from any order id: whoever mixes the two up finds nothing.


_BACK: packing.Back = {"side": Side, "type": AlgoType, "position_side": PositionSide, "status": AlgoStatus}


@dataclass(slots=True)
class PerpAccount:
    """One customer's futures wallet, settings and positions."""

    name: str
    wallet: int = 0
    dual: bool = False
    leverages: dict[str, int] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)
    positions: dict[tuple[str, PositionSide], Position] = field(default_factory=dict)
    incomes: Incomes = field(default_factory=lambda: Incomes(""))
    updated_ms: int = 0
    traded: Traded = field(default_factory=Traded)

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

    fees: FeeRates = USUAL_FEES
    tiers: tuple[Tier, ...] = ()
    contracts: dict[str, Contract] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    accounts: dict[str, PerpAccount] = field(default_factory=dict)
    desk_open: dict[Desk, dict[int, PerpOrder]] = field(default_factory=lambda: defaultdict(dict))
    algos_open: dict[str, dict[int, AlgoOrder]] = field(default_factory=lambda: defaultdict(dict))
    deposits: dict[str, list[PerpDeposited]] = field(default_factory=lambda: defaultdict(list))
    fundings: list[Funded] = field(default_factory=list)
    next_order_id: int = 1
    next_algo_id: int = FIRST_ALGO_ID
    timed: dict[int, PerpOrder] = field(default_factory=dict)
    # Open orders that expire by themselves.
    insurance: int = INSURANCE_FUND
    label: str = "usdm"
    unified: bool = False
    # Whether its wallets are filled out of the coins of the same account, and begin empty.
    archive: Archive | None = None
    orders: Shelf[PerpOrder] = field(init=False)
    algos: Shelf[AlgoOrder] = field(init=False)

    def __post_init__(self) -> None:
        back = {**packing.BACK, "position_side": PositionSide}
        packer = packing.Packer(PerpOrder, PerpFill, back=back, instruments=lambda name: self.contracts[name])
        self.orders = Shelf(f"{self.label}.orders", packing.kind_of(packer), self.archive)
        self.algos = Shelf(f"{self.label}.algos", self._algos(), self.archive)

    def _algos(self) -> Kind[AlgoOrder]:
        """Client ids are an account's here, whatever the contract."""
        values = packing.Fields(AlgoOrder, apart=("instrument", "actual"), back=_BACK)
        return Kind(
            desk=lambda one: (one.account, one.instrument.symbol),
            owner=lambda one: (one.account,),
            name=attrgetter("client_id"),
            at_ms=attrgetter("created_ms"),
            pack=lambda one: [one.instrument.symbol, one.actual.id if one.actual else 0, values.read(one)],
            unpack=lambda content: self._algo(values, *content),
        )

    def _algo(self, values: packing.Fields, symbol: str, order_id: int, content: Sequence[Any]) -> AlgoOrder:
        algo = object.__new__(AlgoOrder)
        algo.instrument, algo.actual = self.contracts[symbol], self.orders.get(order_id)
        values.write(algo, content)
        return algo

    def fills(self, desk: Desk, window: Window = EVERYTHING) -> list[PerpFill]:
        """A desk's fills in the order of their trades; the window's numbers are trade ids."""
        return packing.fills(self.orders.with_marks(desk, window), window)

    def rates(self, account: PerpAccount, *, now_ms: int) -> FeeRates:
        """An account's rates, by its volume of the last thirty days."""
        return rates_at(self.fees, self.tiers, account.traded.volume(now_ms) if self.tiers else 0)

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


def opened(
    contracts: Sequence[Contract],
    *,
    depth: Depth,
    fees: FeeRates = USUAL_FEES,
    label: str = "usdm",
    archive: Archive | None = None,
) -> Perps:
    """A fresh futures side with these contracts; the label tells its tables apart in the archive."""
    perps = Perps(fees=fees, label=label, archive=archive)
    for contract in contracts:
        perps.contracts[contract.symbol] = contract
        perps.markets[contract.symbol] = Market(instrument=contract, depth=depth)
    return perps
