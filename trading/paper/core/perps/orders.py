"""Futures orders, plain and conditional, and what a client may ask for."""

from dataclasses import dataclass
from enum import StrEnum

from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Fill, Order, Request, Side


class PositionSide(StrEnum):
    """BOTH in one-way mode; LONG or SHORT in hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class AlgoType(StrEnum):
    """The conditional order types."""

    STOP = "STOP"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"


class AlgoStatus(StrEnum):
    """Where a conditional order stands; all but NEW are final. FINISHED: the order it became has ended."""

    NEW = "NEW"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


LIQUIDATION = "LIQUIDATION"
SETTLEMENT = "SETTLEMENT"
# The origins of orders that the exchange itself places: no margin left, contract delisted.

PRICE_MATCHES = {
    "OPPONENT": (True, 1),
    "OPPONENT_5": (True, 5),
    "OPPONENT_10": (True, 10),
    "OPPONENT_20": (True, 20),
    "QUEUE": (False, 1),
    "QUEUE_5": (False, 5),
    "QUEUE_10": (False, 10),
    "QUEUE_20": (False, 20),
}
# A limit price taken from the book: from the other side or from one's own, and from which level.

LIMITED = frozenset({AlgoType.STOP, AlgoType.TAKE_PROFIT})
# These become limit orders, the others market orders.

RISING = frozenset(
    {
        (AlgoType.STOP, Side.BUY),
        (AlgoType.STOP_MARKET, Side.BUY),
        (AlgoType.TAKE_PROFIT, Side.SELL),
        (AlgoType.TAKE_PROFIT_MARKET, Side.SELL),
    }
)
# These trigger at or above their price, the others at or below.


@dataclass(frozen=True, slots=True)
class PerpRequest(Request):
    """A new futures order as asked for; origin is the conditional type it came from, empty for a plain one."""

    position_side: PositionSide = PositionSide.BOTH
    reduce_only: bool = False
    close_position: bool = False
    origin: str = ""
    stop_price: int = 0
    good_till_ms: int = 0
    price_match: str = ""


@dataclass(slots=True, eq=False)
class PerpOrder(Order):
    """The live record of one futures order; only `core.perps.apply` writes it."""

    position_side: PositionSide = PositionSide.BOTH
    reduce_only: bool = False
    close_position: bool = False
    origin: str = ""
    stop_price: int = 0
    algo_id: int = 0
    # The conditional order it came from, 0 = none.
    good_till_ms: int = 0
    # When it expires by itself, 0 = never.
    price_match: str = ""
    # Where its price was taken from, one of PRICE_MATCHES or empty.


@dataclass(slots=True, eq=False)
class PerpFill(Fill):
    """One execution; realised is its profit or loss before the fee, quote atoms."""

    realised: int = 0


@dataclass(frozen=True, slots=True)
class AlgoRequest:
    """A new conditional order as asked for, in atoms; 0 stands for "not given"."""

    account: str
    symbol: str
    side: Side
    type: AlgoType
    time_in_force: str
    price: int = 0
    qty: int = 0
    client_id: str = ""
    position_side: PositionSide = PositionSide.BOTH
    reduce_only: bool = False
    close_position: bool = False
    trigger_price: int = 0
    activate_price: int = 0
    callback_rate: int = 0
    working_type: str = "CONTRACT_PRICE"


@dataclass(slots=True, eq=False)
class AlgoOrder:
    """The live record of one conditional order; only `core.perps.apply` writes it."""

    id: int
    account: str
    instrument: Instrument
    client_id: str
    side: Side
    type: AlgoType
    time_in_force: str
    price: int
    qty: int
    position_side: PositionSide
    reduce_only: bool
    close_position: bool
    trigger_price: int
    activate_price: int
    callback_rate: int
    extreme: int
    working_type: str
    created_ms: int
    updated_ms: int
    triggered_ms: int = 0
    status: AlgoStatus = AlgoStatus.NEW
    actual: PerpOrder | None = None

    @property
    def open(self) -> bool:
        """True while it waits for its price."""
        return self.status is AlgoStatus.NEW

    @property
    def stage(self) -> AlgoStatus:
        """The status as the venue tells it: a triggered order whose own order has ended is FINISHED."""
        ended = self.status is AlgoStatus.TRIGGERED and self.actual is not None and not self.actual.open
        return AlgoStatus.FINISHED if ended else self.status
