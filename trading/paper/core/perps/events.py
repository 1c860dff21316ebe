"""What has happened to futures accounts; kept in the same ledger as everything else."""

from typing import NamedTuple


class PerpDeposited(NamedTuple):
    """Funds appeared in a futures wallet."""

    at_ms: int
    account: str
    amount: int


class PerpAccepted(NamedTuple):
    """An order entered the futures book."""

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
    queue_ahead: int
    position_side: str
    reduce_only: int
    close_position: int
    origin: str
    stop_price: int
    good_till_ms: int = 0
    price_match: str = ""
    self_trade: str = ""


class PerpFilled(NamedTuple):
    """One side of a futures trade; realised is its profit or loss before the fee."""

    at_ms: int
    order_id: int
    trade_id: int
    price: int
    qty: int
    fee: int
    maker: int
    realised: int


class PerpAmended(NamedTuple):
    """An open order got another price or quantity, and went to the end of its queue."""

    at_ms: int
    order_id: int
    price: int
    qty: int
    queue_ahead: int


class PerpClosed(NamedTuple):
    """A futures order left the book unfilled: CANCELED or EXPIRED."""

    at_ms: int
    order_id: int
    status: str


class AlgoAccepted(NamedTuple):
    """A conditional order waits for its price."""

    at_ms: int
    account: str
    symbol: str
    algo_id: int
    client_id: str
    side: str
    type: str
    time_in_force: str
    price: int
    qty: int
    position_side: str
    reduce_only: int
    close_position: int
    trigger_price: int
    activate_price: int
    callback_rate: int
    extreme: int
    working_type: str


class AlgoTracked(NamedTuple):
    """A trailing order has seen a new extreme price."""

    algo_id: int
    extreme: int


class AlgoTriggered(NamedTuple):
    """A conditional order became an order with an id of its own."""

    at_ms: int
    algo_id: int
    order_id: int


class AlgoClosed(NamedTuple):
    """A conditional order ended without becoming an order: CANCELED, EXPIRED or REJECTED."""

    at_ms: int
    algo_id: int
    status: str


class Leveraged(NamedTuple):
    """The leverage of an account in a contract changed."""

    at_ms: int
    account: str
    symbol: str
    leverage: int


class Isolated(NamedTuple):
    """The margin of an account in a contract became isolated (1) or cross (0)."""

    at_ms: int
    account: str
    symbol: str
    isolated: int


class Sided(NamedTuple):
    """An account holds longs and shorts apart (1, hedge mode) or as one position (0)."""

    at_ms: int
    account: str
    dual: int


class Margined(NamedTuple):
    """Margin moved into an isolated position, or out of it (negative)."""

    at_ms: int
    account: str
    symbol: str
    position_side: str
    amount: int


class Funded(NamedTuple):
    """Funding was settled: every position of the contract paid (or got) notional at mark × rate."""

    at_ms: int
    symbol: str
    rate: int
    mark: int


class Insured(NamedTuple):
    """The insurance fund paid what a liquidated position had lost beyond its margin, or took its fee (negative)."""

    at_ms: int
    account: str
    symbol: str
    amount: int


class PerpReserved(NamedTuple):
    """Futures trade ids below `upto` may have been shown to somebody and are never given again."""

    symbol: str
    upto: int


class PerpSwitched(NamedTuple):
    """Trading of a contract was halted (0) or resumed (1)."""

    at_ms: int
    symbol: str
    trading: int


class PerpPriced(NamedTuple):
    """A contract's price was set by hand."""

    at_ms: int
    symbol: str
    price: int


PerpEvent = (
    PerpDeposited
    | PerpAccepted
    | PerpFilled
    | PerpAmended
    | PerpClosed
    | AlgoAccepted
    | AlgoTracked
    | AlgoTriggered
    | AlgoClosed
    | Leveraged
    | Isolated
    | Sided
    | Margined
    | Funded
    | Insured
    | PerpReserved
    | PerpPriced
    | PerpSwitched
)
