"""What a sender promised and did not send: bars without an alert, and too long a silence. Pure; the clock is an argument."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from signals.intent import MarketPosition
from signals.timeframes import DAY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = EPOCH + timedelta(days=4)
# Bars are counted from here, as venues do; those of whole weeks from the first Monday.
EARLY = timedelta(seconds=5)
# A sender's clock may be ahead: an alert this shortly before a bar's end is that bar's.
MOST_BARS = 100
# So many bars of a pair are named after a long stop; what lies before them is named by the first of them.


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert that came: its pair, when, and the open of its bar where it says so."""

    symbol: str
    at: datetime
    bar_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissingBar:
    """A bar of a pair that closed without its alert."""

    symbol: str
    opened_at: datetime
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a sender says he stands on a pair, and since which of his alerts."""

    symbol: str
    position: MarketPosition
    since: datetime
    alert_id: int
    timeframe_secs: int | None = None


def last_close(at: datetime, bar_secs: int) -> datetime:
    """When the last bar before or at this instant closed."""
    start = MONDAY if bar_secs % (7 * DAY) == 0 else EPOCH
    bar = timedelta(seconds=bar_secs)
    return start + (at - start) // bar * bar


def closes(*, since: datetime, until: datetime, bar_secs: int) -> list[datetime]:
    """The instants after since, up to and with until, at which bars closed; the last MOST_BARS of them."""
    bar, last = timedelta(seconds=bar_secs), last_close(until, bar_secs)
    count = min(max((last - since) // bar + 1, 0), MOST_BARS)
    found = (last - step * bar for step in range(count))
    return sorted(at for at in found if at > since)


def bar_of(arrival: Arrival, bar_secs: int) -> datetime:
    """The close of the bar that an alert is about."""
    if arrival.bar_time is not None:
        return last_close(arrival.bar_time + timedelta(seconds=bar_secs), bar_secs)
    return last_close(arrival.at + EARLY, bar_secs)


def missing_bars(
    arrivals: Iterable[Arrival], *, pairs: Sequence[str], bar_secs: int, since: datetime, until: datetime
) -> list[MissingBar]:
    """Bars of these pairs that closed after since and by until, and brought nothing; by time, then pair."""
    came = {(arrival.symbol, bar_of(arrival, bar_secs)) for arrival in arrivals}
    bar = timedelta(seconds=bar_secs)
    return [
        MissingBar(pair, closed - bar, closed)
        for closed in closes(since=since, until=until, bar_secs=bar_secs)
        for pair in sorted(pairs)
        if (pair, closed) not in came
    ]


def stances(newest_first: Iterable[Stance]) -> list[Stance]:
    """Of single statements the one that holds now for each pair, dated by the first of its unbroken run."""
    runs: dict[str, Stance] = {}
    broken: set[str] = set()
    for said in newest_first:
        known = runs.get(said.symbol)
        if known is not None and known.position is not said.position:
            broken.add(said.symbol)
        if said.symbol not in broken:
            runs[said.symbol] = said
    return list(runs.values())
