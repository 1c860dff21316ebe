"""Order books for offsets: asked for outside any transaction, kept as rows with the time before the question."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from project.reads import Among, Read
from risk.domain.offset_book import Level
from signals.models import Instrument
from trading.domain.vocabulary import PositionSide
from trading.errors import NotReached
from trading.gateways.base import Gateway
from trading.models import OffsetBook

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Rows = Iterable[tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Book:
    """A market's book as of a moment: levels, best first."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: datetime

    def meeting(self, side: PositionSide) -> tuple[Level, ...]:
        """What closing a position of this side meets."""
        return self.bids if side is PositionSide.LONG else self.asks

    def age_secs(self, now: datetime) -> Decimal:
        """How old it is; one from the future, for a clock was set back, is as old as it is ahead."""
        return Decimal(str(round(abs((now - self.at).total_seconds()), 3)))


Books = Mapping[int, Book]
# By instrument.


def read(instruments: Iterable[Instrument], *, gateway: Gateway, clock: Clock) -> Books:
    """Ask the venue for each instrument's book, and keep it; one that is not told is not in the answer."""
    found = {row.pk: _asked(row, gateway, clock) for row in sorted(instruments, key=lambda row: row.pk)}
    books = {pk: book for pk, book in found.items() if book is not None}
    _keep(books)
    return books


def _asked(instrument: Instrument, gateway: Gateway, clock: Clock) -> Book | None:
    """One book. A venue that does not tell it says nothing of the account's health: there is just no offset now."""
    at = clock()
    try:
        told = gateway.order_book(instrument.symbol)
    except NotReached as error:
        log.warning("no order book of %s: %s", instrument.symbol, error)
        return None
    return Book(_levels(told.bids), _levels(told.asks), at)


def _levels(rows: Rows) -> tuple[Level, ...]:
    return tuple(Level(price, qty) for price, qty in rows)


def _keep(books: Books) -> None:
    rows = [OffsetBook(instrument_id=pk, bids=_texts(b.bids), asks=_texts(b.asks), at=b.at) for pk, b in books.items()]
    fields = ["bids", "asks", "at"]
    OffsetBook.objects.bulk_create(rows, update_conflicts=True, unique_fields=["instrument"], update_fields=fields)


def _texts(levels: Iterable[Level]) -> list[list[str]]:
    return [[str(level.price), str(level.qty)] for level in levels]


KEPT = Read(lambda ids: OffsetBook.objects.filter(Among("instrument_id", ids)))


def kept(instrument_ids: Iterable[int]) -> Books:
    """The books as they were read last, whatever their age."""
    rows = KEPT(ids=sorted(instrument_ids))
    return {row.instrument_id: Book(_numbers(row.bids), _numbers(row.asks), row.at) for row in rows}


def _numbers(texts: Iterable[Iterable[str]]) -> tuple[Level, ...]:
    return tuple(Level(*(Decimal(text) for text in level)) for level in texts)
