"""The page "Logs": the journal, newest first, filtered in the database, in windows of a bounded length."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db.models import Q, QuerySet

from dashboard import given, telling
from dashboard.sheets import Cell
from dashboard.telling import Category, Level, Line
from project.accounts.models import ExchangeAccount
from project.journal.models import JournalEntry, Seal
from project.reads import Question, Read
from signals.models import Instrument
from trading.models import PositionGroup

SHOWN = 100
WINDOW = 20_000
# Entries looked through for one page: a search that finds little says how far it has looked, and goes on by hand.
READ_AT_ONCE = 2_000
AT_ONCE = timedelta(seconds=2)
GROUPS_NAMED = 200  # of a pair or a timeframe, the latest; their orders with them


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter; `before` is an entry's number, the page shows what is older."""

    category: Category | None = None
    level: Level | None = None
    search: str = ""
    pair: str = ""
    timeframe_secs: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered."""
        return any((self.category, self.level, self.search, self.pair, self.timeframe_secs, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries; `older` is where to go on, 0 at the journal's beginning; `looked_to` how far this one looked."""

    lines: tuple[Line, ...]
    older: int = 0
    looked_to: datetime | None = None
    is_full: bool = False  # the next page goes on right below it


def asked(query: Mapping[str, str]) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    return Asked(
        category=Category(query["category"]) if query.get("category") in tuple(Category) else None,
        level=Level(query["level"]) if query.get("level") in tuple(Level) else None,
        search=given.search(query.get("q", "")),
        pair=given.search(query.get("pair", "")),
        timeframe_secs=given.seconds(query.get("timeframe", "")),
        since=moment(query.get("from", "")),
        until=moment(query.get("to", ""), end=True),
        before=given.number(query.get("before", "")),
    )


def moment(text: str, *, end: bool = False) -> datetime | None:
    """A day or a time, UTC; a bare day as the end of a span is all of it."""
    at = given.moment(text)
    if at is None or not end or len(text.strip()) != len("2026-01-31"):
        return at
    try:
        return at + timedelta(days=1)
    except OverflowError:  # the last day there is has no end
        return None


# reading -----------------------------------------------------------------------------------------


def page(account: ExchangeAccount | None, wanted: Asked) -> Page:
    """The latest entries that fit, of the account and of the whole installation."""
    top = _top(wanted)
    floor = max(top - WINDOW, 0)
    found = list(_fitting(account, wanted, floor=floor, top=top).order_by("-id")[:SHOWN])
    if len(found) == SHOWN:
        return Page(folded(_lines(found, _markets(found))), found[-1].pk, found[-1].at, is_full=True)
    looked_to = JournalEntry.objects.filter(id__gt=floor).order_by("id").values_list("at", flat=True).first()
    reached = floor == 0 or (wanted.since is not None and looked_to is not None and looked_to < wanted.since)
    return Page(folded(_lines(found, _markets(found))), 0 if reached else floor + 1, looked_to)


def _top(wanted: Asked) -> int:
    """The number of the newest entry that may fit, or one more."""
    if wanted.before is not None:
        return wanted.before - 1
    if wanted.until is not None:  # entries are sealed in time: the first seal after that instant bounds them
        after = (
            Seal.objects.filter(at__gt=wanted.until).order_by("first_number").values_list("last_entry_id", flat=True)
        )
        if (bound := after.first()) is not None:
            return int(bound)
    newest = JournalEntry.objects.order_by("-id").values_list("id", flat=True).first()
    return int(newest or 0)


def _fitting(account: ExchangeAccount | None, wanted: Asked, *, floor: int, top: int) -> QuerySet[JournalEntry]:
    ours = Q(account_id__isnull=True) | Q(account_id=account.pk if account else None)
    fits = Q(id__gt=floor, id__lte=top) & ours
    if wanted.category:
        fits &= of_category(wanted.category)
    if wanted.level:
        fits &= of_level(wanted.level)
    if wanted.since:
        fits &= Q(at__gte=wanted.since)
    if wanted.until:
        fits &= Q(at__lt=wanted.until)
    if wanted.pair or wanted.timeframe_secs:
        fits &= _about(account, wanted)
    rows = JournalEntry.objects.filter(fits)
    return searched(rows, wanted.search)


def searched(rows: QuerySet[JournalEntry], text: str) -> QuerySet[JournalEntry]:
    """Every word must stand somewhere in the entry."""
    for word in text.split():
        # The payload as text, not as JSON: what a person types is looked for as it is written.
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = rows.extra(where=["kind ILIKE %s OR subject ILIKE %s OR payload::text ILIKE %s"], params=[like] * 3)
    return rows


def _about(account: ExchangeAccount | None, wanted: Asked) -> Q:
    """Entries that name the pair, or that are about its groups and their orders."""
    groups = PositionGroup.objects.filter(account=account)
    named = Q()
    if wanted.pair:
        groups = groups.filter(instrument__symbol__icontains=wanted.pair)
        named = Q(payload__symbol__icontains=wanted.pair) | Q(payload__details__symbol__icontains=wanted.pair)
    if wanted.timeframe_secs:
        groups = groups.filter(timeframe_secs=wanted.timeframe_secs)
        named &= Q(payload__timeframe_secs=wanted.timeframe_secs)
    ids = list(groups.order_by("-id").values_list("id", flat=True)[:GROUPS_NAMED])
    return named | Q(subject__in=[f"group:{number}" for number in ids]) | Q(payload__group__in=ids)


