"""An order as the exchange keeps it, and what a client may ask for."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument


class Side(StrEnum):
    """BUY receives base, SELL receives quote."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """What the book executes, and the spot orders that first wait for a price."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


CONDITIONAL = frozenset(
    {OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
)
# These wait outside the book until the price reaches them.

AT_MARKET = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
# These never rest: once they work, they take what is there.


class TimeInForce(StrEnum):
    """GTC rests, IOC drops its remainder, FOK fills whole or not at all."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Status(StrEnum):
    """Where an order stands. PENDING_NEW: it waits for the working order of its list; after PARTIALLY_FILLED all is final."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"


class SelfTrade(StrEnum):
    """What happens where an order meets one of its own account: trade, or expire one side or both."""

    NONE = "NONE"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"


class Role(IntEnum):
    """What an order is in its list: one of a pair, the one that works first, or one that begins once that is filled."""

    PAIR = 0
    WORKING = 1
    PENDING = 2


class Terms(NamedTuple):
    """What most orders do not have; 0 stands for "not given". Recorded just before its order is accepted.

    `locked` is what the order locks while it waits; `self_trade` is a SelfTrade, `role` a Role.
    """

    order_id: int
    stop_price: int = 0
    trailing_bps: int = 0
    extreme: int = 0
    iceberg_qty: int = 0
    list_id: int = 0
    locked: int = 0
    self_trade: str = SelfTrade.NONE.value
    role: int = Role.PAIR.value


@dataclass(frozen=True, slots=True)
class Request:
    """A new order as asked for, in atoms; 0 stands for "not given"."""

    account: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce = TimeInForce.GTC
    price: int = 0
    qty: int = 0
    quote_qty: int = 0
    client_id: str = ""
    terms: Terms | None = None


_OPEN = frozenset({Status.NEW, Status.PARTIALLY_FILLED, Status.PENDING_NEW})


@dataclass(slots=True, eq=False)
class Order:
    """The live record of one order, in atoms; only `core.apply` writes it."""

    id: int
    account: str
    instrument: Instrument
    client_id: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: int
    qty: int
    quote_qty: int
    created_ms: int
    updated_ms: int
    filled: int = 0
    filled_quote: int = 0
    locked: int = 0
    queue_ahead: int = 0
    status: Status = Status.NEW
    fills: list["Fill"] = field(default_factory=list)
    terms: Terms | None = None
    working_ms: int = 0
    extreme: int = 0
    shown: int = 0
    rests: bool = field(init=False)
    waits: bool = field(init=False)
    pends: bool = False

    def __post_init__(self) -> None:
        """`rests`: its remainder stays in the book. `waits`: it does nothing until the price reaches it.

        `pends`: it does nothing, and locks nothing, until the working order of its list is filled.
        """
        self.rests = self.type not in AT_MARKET and self.time_in_force is TimeInForce.GTC
        self.waits = self.type in CONDITIONAL
        self.working_ms = 0 if self.waits else self.created_ms
        if self.terms is not None and self.terms.role == Role.PENDING:
            self.pends, self.status, self.working_ms = True, Status.PENDING_NEW, 0

    @property
    def leaves(self) -> int:
        """What is still to be filled, base."""
        return self.qty - self.filled

    @property
    def open(self) -> bool:
        """True while it can still fill."""
        return self.status in _OPEN

    @property
    def iceberg_qty(self) -> int:
        """How much of it the book shows at a time, 0 = all."""
        return self.terms.iceberg_qty if self.terms else 0

    @property
    def list_id(self) -> int:
        """The order list it belongs to, 0 = none."""
        return self.terms.list_id if self.terms else 0

    @property
    def role(self) -> int:
        """What it is in its list."""
        return self.terms.role if self.terms else 0

    @property
    def spends(self) -> str:
        """The asset it pays with, hence the one that is locked."""
        return self.instrument.quote if self.side is Side.BUY else self.instrument.base

    @property
    def receives(self) -> str:
        """The asset it is paid in, hence the one fees are taken from."""
        return self.instrument.base if self.side is Side.BUY else self.instrument.quote

    def lock_for(self, leaves: int) -> int:
        """What has to be locked while `leaves` may still fill; a market order locks nothing."""
        if self.pends:
            return 0
        if self.waits and self.terms:
            return self.terms.locked
        if not self.rests:
            return 0
        return atoms.times_up(self.price, leaves) if self.side is Side.BUY else leaves


@dataclass(slots=True, eq=False)
class Fill:
    """One execution of one order, in atoms; never written again. (Frozen, it would take three times as long to make.)"""

    order: Order
    trade_id: int
    at_ms: int
    price: int
    qty: int
    notional: int
    fee: int
    fee_asset: str
    maker: bool
