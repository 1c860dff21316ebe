"""The rows of the simulated engine: the columns that decisions read, under the names the services use.

A column that is not named here has its default, as in a table: what a row of the real engine learns, these know too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from project.accounts.models import ExchangeAccount
from signals.market.instruments import InstrumentFacts
from trading import models
from trading.domain.grid import InstrumentRules
from trading.domain.money import ZERO
from trading.domain.settings import EngineSettings
from trading.domain.vocabulary import PositionSide


class Rows(list[Any]):
    """Related rows as the services ask for them."""

    def all(self) -> "Rows":
        return self

    def count(self) -> int:  # type: ignore[override]
        return len(self)


class Defaults:
    """A row of a table of the real engine; columns that it does not name are as the table has them when nobody wrote."""

    __slots__ = ()
    table: ClassVar[type[Model]]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            field_of = type(self).table._meta.get_field(name)
        except FieldDoesNotExist:
            raise AttributeError(name) from None
        return field_of.get_default()  # type: ignore[union-attr]


@dataclass(slots=True, eq=False)
class Account(Defaults):
    """One account with what is known of its health."""

    table: ClassVar[type[Model]] = ExchangeAccount
    pk: int
    name: str
    armed: bool = True
    health: str = ""
    reconciled_at: datetime | None = None
    clock_offset_ms: int = 0


@dataclass(slots=True, eq=False)
class Alert:
    """A delivery, stored."""

    pk: int
    account_id: int
    raw: str
    received_at: datetime
    outcome: str = ""


@dataclass(slots=True, eq=False)
class Pyramid(Defaults):
    """One entry into a group."""

    table: ClassVar[type[Model]] = models.Pyramid
    pk: int
    index: int
    base_price: Decimal
    created_at: datetime


@dataclass(slots=True, eq=False)
class Leg(Defaults):
    """One level of a pyramid."""

    table: ClassVar[type[Model]] = models.Leg
    pk: int
    pyramid: Pyramid
    index: int
    price: Decimal
    qty: Decimal
    take_profit_pct: Decimal
    target_price: Decimal
    ended_reason: str = ""


@dataclass(slots=True, eq=False)
class Group(Defaults):
    """A position group; pyramids, legs and orders hang on it."""

    table: ClassVar[type[Model]] = models.PositionGroup
    pk: int
    account_id: int
    instrument: InstrumentFacts
    rules: InstrumentRules
    timeframe_secs: int
    side: PositionSide
    settings: EngineSettings
    opened_at: datetime
    status: str = "LIVE"
    blocked: bool = False
    levels: dict[str, Any] = field(default_factory=dict)
    leverage: int = 1
    qty: Decimal = ZERO
    cost: Decimal = ZERO
    peak: Decimal | None = None
    watch: tuple[Any, ...] = ()
    reduce_qty: Decimal = ZERO
    reduce_limit: Decimal | None = None
    closing_at: datetime | None = None
    close_reason: str = ""
    closed_at: datetime | None = None
    dust_qty: Decimal = ZERO
    pyramids: Rows = field(default_factory=Rows)
    legs: list[Leg] = field(default_factory=list)
    orders: list["Order"] = field(default_factory=list)

    @property
    def instrument_id(self) -> int:
        return self.instrument.id


@dataclass(slots=True, eq=False)
class Order(Defaults):
    """One instruction to the venue."""

    table: ClassVar[type[Model]] = models.Order
    pk: int
    account: Account
    instrument: InstrumentFacts
    group: Group
    purpose: str
    intent_key: str
    attempt: int
    side: str
    type: str
    time_in_force: str
    qty: Decimal
    price: Decimal | None
    reference_price: Decimal
    client_order_id: str
    created_at: datetime
    updated_at: datetime
    leg_id: int | None = None
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    state: str = "NEW"
    code: str = ""
    fence: int = 0
    polls: int = 0
    cancel_requested: bool = False
    venue_order_id: str = ""
    reported_qty: Decimal = ZERO
    filled_qty: Decimal = ZERO
    filled_cost: Decimal = ZERO
    valid_until: datetime | None = None
    submitted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    next_poll_at: datetime | None = None
    fills: list["Fill"] = field(default_factory=list)

    @property
    def account_id(self) -> int:
        return self.account.pk

    @property
    def group_id(self) -> int:
        return self.group.pk


@dataclass(slots=True, eq=False)
class Fill:
    """One execution as we recorded it."""

    pk: int
    order: Order
    venue_trade_id: str
    side: str
    qty: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    fee_currency: str
    at: datetime
    recorded_at: datetime
    fee_price: Decimal | None = None

    @property
    def order_id(self) -> int:
        return self.order.pk


@dataclass(slots=True, eq=False)
class Slot:
    """One unit of the pool."""

    pk: int
    account_id: int
    group: Group
    number: int
    pool_size: int
    taken_at: datetime
    released_at: datetime | None = None
    open_before: int = 0  # how many were open at that moment: the judge's own count


@dataclass(slots=True, eq=False)
class Queued(Defaults):
    """A signal that waits for a slot."""

    table: ClassVar[type[Model]] = models.QueuedSignal
    pk: int
    account_id: int
    instrument: InstrumentFacts
    timeframe_secs: int
    side: PositionSide
    alert: Alert
    alert_price: Decimal | None
    queued_at: datetime
    replacement_count: int = 0
    state: str = "WAITING"
    after_group: Group | None = None

    @property
    def instrument_id(self) -> int:
        return self.instrument.id

    @property
    def after_group_id(self) -> int | None:
        return None if self.after_group is None else self.after_group.pk


def alive(rows: Iterable[Any]) -> list[Any]:
    """Groups that are not closed."""
    return [row for row in rows if row.closed_at is None]