def of_category(category: Category) -> Q:
    """The entries of a category, as telling.category() sorts them."""
    settled = Q(kind="alert.settled")
    moved = {Category.PRECISION: telling.PRECISION, Category.RISK: telling.DENIED}
    prefixes = [prefix for prefix, of in telling.CATEGORIES.items() if of is category]
    if category is Category.SYSTEM:
        return ~_prefixed(telling.CATEGORIES)
    if category is Category.WEBHOOK:
        elsewhere = settled & Q(payload__outcome__in=sorted(telling.PRECISION | telling.DENIED))
        return _prefixed(prefixes) & ~elsewhere
    own = settled & Q(payload__outcome__in=sorted(moved[category])) if category in moved else Q()
    return (_prefixed(prefixes) | own) if prefixes else own


def _prefixed(prefixes: Iterable[str]) -> Q:
    found = Q(pk__in=[])
    for prefix in prefixes:
        found |= Q(kind=prefix) | Q(kind__startswith=f"{prefix}.")
    return found


def of_level(level: Level) -> Q:
    """The entries that are at least so grave: errors, or warnings and errors."""
    bad = Q(kind="order.state", payload__to__in=sorted(telling.BAD_STATES))
    errors = Q(kind__in=sorted(telling.ERRORS)) | bad | Q(kind="mode.changed", payload__to="EMERGENCY")
    refused = Q(kind="alert.settled") & ~Q(payload__outcome__in=sorted(telling.FINE))
    warnings = errors | refused | Q(kind__in=sorted(telling.WARNINGS))
    return {Level.ERROR: errors, Level.WARNING: warnings, Level.INFO: Q()}[level]


def _lines(entries: Sequence[JournalEntry], markets: Mapping[int | None, Instrument] | None = None) -> tuple[Line, ...]:
    known = markets or {}
    told = ((e, telling.told(e.kind, e.payload, known.get(_group_id(e)))) for e in entries)
    return tuple(Line(e.pk, e.at, e.kind, e.subject, said, _group_id(e)) for e, said in told)


def _markets(entries: Sequence[JournalEntry]) -> dict[int | None, Instrument]:
    """Of the groups that entries are about, in one question."""
    numbers = {number for entry in entries if (number := _group_id(entry)) is not None}
    return {row.pk: row.instrument for row in PositionGroup.objects.select_related("instrument").filter(pk__in=numbers)}


def folded(lines: Iterable[Line]) -> tuple[Line, ...]:
    """What says the same of one group within moments, as one line: a close takes back a dozen orders."""
    found: list[Line] = []
    for line in lines:
        place = next((n for n in range(len(found) - 1, -1, -1) if _is_one(found[n], line)), None)
        if place is None:
            found.append(line)
        else:
            found[place] = replace(found[place], count=found[place].count + 1)
    return tuple(found)


def _is_one(known: Line, line: Line) -> bool:
    same = (known.kind, known.told, known.group_id) == (line.kind, line.told, line.group_id)
    return same and line.group_id is not None and abs(known.at - line.at) <= AT_ONCE


def _group_id(entry: JournalEntry) -> int | None:
    about, _, number = entry.subject.partition(":")
    if about == "group" and (told := given.number(number)) is not None:
        return told
    named = entry.payload.get("group")
    return named if isinstance(named, int) and not isinstance(named, bool) else None


# alarms and export -------------------------------------------------------------------------------

ALARMS_WITHIN = timedelta(hours=24)
ALARMS_SHOWN = 6


def _alarming(account_id: int, since: datetime) -> QuerySet[JournalEntry]:
    ours = Q(account_id__isnull=True) | Q(account_id=account_id)
    rows = JournalEntry.objects.filter(of_level(Level.ERROR), ours, at__gte=since)
    return rows.order_by("-at", "-id")[:ALARMS_SHOWN]  # as their index has them


ALARMS = Read(_alarming)


def questions(account: ExchangeAccount, *, now: datetime) -> tuple[Question, ...]:
    """What alarms() asks."""
    return (ALARMS.of(account_id=account.pk, since=now - ALARMS_WITHIN),)


def alarms(account: ExchangeAccount, *, now: datetime) -> tuple[Line, ...]:
    """What the journal counts as an error, of the last day; refused alerts are not among them."""
    return _lines(ALARMS(account_id=account.pk, since=now - ALARMS_WITHIN))


HEAD = ("id", "at", "level", "category", "kind", "subject", "code", "sentence")


def lines(account: ExchangeAccount | None, wanted: Asked) -> Iterator[Sequence[Cell]]:
    """Everything that fits, the latest first, from the database to the reader a few at a time."""
    rows = _fitting(account, wanted, floor=0, top=_top(wanted)).order_by("-id")
    for entry in rows.iterator(chunk_size=READ_AT_ONCE):
        told = telling.told(entry.kind, entry.payload)
        yield (
            entry.pk,
            entry.at,
            str(told.level),
            str(told.category),
            entry.kind,
            entry.subject,
            told.code,
            told.sentence,
        )


FILTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"category": tuple(Category), "level": (Level.WARNING, Level.ERROR)}
)
