"""A group as the page shows it, with its legs, orders and fills, as frozen data: made by groups.py."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.figures import distance_pct, share_pct
from dashboard.words import OrderLine, mode_words, order_words
from trading.domain.order_state import RESTING, OrderState
from trading.domain.vocabulary import PositionSide, Purpose


@dataclass(frozen=True, slots=True)
class Market:
    """The instrument behind a row: how precisely its numbers are written, and its last price."""

    symbol: str
    base: str
    quote: str
    tick_size: Decimal
    lot_step: Decimal
    contract_size: Decimal
    last: Decimal | None

    @property
    def held_in(self) -> str:
        """The unit of a quantity: the base currency, or contracts where one of them is not one of it."""
        return self.base if self.contract_size == 1 else "contracts"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in the detail of a group."""

    line: OrderLine
    side: str
    type: str
    price: Decimal | None
    client_order_id: str
    trigger_price: Decimal | None = None
    id: int = 0

    @property
    def words(self) -> str:
        """Its state in words."""
        return order_words(self.line.state)

    @property
    def withdrawable(self) -> bool:
        """Whether a person may take it back: an entry that rests or waits."""
        return self.line.purpose == Purpose.ENTRY and self.line.state in RESTING | {OrderState.NEW}


@dataclass(frozen=True, slots=True)
class FillRow:
    """A fill in the detail of a group."""

    at: datetime
    side: str
    price: Decimal
    qty: Decimal
    fee: Decimal
    fee_currency: str
    purpose: str


@dataclass(frozen=True, slots=True)
class LegRow:
    """A DCA leg: what was planned, the state in words, what it brought so far (net of fees, quote); code: why it is so."""

    name: str
    words: str
    mark: str
    price: Decimal
    qty: Decimal
    target_price: Decimal | None  # None: its target is one of the whole group
    result: Decimal | None
    client_order_id: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class WatchRow:
    """An exit that is watched, or a stop that rests at the venue; without a trigger price the note says why."""

    words: str
    trigger_price: Decimal | None
    note: str = ""
    stops: bool = False  # it ends a loss; the others take a profit or end by time

    @property
    def short(self) -> str:
        """A stop's name where there is no room: "emergency", "fixed"."""
        return self.words.removesuffix(" stop")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """An open position group with everything its row and its detail show."""

    id: int
    market: Market
    side: str
    timeframe_secs: int
    status: str
    words: str
    pyramids: int
    max_pyramids: int | None
    qty: Decimal
    average_entry: Decimal | None
    unrealised: Decimal | None
    unrealised_pct: Decimal | None
    realised: Decimal
    tp_mode: str
    next_target: Decimal | None
    opened_at: datetime
    legs: tuple[LegRow, ...]
    orders: tuple[OrderRow, ...]
    fills: tuple[FillRow, ...]
    leverage: int = 1
    funding: Decimal | None = None  # part of realised; None where there never was any
    reduce_qty: Decimal = Decimal(0)
    blocked: bool = False
    watch: tuple[WatchRow, ...] = ()
    break_even: Decimal | None = None
    fill_count: int = 0  # of all; fills are the last of them
    fees: Decimal = Decimal(0)
    unpriced_fees: tuple[tuple[str, Decimal], ...] = ()  # by currency; nobody knew a price: in no other figure
    closed_at: datetime | None = None
    close_reason: str = ""
    entered: Decimal = Decimal(0)  # what all entries cost, quote
    average_exit: Decimal | None = None  # of everything that was closed, quote
    cost: Decimal = Decimal(0)  # of what is held, quote
    version: str = ""  # of an open group: with the same version it looks the same at the same price

    @property
    def result(self) -> Decimal | None:
        """What it has brought and would bring at the last price, quote; None before anything was filled."""
        if self.closed_at is not None or self.unrealised is None:
            return self.realised if self.closed_at is not None or self.realised else self.unrealised
        return self.realised + self.unrealised

    @property
    def result_pct(self) -> Decimal | None:
        """The same in percent of what its entries cost; None before anything was filled."""
        return share_pct(self.result, self.entered)

    @property
    def mode(self) -> str:
        """How it takes profit, in words."""
        return mode_words(self.tp_mode)

    @property
    def mode_word(self) -> str:
        """The same where there is no room: the mode's name."""
        return self.tp_mode.replace("_", " ").lower()

    @property
    def filled_legs(self) -> int:
        """Legs with a fill, taken ones included."""
        return sum(bool(leg.mark) for leg in self.legs)

    @property
    def stop(self) -> WatchRow | None:
        """The stop that the price reaches first: the highest of a LONG, the lowest of a SHORT."""
        priced = [(row.trigger_price, row) for row in self.watch if row.stops and row.trigger_price is not None]
        sign = PositionSide(self.side).sign
        return max(priced, key=lambda pair: sign * pair[0])[1] if priced else None

    @property
    def stop_distance_pct(self) -> Decimal | None:
        """How far the price has to go to it, in percent of the price; below 0 for a LONG's."""
        return distance_pct(self.stop.trigger_price if self.stop else None, price=self.market.last)

    @property
    def target_distance_pct(self) -> Decimal | None:
        """How far the price has to go to the next target, in percent of the price; above 0 for a LONG's."""
        return distance_pct(self.next_target, price=self.market.last)


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """A group that is over; the result is net of fees, its percentage of what the entries cost."""

    id: int
    symbol: str
    quote: str
    side: str
    timeframe_secs: int
    status: str
    reason: str
    result: Decimal
    result_pct: Decimal | None
    opened_at: datetime
    closed_at: datetime
    fees: Decimal = Decimal(0)

    @property
    def lasted_secs(self) -> float:
        """How long it was open."""
        return (self.closed_at - self.opened_at).total_seconds()
