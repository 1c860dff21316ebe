"""What a card may ask of any dialect. An adapter speaks the venue's own protocol over plain HTTP and sockets, and nothing else.

Quantities are base units, prices quote; a refused request is an Answer with the venue's own code.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, ClassVar

import httpx
from websockets.sync.client import connect

from tests.trading.paper.clients.venues import Running

PATIENCE_SECS = 60

Json = dict[str, Any]
Params = dict[str, Any]


class Case(Enum):
    """Why a venue refuses; each adapter knows its code."""

    DUPLICATE = auto()
    FUNDS = auto()
    KEY = auto()
    LEAST = auto()
    POST_ONLY = auto()
    REDUCE_ONLY = auto()
    SIGNATURE = auto()
    STALE = auto()
    STEP = auto()
    SYMBOL = auto()
    TICK = auto()
    TYPE = auto()
    UNKNOWN_CANCEL = auto()
    UNKNOWN_ORDER = auto()


@dataclass(frozen=True)
class Answer:
    """What the venue said: its code, empty where it agreed, and the order's id."""

    code: str
    order_id: str = ""


@dataclass(frozen=True)
class Seen:
    """An order as the venue tells it; status is open, waiting, filled, canceled or gone (the venue knows no more of it)."""

    status: str
    qty: Decimal = Decimal(0)
    filled: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    name: str = ""


@dataclass(frozen=True)
class Traded:
    """One execution."""

    order_id: str
    qty: Decimal
    price: Decimal
    fee: Decimal
    maker: bool


@dataclass(frozen=True)
class Asked:
    """An order to place; without a price it is a market order."""

    side: str = "buy"
    qty: Decimal = Decimal("0.01")
    price: Decimal | None = None
    name: str = ""
    tif: str = "GTC"
    post_only: bool = False
    reduce_only: bool = False
    stop: Decimal | None = None


@dataclass(frozen=True)
class Spoil:
    """What is wrong with a request: another key or secret, an older clock, parameters of another type, or unknown ones."""

    key: str = ""
    secret: str = ""
    age_ms: int = 0
    more: tuple[tuple[str, Any], ...] = ()


SOUND = Spoil()


class Desk(ABC):
    """An account at one venue."""

    label: ClassVar[str]
    codes: ClassVar[dict[Case, str]]
    futures: ClassVar[bool]
    tick: ClassVar[Decimal]
    step: ClassVar[Decimal]
    least: ClassVar[Decimal]
    # The venue's steps, and a quantity on them that is too small.
    greets: ClassVar[bool] = False
    # Whether a socket speaks first.

    def __init__(self, world: Running, key: str) -> None:
        self.world = world
        self.key = key
        self.http = httpx.Client(
            base_url=self.url, timeout=PATIENCE_SECS, verify=False
        )  # loading certificates takes longer than a card

    @property
    def url(self) -> str:
        """Where the dialect is spoken."""
        return self.world.paper.url

    @property
    def holder(self) -> str:
        """What the account is called in the exchange's own books."""
        return self.key

    def secret_of(self, spoil: Spoil) -> tuple[str, bytes]:
        """The key and the secret that a request is signed with."""
        return spoil.key or self.key, (spoil.secret or f"{self.key}-secret").encode()

    def stamp(self, spoil: Spoil) -> int:
        """The time that a request claims, Unix milliseconds."""
        return time.time_ns() // 1_000_000 - spoil.age_ms

    @abstractmethod
    def clock(self) -> int:
        """The venue's time, Unix milliseconds."""

    @abstractmethod
    def steps(self) -> tuple[Decimal, Decimal]:
        """The tick size and the lot step as the venue lists them."""

    @abstractmethod
    def best(self) -> tuple[Decimal, Decimal]:
        """Best bid and best ask."""

    @abstractmethod
    def last(self) -> Decimal:
        """The last price."""

    @abstractmethod
    def place(self, asked: Asked, spoil: Spoil = SOUND, symbol: str = "") -> Answer:
        """Place an order."""

    @abstractmethod
    def seen(self, order_id: str = "", *, name: str = "") -> Seen:
        """Look an order up by id or by client id."""

    @abstractmethod
    def query(self, order_id: str) -> Answer:
        """Look an order up, for the code of the refusal."""

    @abstractmethod
    def working(self) -> list[str]:
        """The ids of the open orders, waiting ones too."""

    @abstractmethod
    def cancel(self, order_id: str) -> Answer:
        """Cancel an order."""

    @abstractmethod
    def cancel_all(self) -> None:
        """Cancel every order, waiting ones too."""

    @abstractmethod
    def trades(self) -> list[Traded]:
        """The account's executions."""

    @abstractmethod
    def free(self) -> Decimal:
        """Quote that may be spent."""

    @abstractmethod
    def held(self) -> Decimal:
        """Base that is held: a balance, or a position."""

    @abstractmethod
    def own_stream(self) -> tuple[str, list[Json]]:
        """Where the account's own events come, and what is to be sent first."""

    @abstractmethod
    def told(self, message: Json) -> tuple[str, str] | None:
        """An order's id and status out of a message; None where it tells of something else."""

    def books(self) -> Json:
        """The account in the exchange's own books."""
        found: Json = self.ledger()["accounts"][self.holder]
        return found

    def ledger(self) -> Json:
        """The side of the books that the account is in."""
        return self.world.paper.read("ledger")

    @contextmanager
    def listening(self) -> Iterator[Callable[[str, str], None]]:
        """Yields a function that waits until an order of an id is told with a status."""
        url, first = self.own_stream()
        with connect(url.replace("http", "ws", 1), open_timeout=PATIENCE_SECS) as opened:
            if self.greets:
                opened.recv(timeout=PATIENCE_SECS)
            for message in first:
                opened.send(json.dumps(message))
                json.loads(opened.recv(timeout=PATIENCE_SECS))

            def until(order_id: str, status: str) -> None:
                while self.told(json.loads(opened.recv(timeout=PATIENCE_SECS))) != (order_id, status):
                    continue

            yield until


def number(value: Any) -> Decimal:
    """A number as a venue writes it; nothing counts as zero."""
    return Decimal(str(value or 0))


def whole(rows: list[Any]) -> Any:
    """The only row."""
    (found,) = rows
    return found
