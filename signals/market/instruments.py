"""Instruments as the engine reads them: frozen facts, cached for some seconds in each process."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from signals.models import Instrument
from signals.symbols import Listing, SymbolIndex, index

KEPT = timedelta(seconds=10)
# Instruments are refreshed every 60 s; a delisting may be noticed this much later.


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """One market of a venue and its rules; fees are ratios, steps in quote (tick) and base (lot)."""

    id: int
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
    status: str = ""
    max_market_qty: Decimal | None = None

    @property
    def derivative(self) -> bool:
        """Whether it can be sold short."""
        return self.kind != "SPOT"


@dataclass(frozen=True, slots=True)
class Listed:
    """Every instrument of a venue, by symbol, with the index that alert symbols are looked up in."""

    by_symbol: Mapping[str, InstrumentFacts]
    names: SymbolIndex


_cache: dict[tuple[str, str], tuple[datetime, Listed]] = {}
_lock = threading.Lock()


def listed(venue: str, environment: str) -> Listed:
    """The instruments of a venue in an environment, at most 10 s old."""
    now, key = timezone.now(), (venue, environment)
    with _lock:
        kept = _cache.get(key)
        if kept is None or now - kept[0] > KEPT or not kept[1].by_symbol:
            kept = _cache[key] = (now, _load(venue, environment))
    return kept[1]


def forget() -> None:
    """Drop what is cached: after a refresh in this process, and between tests."""
    with _lock:
        _cache.clear()


def facts(row: Instrument) -> InstrumentFacts:
    """A row as facts."""
    return InstrumentFacts(**{name: getattr(row, name) for name in InstrumentFacts.__slots__})


def row(known: InstrumentFacts, *, venue: str, environment: str) -> Instrument:
    """Facts as the row they were read from, to point at it; not to be saved."""
    values = {name: getattr(known, name) for name in InstrumentFacts.__slots__}
    return Instrument(venue=venue, environment=environment, **values)


def _load(venue: str, environment: str) -> Listed:
    rows = [facts(row) for row in Instrument.objects.filter(venue=venue, environment=environment)]
    return Listed(by_symbol={row.symbol: row for row in rows}, names=index(listings(rows)))


def listings(rows: Iterable[InstrumentFacts]) -> list[Listing]:
    """Instruments as far as their names go."""
    return [Listing(r.symbol, r.venue_symbol, r.base, r.quote, r.derivative) for r in rows]
