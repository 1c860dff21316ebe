"""What the page shows, as frozen data: gathered by live.py, rendered by frames.py."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.figures import Equity, Record, distance_pct
from dashboard.words import OrderLine, mode_words, order_words
from trading.domain.order_state import RESTING, OrderState
from trading.domain.vocabulary import PositionSide, Purpose


@dataclass(frozen=True, slots=True)
class Pulse:
    """A part of the machine that must show itself now and then; `late_secs` is how far it is beyond its limit."""

    name: str
    said: str
    at: datetime | None
    limit_secs: float | None = None
    late_secs: float | None = None
    trouble: str = ""

    @property
    def ailing(self) -> bool:
        """True when the page must mark it."""
        return bool(self.trouble) or self.late_secs is not None


@dataclass(frozen=True, slots=True)
class Health:
    """The bar on top: what money this is, how far the engine may go, what is late."""

    environment: str
    mode: str
    mode_reason: str
    mode_operator: str
    pulses: tuple[Pulse, ...]


@dataclass(frozen=True, slots=True)
class AccountTab:
    """One account in the switcher."""

    id: int
    name: str
    environment: str
    armed: bool
    health: str


@dataclass(frozen=True, slots=True)
class SlotBox:
    """One unit of the pool, as a box; `label` names the group that holds it."""

    number: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """The numbers on top; money in the account's quote."""

    quote: str
    equity: Equity
    record: Record
    unrealised: Decimal | None
    open_groups: int
    slots: tuple[SlotBox, ...]
    pool_size: int

    @property
    def taken(self) -> int:
        """Slots held by a group."""
        return sum(bool(slot.label) for slot in self.slots)


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
    """A DCA leg: what was planned, the state in words, what it brought so far (net of fees, quote)."""

    name: str
    words: str
    mark: str
    price: Decimal
    qty: Decimal
    target_price: Decimal
    result: Decimal | None
    client_order_id: str


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

    @property
    def lasted_secs(self) -> float:
        """How long it was open."""
        return (self.closed_at - self.opened_at).total_seconds()


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A delivery and its one outcome. Everything in it came from outside: it is text, never markup."""

    id: int
    at: datetime
    source: str
    subject: str
    action: str
    words: str
    tone: str
    code: str
    reason: str
    replayable: bool = False


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A signal that waits for a slot. rank None: it waits for a group to close first. discount_pct: in our favour."""

    id: int
    market: Market
    side: str
    timeframe_secs: int
    rank: int | None
    why: str
    discount_pct: Decimal
    alert_price: Decimal | None
    replacements: int
    queued_at: datetime
    last_denial: str


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A signal that waited lately, and how it ended."""

    id: int
    symbol: str
    side: str
    words: str
    waited_secs: float
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """An order that only a person can settle, with what to look it up by at the venue."""

    id: int
    market: Market
    venue: str
    purpose: str
    side: str
    type: str
    qty: Decimal
    price: Decimal | None
    client_order_id: str
    venue_order_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class LostRow:
    """A lost alert that a person settles; choices as (name, button)."""

    id: int
    subject: str
    words: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """An order of which nobody knows whether it was placed: it is looked up again at next_poll_at, never sent again."""

    id: int
    market: Market
    purpose: str
    side: str
    type: str
    qty: Decimal
    price: Decimal | None
    code: str
    polls: int
    next_poll_at: datetime | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """An order that rests at the venue and is not ours."""

    id: int
    market: Market
    side: str
    type: str
    qty: Decimal
    filled_qty: Decimal
    price: Decimal | None
    venue_order_id: str
    conditional: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Ailment:
    """An account that the engine holds back: what is wrong, what still works, what to do."""

    code: str
    account_id: int
    wrong: str
    works: str
    mend: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Deliveries turned away at the door today, for one reason and sender."""

    id: int
    source: str
    address: str
    reason: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the page shows of one account, as of `at`; `number` is the last sealed event it certainly holds."""

    number: int
    at: datetime
    health: Health
    account: AccountTab | None = None
    accounts: tuple[AccountTab, ...] = ()
    cards: Cards | None = None
    groups: tuple[GroupRow, ...] = ()
    closed: tuple[ClosedRow, ...] = ()
    alerts: tuple[AlertRow, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    refused_total: int = 0
    waiting: tuple[WaitingRow, ...] = ()
    left_queue: tuple[LeftRow, ...] = ()
    doubts: tuple[DoubtRow, ...] = ()
    lost: tuple[LostRow, ...] = ()
    unknown: tuple[UnknownRow, ...] = ()
    foreign: tuple[ForeignRow, ...] = ()
    ailment: Ailment | None = None
