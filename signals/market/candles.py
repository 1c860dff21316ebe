"""Candles in rows: what is missing is asked of the venue, bounded per call; what is read comes back as bars and closes."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Max, Min

from signals.market.bars import WANTED, Bar, Span, finished, missing, sane, window
from signals.models import Candle

log = logging.getLogger(__name__)

MOST_A_CALL = 1000
# Bars; no venue gives more in one answer, and those that give fewer are asked again.
KEPT_BEYOND = 1.25
# Older bars than wanted × this go.
ASK_AGAIN = timedelta(hours=24)
# Where a venue's history was found to begin is believed for so long.

GIVE_UP_AFTER = 2
# Unanswered questions in one pass: the venue is away, and the other polls say so.


class NotNow(Exception):
    """The venue does not answer this question now: {detail}."""


Fetch = Callable[[str, Span], Sequence[Bar]]
# Asks the venue for the bars of a span: (symbol, span). Raises NotNow.
HasTime = Callable[[], bool]
# Whether another question may be asked in this pass.


def always() -> bool:
    """There is time for every question."""
    return True


UPSERT = """
INSERT INTO signals_candle (instrument_id, timeframe_secs, opened_at, open, high, low, close, volume)
SELECT %s, %s, * FROM unnest(%s::timestamptz[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (instrument_id, timeframe_secs, opened_at) DO UPDATE
SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
"""

_begins: dict[tuple[int, int], tuple[datetime, datetime]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a pass did: questions asked, bars written, and whether something is still missing."""

    calls: int
    bars: int
    complete: bool


def refresh(
    pairs: Mapping[str, int], *, fetch: Fetch, now: datetime, most_calls: int, has_time: HasTime = always
) -> Refreshed:
    """Ask for what is missing of the pairs (symbol → instrument id), at most so many questions, while there is time.

    The nearest tail comes first: a pair that is traded needs its last hour more than its last year. What is not answered
    is left to the next pass; after two such answers all of it is.
    """
    todo = sorted(_todo(pairs, now=now), key=lambda one: (one[1].count, one[0]))
    bars = calls = refused = left = 0
    for symbol, span in todo:
        while span.count and refused < GIVE_UP_AFTER:
            if calls >= most_calls or not has_time():
                left += 1
                break
            calls += 1
            try:
                written, span = _ask(symbol, pairs[symbol], span, fetch=fetch, now=now)
            except NotNow as error:
                log.warning("no candles of %s: %s", symbol, error)
                refused += 1
                break
            bars += written
    return Refreshed(calls, bars, complete=refused == left == 0)


def forget() -> None:
    """Drop what is remembered of where histories begin: between tests."""
    with _lock:
        _begins.clear()


def _todo(pairs: Mapping[str, int], *, now: datetime) -> list[tuple[str, Span]]:
    """What is missing, by pair and timeframe. Only where it is incomplete are a pair's bars looked at one by one."""
    found: list[tuple[str, Span]] = []
    for secs, count in WANTED.items():
        wanted = window(secs, now=now, count=count)
        whole = _complete(pairs.values(), wanted, now=now)
        for symbol, pk in sorted(pairs.items()):
            if pk not in whole:
                begins = _known_begin(pk, secs, now)
                found += [(symbol, span) for span in missing(_openings(pk, wanted), wanted, begins=begins)]
    return found


def _complete(ids: Collection[int], wanted: Span, *, now: datetime) -> set[int]:
    """Instruments with every bar of a span, from where their history begins."""
    rows = Candle.objects.filter(
        instrument_id__in=ids, timeframe_secs=wanted.timeframe_secs, opened_at__gte=wanted.first
    )
    counted = rows.order_by().values_list("instrument_id").annotate(Count("id"), Min("opened_at"))
    whole = {pk for pk, count, first in counted if first + count * wanted.width == wanted.end}
    begins = {pk: _known_begin(pk, wanted.timeframe_secs, now) or wanted.first for pk in whole}
    return {pk for pk, _, first in counted if pk in whole and first <= max(begins[pk], wanted.first)}


def _openings(pk: int, wanted: Span) -> list[datetime]:
    rows = Candle.objects.filter(instrument_id=pk, timeframe_secs=wanted.timeframe_secs, opened_at__gte=wanted.first)
    return list(rows.order_by().values_list("opened_at", flat=True))


def _ask(symbol: str, pk: int, span: Span, *, fetch: Fetch, now: datetime) -> tuple[int, Span]:
    """One question: how many bars were written, and what is left of the span to ask for."""
    asked = Span(span.first, min(span.count, MOST_A_CALL), span.timeframe_secs)
    bars = [bar for bar in finished(fetch(symbol, asked), span) if sane(bar)]
    write(pk, span.timeframe_secs, bars)
    begins = bars[0].opened_at if bars else span.end
    if (
        begins > span.first
        and span.first == window(span.timeframe_secs, now=now, count=WANTED[span.timeframe_secs]).first
    ):
        _note_begin(pk, span.timeframe_secs, begins, now)
    rest = bars[-1].opened_at + span.width if bars else span.end
    return len(bars), Span(rest, int((span.end - rest) / span.width), span.timeframe_secs)


def _known_begin(pk: int, secs: int, now: datetime) -> datetime | None:
    with _lock:
        known = _begins.get((pk, secs))
    return known[1] if known and now - known[0] < ASK_AGAIN else None


def _note_begin(pk: int, secs: int, begins: datetime, now: datetime) -> None:
    """The venue answered with later bars than asked for: there is nothing older, for today."""
    with _lock:
        _begins[(pk, secs)] = (now, begins)


def write(instrument_id: int, timeframe_secs: int, bars: Sequence[Bar]) -> None:
    """Bars into rows; one that is there already is written over."""
    columns = [[bar.opened_at for bar in bars]]
    columns += [[getattr(bar, name) for bar in bars] for name in ("open", "high", "low", "close", "volume")]
    if bars:
        with connection.cursor() as cursor:
            cursor.execute(UPSERT, [instrument_id, timeframe_secs, *columns])


def drop_old(*, now: datetime) -> int:
    """Delete bars that nobody wants any more; how many went."""
    gone = 0
    for secs, count in WANTED.items():
        first = window(secs, now=now, count=int(count * KEPT_BEYOND)).first
        gone += Candle.objects.filter(timeframe_secs=secs, opened_at__lt=first).delete()[0]
    return gone


# reading -----------------------------------------------------------------------------------------


def bars(instrument_id: int, timeframe_secs: int, *, most: int) -> list[Bar]:
    """The last finished bars, oldest first."""
    rows = Candle.objects.filter(instrument_id=instrument_id, timeframe_secs=timeframe_secs).order_by("-opened_at")
    found = rows.values_list("opened_at", "open", "high", "low", "close", "volume")[:most]
    return [Bar(*row) for row in reversed(found)]


def closes(
    instrument_id: int, timeframe_secs: int, *, most: int, after: datetime | None = None
) -> list[tuple[datetime, Decimal]]:
    """(opened_at, close) of the last bars, oldest first; `after`: only those from this opening on."""
    rows = Candle.objects.filter(instrument_id=instrument_id, timeframe_secs=timeframe_secs)
    rows = rows if after is None else rows.filter(opened_at__gte=after)
    return list(reversed(rows.order_by("-opened_at").values_list("opened_at", "close")[:most]))


def latest(instrument_ids: Iterable[int]) -> dict[tuple[int, int], datetime]:
    """When the newest bar of each instrument and timeframe opened."""
    rows = Candle.objects.filter(instrument_id__in=list(instrument_ids)).order_by()
    found = rows.values("instrument_id", "timeframe_secs").annotate(last=Max("opened_at"))
    return {(row["instrument_id"], row["timeframe_secs"]): row["last"] for row in found}
