"""Lost alerts: what a source promised and did not send is an alarm with its bar; a person settles it, once."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from project.accounts.models import ExchangeAccount
from project.journal.record import record
from signals import expectations, formats
from signals.evaluate import only_pair
from signals.expectations import Arrival, Stance
from signals.formats import FormatRefused
from signals.intent import Intent, MarketPosition
from signals.market import instruments
from signals.market.instruments import Listed
from signals.models import Alert, LostAlert, Source
from signals.strict_json import JsonRefused
from signals.symbols import UnknownSymbol, resolve
from trading import selectors
from trading.models import PositionGroup, QueuedSignal
from trading.services import orders, stand_in
from trading.services.defects import DEFECTS

log = logging.getLogger(__name__)

Kind, State = LostAlert.Kind, LostAlert.State
PROMISED = Q(heartbeat_secs__gt=0) | Q(bar_secs__gt=0) | Q(watch_position=True)
# Sources that said what is to be expected of them.

STANCES_READ = 300
# So many of a source's latest alerts are asked where it stands; a pair that it did not name among them is old news.
STANCE_DAYS = timedelta(days=7)
MARK = "lost:"
# Begins the key of an alert that a person sent in a lost one's place; no sender's own key begins so.


class CannotSettle(Exception):
    """Why a lost alert cannot be settled so, in words."""


@dataclass(frozen=True, slots=True)
class Found:
    """An alarm before it is a row."""

    kind: str
    expected_at: datetime
    words: str
    symbol: str = ""
    timeframe_secs: int | None = None
    position_side: str = ""


def sweep(account_id: int, *, now: datetime) -> int:
    """Look at every source of the account that promised something; how many new alarms there are."""
    sources = Source.objects.filter(PROMISED, account_id=account_id, enabled=True).select_related("account")
    return sum(_look_safely(source, now) for source in sources.order_by("id"))


def _look_safely(source: Source, now: datetime) -> int:
    """A source that makes us fail hides no other's alarms."""
    try:
        return _look(source, now)
    except DEFECTS:
        log.exception("what source %s promised cannot be looked at", source.pk)
        return 0


def _look(source: Source, now: datetime) -> int:
    """One source: what is missing becomes an alarm, what came after all is no alarm any more."""
    listed = instruments.listed(source.account.venue, source.account.environment)
    with transaction.atomic():  # how far was looked, and the alarms of it, stand or fall together
        differing = list(_positions(source, listed, now))
        found = [*_silence(source, now), *_bars(source, listed, now), *differing]
        new = [row for item in found if (row := _noted(source, item, now))]
        _heal(source, listed, differing, now)
    return len(new)


def _noted(source: Source, found: Found, now: datetime) -> LostAlert | None:
    """The alarm's row, if it is a new one."""
    names = ("timeframe_secs", "position_side", "words")
    facts = {name: getattr(found, name) for name in names}
    row, fresh = LostAlert.objects.get_or_create(
        source=source,
        kind=found.kind,
        symbol=found.symbol,
        expected_at=found.expected_at,
        defaults={**facts, "found_at": now},
    )
    if fresh:
        payload = {"source": source.name, "kind": found.kind, "symbol": found.symbol, "words": found.words}
        record("lost.found", subject=f"lost:{row.pk}", payload=payload, account_id=source.account_id)
    return row if fresh else None


# silence -----------------------------------------------------------------------------------------


def _silence(source: Source, now: datetime) -> Iterator[Found]:
    """A source that has not sent anything for longer than it promised."""
    if not source.heartbeat_secs:
        return
    last = source.alerts.aggregate(at=Max("received_at"))["at"]
    begun = max(last or source.updated_at, source.updated_at)
    if now - begun > timedelta(seconds=source.heartbeat_secs):
        said = f"{source.name} has sent nothing since {begun:%d %b %H:%M:%S} UTC; one alert in {source.heartbeat_secs} s is promised."
        yield Found(Kind.SILENCE, begun, said)


# bars --------------------------------------------------------------------------------------------


def _bars(source: Source, listed: Listed, now: datetime) -> list[Found]:
    """Bars that closed without their alert since the last look, or since the source was last changed."""
    bar_secs, pairs = source.bar_secs or 0, list(source.pair_whitelist)
    if not bar_secs or not pairs:
        return []
    grace = timedelta(seconds=source.grace_secs)
    since = max(source.bars_seen_to or source.updated_at, source.updated_at)
    until = expectations.last_close(now - grace, bar_secs)
    if until <= since:
        return []
    came = _arrivals(source, listed, since=since - timedelta(seconds=bar_secs))
    missing = expectations.missing_bars(came, pairs=pairs, bar_secs=bar_secs, since=since, until=until)
    Source.objects.filter(pk=source.pk).update(bars_seen_to=until)
    return [_lost_bar(source, bar.symbol, bar.opened_at, bar.closed_at) for bar in missing]


