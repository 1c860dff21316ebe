"""What has happened: the only things that change the exchange, and what the ledger keeps.

Named tuples, because thousands a second are built, applied and written as JSON lists.
"""

from typing import NamedTuple

from trading.paper.core.orders import Terms
from trading.paper.core.perps.events import PerpEvent


class Deposited(NamedTuple):
    """Funds appeared in an account."""

    at_ms: int
    account: str
    asset: str
    amount: int


class Accepted(NamedTuple):
    """An order entered the exchange."""

    at_ms: int
    account: str
    symbol: str
    order_id: int
    client_id: str
    side: str
    type: str
    time_in_force: str
    price: int
    qty: int
    quote_qty: int
    queue_ahead: int


class Filled(NamedTuple):
    """One side of a trade; a trade between two customers is two of these with one trade id.

    A fee_asset that is empty stands for the asset received; a negative fee is a rebate.
    """

    at_ms: int
    order_id: int
    trade_id: int
    price: int
    qty: int
    fee: int
    maker: int
    fee_asset: str = ""


class Closed(NamedTuple):
    """An order left the book unfilled: CANCELED or EXPIRED."""

    at_ms: int
    order_id: int
    status: str


class Triggered(NamedTuple):
    """A waiting order began to work: the price has reached it."""

    at_ms: int
    order_id: int
    queue_ahead: int


class Released(NamedTuple):
    """An order began whose list's working order has been filled; it locks what it may spend from now on."""

    at_ms: int
    order_id: int
    queue_ahead: int


class Tracked(NamedTuple):
    """A trailing order has seen a new extreme price."""

    order_id: int
    extreme: int


class Amended(NamedTuple):
    """An order was made smaller and kept its place."""

    at_ms: int
    order_id: int
    qty: int


class Discounted(NamedTuple):
    """An account wishes to pay fees with the discount coin (1), or no longer (0)."""

    at_ms: int
    account: str
    on: int


class Switched(NamedTuple):
    """Trading of a pair was halted (0) or resumed (1)."""

    at_ms: int
    symbol: str
    trading: int


class Listed(NamedTuple):
    """An order list began. OCO: of its two orders at most one fills; OTO: the first one's fill begins the others."""

    at_ms: int
    account: str
    symbol: str
    list_id: int
    client_id: str
    contingency: str


class AtVenue(NamedTuple):
    """Something happened on a futures venue other than the first: tables, ids and wallets of its own."""

    venue: str
    event: PerpEvent


class Reserved(NamedTuple):
    """Trade ids below `upto` may have been shown to somebody and are never given again."""

    symbol: str
    upto: int


class Priced(NamedTuple):
    """The market price was set by hand."""

    at_ms: int
    symbol: str
    price: int


class Positioned(NamedTuple):
    """The replay has reached this step of its path."""

    at_ms: int
    step: int


Event = (
    Deposited
    | Terms
    | Listed
    | Accepted
    | Filled
    | Closed
    | Triggered
    | Released
    | Tracked
    | Amended
    | Reserved
    | Priced
    | Switched
    | Discounted
    | Positioned
    | PerpEvent
    | AtVenue
)
