"""What a fee in a third currency is worth in quote: which of the known prices says so, and for how long it does. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from trading.domain.money import ONE, ZERO, exact, to_atom
from trading.domain.vocabulary import MarketKind

FRESH = timedelta(minutes=1)
# A watched price is asked for every 2 s: an older one belongs to a pair that nobody watched, and may be a day old. A minute
# outlasts a slow venue, and is short enough that no coin moves by what would show in a fee.


@dataclass(frozen=True, slots=True)
class Known:
    """The last known price of a market, quote per base; `at` is when we asked."""

    symbol: str
    kind: str
    base: str
    quote: str
    last: Decimal
    at: datetime


def is_third(fee: Decimal, currency: str, *, base: str, quote: str) -> bool:
    """Whether a fee counts only with a price of its own; of one without a currency there will never be any."""
    return fee != 0 and currency not in ("", base, quote)


def price(currency: str, *, quote: str, known: Iterable[Known], now: datetime) -> Decimal | None:
    """Quote per unit of a currency: by their market, else by the one that is the other way round; None without a fresh price.

    Spot before contracts, then by name, so that the same prices give the same answer.
    """
    of_both = [one for one in known if {one.base, one.quote} == {currency, quote} and _is_fresh(one, now)]
    first = min(of_both, key=lambda one: (one.base != currency, one.kind != MarketKind.SPOT, one.symbol), default=None)
    return None if first is None else _per_unit(first, currency)


def _is_fresh(one: Known, now: datetime) -> bool:
    """One from the future was written before the clock was set back: how old it is nobody knows."""
    return one.last > 0 and abs(now - one.at) <= FRESH


@exact
def _per_unit(one: Known, currency: str) -> Decimal | None:
    """None where it is too small for a money column."""
    found = to_atom(one.last if one.base == currency else ONE / one.last)
    return found if found > ZERO else None
