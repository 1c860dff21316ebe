"""The one Protocol of the engine: what a venue can be asked, and the reports it answers with.

Reports are ours, not ccxt's: Decimals, aware times, our enums. Errors are trading.errors' three kinds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from signals.market.bars import Bar, Span
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import OrderType, PositionSide, Side, TimeInForce


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order to place. `valid_until` is checked at the socket: past it nothing is written."""

    symbol: str
    side: Side
    type: OrderType
    qty: Decimal
    price: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    client_order_id: str
    valid_until: datetime
    opens_position: bool  # entries and pyramids; the mode may allow exits and refuse these
    trigger_price: Decimal | None = None  # a conditional order: it waits at the venue until this is reached
    position_side: str = ""  # LONG or SHORT where the account holds both (hedge mode)


@dataclass(frozen=True, slots=True)
class Terms:
    """How an account wants to hold a futures market: asserted before a group's first entry there.

    group: whose. The venue keeps one leverage per market, and another group may have set its own from another process.
    """

    symbol: str
    leverage: int
    isolated: bool
    hedge: bool
    group: int = 0


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the venue says of one order.

    A conditional order has only an algo id until it triggers; then the venue makes an order of it, with an id of its own.
    fired: it has triggered, and that order is not named yet: it can be cancelled no more, and has not ended either.
    """

    client_order_id: str
    venue_order_id: str
    status: VenueStatus
    filled_qty: Decimal
    at: datetime | None = None
    venue_algo_id: str = ""
    qty: Decimal | None = None  # what was asked for, and on which side, where the venue repeats it
    side: Side | None = None
    fired: bool = False


@dataclass(frozen=True, slots=True)
class RestingReport:
    """An order that rests at the venue, whoever placed it; qty base or contracts, price quote, None at market."""

    order: OrderReport
    symbol: str
    side: Side
    type: str
    price: Decimal | None
    qty: Decimal


@dataclass(frozen=True, slots=True)
class FillReport:
    """One execution as the venue tells it; cost in quote, fee ≥ 0 in fee_currency (a rebate is < 0).

    realised: what the venue booked on a futures wallet for it, before the fee; 0 on spot. position_side: LONG or SHORT
    where the account holds both and the venue says which it was.
    """

    venue_order_id: str
    venue_trade_id: str
    side: Side
    price: Decimal
    qty: Decimal
    cost: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool | None
    at: datetime
    realised: Decimal = Decimal(0)
    position_side: str = ""


@dataclass(frozen=True, slots=True)
class PositionReport:
    """A futures position as the venue holds it; qty in contracts, ≥ 0; prices quote, None where the venue gives none.

    hedged: whether it is one of two sides that may be held at once; None where the venue does not say.
    """

    symbol: str
    side: PositionSide
    qty: Decimal
    entry_price: Decimal | None
    mark_price: Decimal | None
    liquidation_price: Decimal | None
    hedged: bool | None = None


@dataclass(frozen=True, slots=True)
class FundingReport:
    """One funding payment; amount > 0 was received, quote."""

    symbol: str
    venue_id: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class BalanceReport:
    """What an account holds of one currency."""

    currency: str
    total: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True)
class TickerReport:
    """Best bid, best ask and last price of a symbol, quote; mark on futures only."""

    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BookReport:
    """A symbol's order book, best prices first: what it takes from sellers (bids) and from buyers (asks).

    Each level is a price, quote, and a quantity, base or contracts.
    """

    symbol: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class TradeReport:
    """One execution between others, as everybody sees it; price quote, qty base or contracts, side the taker's."""

    at: datetime
    side: Side
    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True)
class InstrumentReport:
    """A tradable market and its rules; fees are ratios."""

    symbol: str
    venue_symbol: str
    kind: str
    base: str
    quote: str
    active: bool
    tick_size: Decimal
    lot_step: Decimal
    min_qty: Decimal
    max_qty: Decimal | None
    min_notional: Decimal
    contract_size: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    max_open_orders: int | None
    status: str = ""  # the venue's own word for the market's state, in capitals
    max_market_qty: Decimal | None = None  # of a market order; often far less than max_qty


class Gateway(Protocol):
    """A venue, as one account sees it. Every method may raise Rejected, Unknown or NotReached (trading.errors)."""

    def place(self, request: OrderRequest) -> OrderReport:
        """Place one order, once. Never retried here."""

    def assert_terms(self, terms: Terms) -> None:
        """Set leverage, margin and position mode of a futures market; "no need to change" is success."""

    def cancel(self, *, symbol: str, venue_order_id: str, venue_algo_id: str = "") -> None:
        """Ask to cancel; an order that is no longer open raises OrderNotOpen."""

    def cancel_all(self, symbol: str) -> None:
        """Cancel everything that rests on a market, conditional orders too, ours and foreign; nothing there is success."""

    def dead_man(self, symbol: str, *, secs: int) -> None:
        """Have the venue cancel the market's plain orders unless this is said again within secs; 0 takes it back."""

    def find_order(
        self, *, symbol: str, client_order_id: str, venue_order_id: str = "", conditional: bool = False
    ) -> OrderReport | None:
        """The order by the venue's id where known, else by ours; None when the venue says it has none."""

    def open_orders(self, symbol: str) -> Sequence[OrderReport]:
        """All orders resting on a symbol, conditional ones too, ours and foreign."""

    def resting(self) -> Sequence[RestingReport]:
        """Everything that rests on any market, conditional ones too, ours and foreign."""

    def fills_of(self, *, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""

    def fills_since(self, *, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol from `since` on, oldest first, ours and foreign."""

    def balances(self) -> Sequence[BalanceReport]:
        """Everything the account holds."""

    def positions(self) -> Sequence[PositionReport]:
        """Every futures position that is not flat; nothing on spot."""

    def funding_since(self, *, since: datetime) -> Sequence[FundingReport]:
        """Funding paid and received from `since` on, oldest first; nothing on spot."""

    def tickers(self, symbols: Sequence[str]) -> Mapping[str, TickerReport]:
        """Prices of the symbols that the venue quotes."""

    def candles(self, symbol: str, span: Span) -> Sequence[Bar]:
        """Bars that open within a span, oldest first; fewer where the venue gives no more at once."""

    def order_book(self, symbol: str) -> BookReport:
        """The best levels of a symbol's book, as many as one cheap question brings."""

    def trades(self, symbol: str) -> Sequence[TradeReport]:
        """What was traded last on a symbol, by anybody, oldest first."""

    def instruments(self) -> Sequence[InstrumentReport]:
        """Every market the account may trade."""

    def server_time(self) -> datetime:
        """The venue's clock."""

    def in_maintenance(self) -> bool:
        """Whether the venue's own status says that it is closed for maintenance; a venue without a status says no."""
