"""The page "Signals": every delivery with its outcome, newest first, filtered in the database in bounded windows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from django.db.models import Min, Q, QuerySet

from dashboard import given
from dashboard.inbox import CODED, OUTCOMES
from dashboard.logs import moment
from dashboard.sheets import Cell
from project.accounts.models import ExchangeAccount
from signals import formats
from signals.formats import SCRUBBER, FormatRefused
from signals.intent import Intent
from signals.market import instruments
from signals.models import Alert, Source
from signals.strict_json import JsonRefused
from signals.symbols import resolve, squeezed
from trading.domain.vocabulary import Purpose
from trading.models import Order
from trading.services.replay import is_replay

SHOWN = 50
WINDOW = 20_000
# Alerts looked through for one page: a filter that finds little says how far it has looked, and goes on by hand.
DISORDER = 500
# Ids are drawn in the order of arrival but for the batches of doors that store at once: so many may lie across a time.
READ_AT_ONCE = 1_000
LONGEST, LONGEST_TEXT = 80, 400
UNDECIDED = "UNDECIDED"
ACTED = ("ENTERED", "PYRAMIDED", "EXITED", "REDUCED", "REVERSED")
CALM = tuple(sorted(set(OUTCOMES) - {"", *ACTED, "QUEUED"}))
KINDS: Mapping[str, tuple[str, Q]] = MappingProxyType(
    {
        "acted": ("traded", Q(outcome__in=ACTED)),
        "queued": ("queued", Q(outcome="QUEUED")),
        "refused": ("refused", ~Q(outcome__in=sorted(OUTCOMES))),
        "calm": ("nothing to do", Q(outcome__in=CALM)),
        "open": ("being decided", Q(outcome="")),
    }
)
# What a person asks for -> its words, and the outcomes that it means.


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter; `before` is an alert's number, the page shows what is older."""

    kind: str = ""
    code: str = ""
    source_id: int | None = None
    pair: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered."""
        return any((self.kind, self.code, self.source_id, self.pair, self.search, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery and its one outcome. Everything in it came from outside: text of a bounded length, never markup.

    Times are seconds after its arrival; None: it has not happened.
    """

    id: int
    at: datetime
    source: str
    subject: str
    action: str
    timeframe_secs: int | None
    words: str
    tone: str
    code: str
    reason: str
    decided_secs: float | None
    ordered_secs: float | None
    again: bool  # a person sent it again
    refused: bool
    replayable: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some deliveries; `older` is where to go on, 0 at the beginning; `looked_to` how far this one looked."""

    rows: tuple[Row, ...]
    older: int = 0
    looked_to: datetime | None = None


def asked_for(query: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    return Asked(
        kind=query.get("outcome", "") if query.get("outcome") in KINDS else "",
        code=given.search(query.get("code", "")).upper().replace(" ", "_"),
        source_id=given.number(query.get("source", "")),
        pair=given.search(query.get("pair", "")),
        search=given.search(query.get("q", "")),
        since=moment(query.get("from", "")),
        until=moment(query.get("to", ""), end=True),
        before=given.number(query.get("before", "")),
    )


# reading -----------------------------------------------------------------------------------------


def page(account: ExchangeAccount, wanted: Asked) -> Page:
    """The latest deliveries that fit; it costs the same wherever it begins."""
    top = _top(wanted)
    floor = max(top - WINDOW, 0)
    found = list(_fitting(account, wanted, floor=floor, top=top)[: SHOWN + 1])
    if len(found) > SHOWN:
        return Page(rows(found[:SHOWN]), found[SHOWN - 1].pk, found[SHOWN - 1].received_at)
    looked_to = Alert.objects.filter(pk__gt=floor).order_by("pk").values_list("received_at", flat=True).first()
    reached = floor == 0 or (wanted.since is not None and looked_to is not None and looked_to < wanted.since)
    return Page(rows(found), 0 if reached else floor + 1, looked_to)


def _top(wanted: Asked) -> int:
    """The number of the newest alert that may fit, or one more."""
    bounds = [wanted.before - 1] if wanted.before is not None else []
    if wanted.until is not None:
        latest = Alert.objects.filter(received_at__lt=wanted.until).order_by("-received_at")
        bounds.append(max(latest.values_list("pk", flat=True)[:DISORDER], default=0))
    newest = Alert.objects.order_by("-pk").values_list("pk", flat=True)
    return max(0, min(bounds)) if bounds else int(newest.first() or 0)


def _fitting(account: ExchangeAccount, wanted: Asked, *, floor: int, top: int) -> QuerySet[Alert]:
    fits = Q(account=account, pk__gt=floor, pk__lte=top) & _of(wanted)
    found = Alert.objects.filter(fits).select_related("source", "signal", "account").order_by("-pk")
    for word in wanted.search.split():
        found = found.filter(
            Q(raw__icontains=word)
            | Q(reason__icontains=word)
            | Q(outcome__icontains=word)
            | Q(source__name__icontains=word)
        )
    return found


def _of(wanted: Asked) -> Q:
    """The filter but for its words."""
    fits = KINDS[wanted.kind][1] if wanted.kind else Q()
    if wanted.code:
        fits &= Q(outcome="" if wanted.code == UNDECIDED else wanted.code)
    if wanted.source_id is not None:
        fits &= Q(source_id=wanted.source_id)
    if wanted.since:
        fits &= Q(received_at__gte=wanted.since)
    if wanted.until:
        fits &= Q(received_at__lt=wanted.until)
    return fits & of_pair(wanted.pair) if wanted.pair else fits


def of_pair(pair: str) -> Q:
    """Deliveries about a pair: by what they came to mean, or as it was written."""
    meant = Q(signal__symbol__icontains=pair) | Q(details__symbol__icontains=pair)
    return meant | Q(raw__icontains=pair) | Q(raw__icontains=squeezed(pair) or pair)


def sources(account: ExchangeAccount) -> list[tuple[int, str]]:
    """The account's senders, by name."""
    return list(Source.objects.filter(account=account).order_by("name").values_list("pk", "name"))


