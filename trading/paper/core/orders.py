"""An order as the exchange keeps it, and what a client may ask for."""

from dataclasses import dataclass, field
from enum import StrEnum

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument


class Side(StrEnum):
    """BUY receives base, SELL receives quote."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """The order types that the book executes."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"


class TimeInForce(StrEnum):
    """GTC rests, IOC drops its remainder, FOK fills whole or not at all."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Status(StrEnum):
    """Where an order stands; the last three are final."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


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

    @property
    def leaves(self) -> int:
        """What is still to be filled, base."""
        return self.qty - self.filled

    @property
    def open(self) -> bool:
        """True while it can still fill."""
        return self.status in (Status.NEW, Status.PARTIALLY_FILLED)

    @property
    def rests(self) -> bool:
        """True if its remainder stays in the book."""
        return self.type is not OrderType.MARKET and self.time_in_force is TimeInForce.GTC

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
        if not self.rests:
            return 0
        return atoms.times_up(self.price, leaves) if self.side is Side.BUY else leaves


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of one order, in atoms."""

    order: Order
    trade_id: int
    at_ms: int
    price: int
    qty: int
    notional: int
    fee: int
    fee_asset: str
    maker: bool