def _lost_bar(source: Source, symbol: str, opened_at: datetime, closed_at: datetime) -> Found:
    said = f"No alert of {symbol} for the bar {opened_at:%d %b %H:%M}–{closed_at:%H:%M} UTC ({source.bar_secs} s)."
    return Found(Kind.BAR, closed_at, said, symbol=symbol, timeframe_secs=source.bar_secs)


def _arrivals(source: Source, listed: Listed, *, since: datetime) -> list[Arrival]:
    """What came of the source from this instant on, as far as it can be read."""
    rows = source.alerts.filter(received_at__gte=since).exclude(format="").order_by("id")
    return [Arrival(symbol, row.received_at, intent.bar_time) for row, intent, symbol in _read(source, rows, listed)]


def _read(source: Source, rows: Iterable[Alert], listed: Listed) -> Iterator[tuple[Alert, Intent, str]]:
    """Alerts with what they say and their pair's own name; what cannot be read is left out."""
    for row in rows:
        try:
            intent = formats.parse_stored(row.format, row.raw)
        except (FormatRefused, JsonRefused):
            continue
        row.source = source
        wanted = intent.symbol or only_pair(selectors.alert_facts(row))
        symbol = resolve(wanted, intent.exchange, listed.names) if wanted else ""
        yield row, intent, "" if isinstance(symbol, UnknownSymbol) else symbol


# positions ---------------------------------------------------------------------------------------


def _positions(source: Source, listed: Listed, now: datetime) -> Iterator[Found]:
    """Where the sender stands and we do not, after the time that settling may take."""
    if not source.watch_position or not source.live:
        return
    grace = timedelta(seconds=source.grace_secs)
    for stance in expectations.stances(_said(source, listed, now)):
        instrument = listed.by_symbol.get(stance.symbol)
        if instrument is not None and now - stance.since > grace:
            held = _held(source, instrument.id)
            if said := _difference(source, stance, held, instrument.id):
                yield Found(
                    Kind.POSITION, stance.since, said, stance.symbol, stance.timeframe_secs, stance.position.name
                )


def _said(source: Source, listed: Listed, now: datetime) -> list[Stance]:
    """Each statement of where the source stands, newest first."""
    rows = source.alerts.filter(received_at__gte=now - STANCE_DAYS).exclude(format="").order_by("-id")
    return [
        Stance(symbol, intent.market_position, row.received_at, row.pk, intent.timeframe_secs)
        for row, intent, symbol in _read(source, rows[:STANCES_READ], listed)
        if intent.market_position is not None and symbol
    ]


def _held(source: Source, instrument_id: int) -> frozenset[str]:
    """The sides on which we are open, or wait for a slot."""
    mine = {"account_id": source.account_id, "instrument_id": instrument_id}
    open_ones = PositionGroup.objects.filter(**mine, closed_at=None).values_list("side", flat=True)
    waiting = QueuedSignal.objects.filter(**mine, ended_at=None).values_list("side", flat=True)
    return frozenset([*open_ones, *waiting])


def _difference(source: Source, stance: Stance, held: frozenset[str], instrument_id: int) -> str:
    """How the sender's position is not ours, in words; empty where it is, or where our own exit made the difference."""
    ours = " and ".join(sorted(held)) or "nothing"
    since = f"{source.name} has been {stance.position} on {stance.symbol} since {stance.since:%d %b %H:%M:%S} UTC"
    if stance.position is MarketPosition.FLAT:
        mine = held and _from_source(source, instrument_id)
        return f"{since}, and we hold {ours}." if mine else ""
    if stance.position.name in held or _closed_by_us(source, stance, instrument_id):
        return ""
    alert = Alert.objects.get(pk=stance.alert_id)
    return f"{since}, and we hold {ours}: alert {alert.pk} ended as {alert.outcome or 'not decided'}. {alert.reason}".strip()


def _from_source(source: Source, instrument_id: int) -> bool:
    """Whether what is open was opened by this source."""
    rows = PositionGroup.objects.filter(account_id=source.account_id, instrument_id=instrument_id, closed_at=None)
    return rows.filter(pyramids__signal__alert__source=source).exists()


def _closed_by_us(source: Source, stance: Stance, instrument_id: int) -> bool:
    """A target, a stop or a person closed it while the sender stayed: nothing was lost."""
    rows = PositionGroup.objects.filter(account_id=source.account_id, instrument_id=instrument_id)
    return rows.filter(side=stance.position.name, closed_at__gte=stance.since).exists()


# what came after all -----------------------------------------------------------------------------