# rows --------------------------------------------------------------------------------------------


def rows(alerts: Sequence[Alert]) -> tuple[Row, ...]:
    """The page's rows, with when the first order of each was sent."""
    first = _first_orders(alerts)
    return tuple(row(alert, first.get(alert.pk)) for alert in alerts)


def row(alert: Alert, ordered_at: datetime | None = None) -> Row:
    """One delivery in words."""
    words, tone = OUTCOMES.get(alert.outcome, ("refused", "down"))
    intent = read(alert.format, alert.raw)
    signal = getattr(alert, "signal", None)
    return Row(
        id=alert.pk,
        at=alert.received_at,
        source=alert.source.name,
        subject=short(_subject(alert, intent), LONGEST),
        action=str((intent.action or intent.market_position or "") if intent else ""),
        timeframe_secs=signal.timeframe_secs if signal else intent.timeframe_secs if intent else None,
        words=words,
        tone=tone,
        code=alert.outcome if alert.outcome not in OUTCOMES or alert.outcome in CODED else "",
        reason=short(alert.reason, LONGEST_TEXT),
        decided_secs=_after(alert, alert.decided_at),
        ordered_secs=_after(alert, ordered_at),
        again=is_replay(alert),
        refused=is_refusal(alert.outcome),
        replayable=bool(alert.format and alert.outcome and alert.source.enabled),
    )


def is_refusal(outcome: str) -> bool:
    """Whether an outcome says no."""
    return bool(outcome) and outcome not in OUTCOMES


@lru_cache(maxsize=512)
def read(format_name: str, raw: str) -> Intent | None:
    """What the sender asked for; None where the body cannot be read (the outcome says so)."""
    known = formats.BY_NAME.get(format_name)
    try:
        body = formats.read(raw)
        return formats.parse(body, known) if known and known.detect(body) else None
    except (FormatRefused, JsonRefused):
        return None


def _subject(alert: Alert, intent: Intent | None) -> str:
    """The pair as it came to mean; else as it was sent; else how the body begins."""
    signal = getattr(alert, "signal", None)
    named = alert.details.get("symbol") if isinstance(alert.details, dict) else ""
    meant = (signal.symbol if signal else "") or (named if isinstance(named, str) else "")
    return meant or (_listed(alert, intent) if intent else "") or hidden(alert.raw)


def _listed(alert: Alert, intent: Intent) -> str:
    """The pair as its venue lists it; one that is not listed as it was written."""
    if not intent.symbol:
        return ""
    names = instruments.listed(alert.account.venue, alert.account.environment).names
    found = resolve(intent.symbol, intent.exchange, names)
    return found if isinstance(found, str) else intent.symbol


def hidden(raw: str) -> str:
    """A body as it may be shown: scrubbed once more, though the door has done it."""
    return SCRUBBER.malformed(raw)


def short(text: str, longest: int) -> str:
    """A text of a bounded length; what was cut is counted."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest:,} more characters)"


def _after(alert: Alert, at: datetime | None) -> float | None:
    return None if at is None else max(0.0, (at - alert.received_at).total_seconds())


def _first_orders(alerts: Iterable[Alert]) -> dict[int, datetime]:
    """When the first entry order of each alert was sent."""
    ids = [alert.pk for alert in alerts if alert.outcome in ACTED]
    path = "leg__pyramid__signal__alert"
    sent = Order.objects.filter(**{f"{path}__in": ids}, purpose=Purpose.ENTRY, submitted_at__isnull=False)
    return dict(sent.order_by().values_list(path).annotate(first=Min("submitted_at"))) if ids else {}


# export ------------------------------------------------------------------------------------------

HEAD = (
    *("id", "received_at", "source", "format", "pair", "action", "timeframe_secs", "outcome", "reason"),
    *("decided_after_secs", "first_order_after_secs"),
)


def lines(account: ExchangeAccount, wanted: Asked) -> Iterator[Sequence[Cell]]:
    """Everything that fits, the latest first, from the database to the reader a few at a time."""
    found = _fitting(account, wanted, floor=0, top=_top(wanted))
    batch: list[Alert] = []
    for alert in found.iterator(chunk_size=READ_AT_ONCE):
        batch.append(alert)
        if len(batch) == READ_AT_ONCE:
            yield from _lines(batch)
            batch = []
    yield from _lines(batch)


def _lines(batch: Sequence[Alert]) -> Iterator[Sequence[Cell]]:
    for alert, told in zip(batch, rows(batch), strict=True):
        yield (
            *(told.id, told.at, told.source, alert.format, told.subject, told.action, told.timeframe_secs),
            *(alert.outcome, alert.reason, _secs(told.decided_secs), _secs(told.ordered_secs)),
        )


def _secs(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
