"""What the page shows, as frozen data: gathered by live.py, rendered by frames.py."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dashboard.drawing import Curve
from dashboard.figures import Equity, Record
from dashboard.group_rows import ClosedRow, FillRow, GroupRow, LegRow, Market, OrderRow, WatchRow
from dashboard.telling import Line

__all__ = [
    "AccountTab",
    "Ailment",
    "AlertRow",
    "Cards",
    "ClosedRow",
    "DoubtRow",
    "FillRow",
    "ForeignRow",
    "GroupRow",
    "Health",
    "LeftRow",
    "LegRow",
    "LostRow",
    "Market",
    "OrderRow",
    "Overview",
    "Pulse",
    "RefusedRow",
    "SlotBox",
    "TroubleRow",
    "UnknownRow",
    "WaitingRow",
    "WatchRow",
]


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
    """The bar on top: what money this is, how far the engine may go, what is late; `today` is realised, in `quote`."""

    environment: str
    mode: str
    mode_reason: str
    mode_operator: str
    pulses: tuple[Pulse, ...]
    today: Decimal | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class AccountTab:
    """One account in the switcher."""

    id: int
    name: str
    environment: str
    armed: bool
    health: str
    owner_id: int | None = None


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
    balance: Decimal | None = None  # of the quote currency, and what of it is free
    free: Decimal | None = None
    waiting: int = 0
    hidden: bool = False  # the seal keeps back what moves with the open positions

    @property
    def taken(self) -> int:
        """Slots held by a group."""
        return sum(bool(slot.label) for slot in self.slots)


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
    maker_fee: Decimal = Decimal(0)


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
class TroubleRow:
    """Something that is not as it should be: whose, what, since when, in words; deeds as (address, button)."""

    id: str
    subject: str
    says: str
    since: datetime | None
    words: tuple[str, ...]
    deeds: tuple[tuple[str, str], ...] = ()


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
    troubles: tuple[TroubleRow, ...] = ()
    unknown: tuple[UnknownRow, ...] = ()
    foreign: tuple[ForeignRow, ...] = ()
    ailment: Ailment | None = None
    curve: Curve | None = None
    alarms: tuple[Line, ...] = ()
    sealed: bool = False  # what is open is not shown (dashboard/sealed.py)