def _heal(source: Source, listed: Listed, differing: Iterable[Found], now: datetime) -> None:
    """Alarms whose alert came late, whose silence ended, or whose positions agree again."""
    rows = LostAlert.objects.select_for_update(no_key=True)  # a person may be settling one at this moment
    open_ones = list(rows.filter(source=source, state=State.OPEN))
    differ = {(found.symbol, found.expected_at) for found in differing}
    came = _came(source, listed, [row for row in open_ones if row.kind == Kind.BAR])
    last = source.alerts.aggregate(at=Max("received_at"))["at"] if open_ones else None
    healed: Mapping[str, Callable[[LostAlert], bool]] = {
        Kind.BAR: lambda row: (row.symbol, row.expected_at) in came,
        Kind.POSITION: lambda row: (row.symbol, row.expected_at) not in differ,
        Kind.SILENCE: lambda row: last is not None and last > row.expected_at,
    }
    for row in open_ones:
        if healed[row.kind](row):
            _settled(row, State.CAME, by="", now=now)


def _came(source: Source, listed: Listed, rows: list[LostAlert]) -> set[tuple[str, datetime]]:
    """The bars among these that have their alert now."""
    if not rows or not source.bar_secs:
        return set()
    first = min(row.expected_at for row in rows)
    return {
        (arrival.symbol, expectations.bar_of(arrival, source.bar_secs))
        for arrival in _arrivals(source, listed, since=first)
    }


def _settled(row: LostAlert, state: str, *, by: str, now: datetime, answer: Alert | None = None) -> None:
    row.state, row.settled_at, row.settled_by, row.answer = state, now, by, answer
    row.save(update_fields=["state", "settled_at", "settled_by", "answer"])
    payload = {"state": state, "operator": by, "alert": answer.pk if answer else None}
    record("lost.settled", subject=f"lost:{row.pk}", payload=payload, account_id=row.source.account_id)


# what a person does ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person may do about a lost alert; fields are those of the alert that is sent in its place, none for none."""

    button: str
    consequence: str
    state: str
    fields: Mapping[str, str]


CHOICES: Mapping[str, Choice] = {
    "long": Choice(
        "Enter LONG now",
        "Enters as if a buy had just come: sized, planned and checked like any alert, at the market's price.",
        State.ENTERED,
        {"action": "buy", "market_position": "long"},
    ),
    "short": Choice(
        "Enter SHORT now",
        "Enters as if a sell had just come: sized, planned and checked like any alert, at the market's price.",
        State.ENTERED,
        {"action": "sell", "market_position": "short"},
    ),
    "close": Choice(
        "Close what is open",
        "Cancels what rests on the pair and closes its position.",
        State.CLOSED,
        {"action": "exit"},
    ),
    "ignore": Choice("Ignore", "Nothing is traded; the alarm ends.", State.IGNORED, {}),
}


def choices_for(row: LostAlert) -> list[str]:
    """What makes sense: a silence names no pair, and a spot market has no short side."""
    if not row.symbol:
        return ["ignore"]
    account: ExchangeAccount = row.source.account
    instrument = instruments.listed(account.venue, account.environment).by_symbol.get(row.symbol)
    sides = {"long", "short"} if instrument and instrument.derivative else {"long"}
    wanted = {row.position_side.lower()} & sides if row.kind == Kind.POSITION else sides
    return [name for name in CHOICES if name in wanted or name not in ("long", "short")]


def settle(lost_id: int, choice: str, *, operator: str, now: datetime) -> LostAlert:
    """Do what a person chose, once; journalled with who. Raises CannotSettle."""
    with transaction.atomic():
        rows = LostAlert.objects.select_for_update(no_key=True, of=("self",)).select_related("source__account")
        row = rows.get(pk=lost_id)
        if row.state != State.OPEN:
            raise CannotSettle(f"It is settled already: {State(row.state).label.lower()}.")
        if choice not in choices_for(row):
            raise CannotSettle(f"{choice}: choose one of {', '.join(choices_for(row))}.")
        answer = _answered(row, CHOICES[choice], now) if CHOICES[choice].fields else None
        _settled(row, CHOICES[choice].state, by=operator, now=now, answer=answer)
        return row


def _answered(row: LostAlert, choice: Choice, now: datetime) -> Alert:
    """The alert in the lost one's place: it goes through the inbox as any other."""
    source = row.source
    if not source.enabled or not source.live:
        raise CannotSettle(f"Source {source.name} is switched off or in shadow mode: nothing of it is traded.")
    frame = {"interval": stand_in.interval(row.timeframe_secs)} if row.timeframe_secs else {}
    body = {"symbol": row.symbol, **choice.fields, **frame, "message": f"in place of lost alert {row.pk}"}
    alert = stand_in.store(source, body, account_id=source.account_id, key=f"{MARK}{row.pk}", now=now)
    orders.ring_after_commit("process_inbox", source.account_id)
    return alert
