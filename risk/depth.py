"""How much rests near each price, in rows; asked for one pair after the other, the longest unasked first."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from risk.models import BookDepth
from signals.market.candles import GIVE_UP_AFTER, HasTime, NotNow, always

log = logging.getLogger(__name__)

AskDepth = Callable[[str], Decimal]
# The quote value near a symbol's price; asks the venue. Raises NotNow.


def refresh(
    pairs: Mapping[str, int],
    *,
    ask: AskDepth,
    clock: Callable[[], datetime],
    most: int,
    has_time: HasTime = always,
    recent: timedelta = timedelta(),
) -> int:
    """Ask for the pairs (symbol → instrument id) that were not asked for longest, while there is time; how many answered.

    A book within `recent` stands, whoever asked for it.
    What does not answer keeps its row, and grows too old to count by itself; after two of those it is left for this pass.
    """
    known = dict(BookDepth.objects.filter(instrument_id__in=pairs.values()).values_list("instrument_id", "at"))
    now = clock()
    due = {pk for pk, at in known.items() if not timedelta() <= now - at < recent}
    never = [symbol for symbol, pk in sorted(pairs.items()) if pk not in known]
    oldest = sorted((symbol for symbol, pk in pairs.items() if pk in due), key=lambda symbol: known[pairs[symbol]])
    answered = refused = 0
    for symbol in [*never, *oldest][:most]:
        if refused >= GIVE_UP_AFTER or not has_time():
            break
        found = _looked(pairs[symbol], symbol, ask=ask, at=clock())
        answered, refused = answered + found, refused + (not found)
    return answered


def _looked(instrument_id: int, symbol: str, *, ask: AskDepth, at: datetime) -> bool:
    """One book; at is before the question."""
    try:
        found = {"quote": round(ask(symbol), 8), "at": at}
    except NotNow as error:
        log.warning("no book of %s: %s", symbol, error)
        return False
    BookDepth.objects.update_or_create(instrument_id=instrument_id, defaults=found)
    return True
