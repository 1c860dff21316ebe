"""The one Protocol of the engine: what a venue can be asked, and the reports it answers with.

Reports are ours, not ccxt's: Decimals, aware times, our enums. Errors are trading.errors' three kinds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import OrderType, Side, TimeInForce


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


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the venue says of one order."""

    client_order_id: str
    venue_order_id: str
    status: VenueStatus
    filled_qty: Decimal
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FillReport:
    """One execution as the venue tells it; cost = price × qty in quote, fee ≥ 0 in fee_currency (a rebate is < 0)."""

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


class Gateway(Protocol):
    """A venue, as one account sees it. Every method may raise Rejected, Unknown or NotReached (trading.errors)."""

    def place(self, request: OrderRequest) -> OrderReport:
        """Place one order, once. Never retried here."""

    def cancel(self, *, symbol: str, venue_order_id: str) -> None:
        """Ask to cancel; an order that is no longer open raises OrderNotOpen."""

    def find_order(self, *, symbol: str, client_order_id: str, venue_order_id: str = "") -> OrderReport | None:
        """The order by the venue's id where known, else by ours; None when the venue says it has none."""

    def open_orders(self, symbol: str) -> Sequence[OrderReport]:
        """All orders resting on a symbol, ours and foreign."""

    def fills_of(self, *, symbol: str, venue_order_id: str) -> Sequence[FillReport]:
        """All executions of one order."""

    def fills_since(self, *, symbol: str, since: datetime) -> Sequence[FillReport]:
        """All executions on a symbol from `since` on, oldest first, ours and foreign."""

    def balances(self) -> Sequence[BalanceReport]:
        """Everything the account holds."""

    def tickers(self, symbols: Sequence[str]) -> Mapping[str, TickerReport]:
        """Prices of the symbols that the venue quotes."""

    def instruments(self) -> Sequence[InstrumentReport]:
        """Every market the account may trade."""

    def server_time(self) -> datetime:
        """The venue's clock."""
