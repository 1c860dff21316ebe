"""One delivery, whole: what it says, its numbers, its way, the checks, its orders, its journal, and who points to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from dashboard import given, signals, signals_path, telling
from dashboard.formats import NOTHING, NUMBER, figure, span, timeframe
from dashboard.groups import market_of
from dashboard.previewing import CheckRow, Fact, measured, said
from dashboard.signals import ACTED, Row, short
from dashboard.signals_path import Step, Way
from dashboard.snapshot import Market
from dashboard.telling import Told
from dashboard.words import order_words
from project.journal.models import JournalEntry
from risk.models import RiskDecision
from signals.evaluate import age_of, timeframe_of
from signals.intent import Intent, IntentKind
from signals.models import Alert
from trading import selectors
from trading.domain.vocabulary import Purpose
from trading.models import Order, Pyramid
from trading.services.replay import MARK, is_replay

ORDERS_SHOWN, JOURNAL_SHOWN, POINTING_SHOWN = 60, 60, 20
LONGEST_RAW, LONGEST_FACT = 12_000, 300
CLOSING = (Purpose.EXIT, Purpose.REDUCE)
AGE_UNKNOWN = "not told by the alert: counts as 0"
SHOWN_ELSEWHERE = frozenset({"checks"})  # the gate's own table


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that followed from the alert."""

    id: int
    group_id: int
    market: Market
    purpose: str
    side: str
    type: str
    price: Decimal | None
    qty: Decimal
    filled_qty: Decimal
    words: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A journal entry about the alert."""

    id: int
    at: datetime
    told: Told


@dataclass(frozen=True, slots=True)
class Pointer:
    """Another delivery that repeats this one, or that this one repeats."""

    id: int
    words: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about a delivery. Texts of senders are bounded, never markup."""

    row: Row
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...]
    numbers: tuple[Fact, ...]
    raw: str
    about: tuple[Fact, ...]
    checks: tuple[CheckRow, ...]
    orders: tuple[Placed, ...]
    groups: tuple[int, ...]
    journal: tuple[Line, ...]
    pointers: tuple[Pointer, ...]
    pair: str
    side: str


def detail(alert: Alert, *, hide: bool) -> Detail:
    """The page of an alert. hide: nothing of what is open is shown (the seal)."""
    found = [] if hide else _orders(alert)
    intent = signals.read(alert.format, alert.raw)
    signal = getattr(alert, "signal", None)
    first = min((order.submitted_at for order in found if order.submitted_at), default=None)
    return Detail(
        row=signals.row(alert, first),
        steps=signals_path.steps(way(alert, found)),
        facts=tuple(Fact(fact.name, short(fact.value, LONGEST_FACT)) for fact in said(intent)) if intent else (),
        numbers=tuple(_numbers(alert.details)) if not hide else (),
        raw=short(signals.hidden(alert.raw), LONGEST_RAW),
        about=(*_about(alert), *_age(alert, intent)),
        checks=() if hide or signal is None else _checks(alert),
        orders=tuple(map(_placed, found)),
        groups=tuple(sorted({order.group_id for order in found} | _groups(alert))) if not hide else (),
        journal=() if hide else _journal(alert),
        pointers=_pointers(alert),
        pair=signal.symbol if signal else _named(alert) or (intent.symbol if intent else ""),
        side=signal.position_side if signal else "",
    )


def way(alert: Alert, found: Iterable[Order]) -> Way:
    """The alert as its steps need it: of an entry its entries, of an exit what closes."""
    sent = (signals_path.Sent(o.purpose, o.state, o.created_at, o.submitted_at, o.filled_qty) for o in found)
    entered = alert.outcome in ("ENTERED", "PYRAMIDED", "QUEUED")
    refused = signals.is_refusal(alert.outcome)
    own = signals_path.own(sent, entered=entered)
    return Way(alert.received_at, alert.decided_at, alert.outcome, refused, own)


def steps_of(alert: Alert) -> tuple[Step, ...]:
    """The way of an alert alone: what the ticket follows."""
    return signals_path.steps(way(alert, _orders(alert)))


def groups_of(alert: Alert) -> tuple[int, ...]:
    """The groups that it opened, added to or closes."""
    entered = Pyramid.objects.filter(signal__alert=alert).values_list("group_id", flat=True)
    return tuple(sorted({*entered, *_groups(alert)}))


# its orders --------------------------------------------------------------------------------------


def _orders(alert: Alert) -> list[Order]:
    """Those of its own legs; of an exit those that close its groups since."""
    mine = Q(leg__pyramid__signal__alert=alert)
    if (groups := _groups(alert)) and alert.outcome in ACTED and alert.decided_at is not None:
        mine |= Q(group_id__in=groups, purpose__in=CLOSING, created_at__gte=alert.decided_at)
    return list(Order.objects.filter(mine, account_id=alert.account_id).select_related("instrument")
                .order_by("id")[:ORDERS_SHOWN])  # fmt: skip


def _groups(alert: Alert) -> set[int]:
    """The groups that its outcome names."""
    named = alert.details.get("groups", ()) if isinstance(alert.details, Mapping) else ()
    return {number for number in named if isinstance(number, int)} if isinstance(named, list) else set()


def _placed(order: Order) -> Placed:
    return Placed(
        id=order.pk,
        group_id=order.group_id,
        market=market_of(order.instrument, None),
        purpose=order.purpose,
        side=order.side,
        type=order.type,
        price=order.price if order.trigger_price is None else order.trigger_price,
        qty=order.qty,
        filled_qty=order.filled_qty,
        words=order_words(order.state),
        code=order.code,
        at=order.submitted_at or order.created_at,
    )


# its numbers -------------------------------------------------------------------------------------


def _numbers(details: Any) -> Iterable[Fact]:
    """What the reason was made from."""
    for name, value in details.items() if isinstance(details, Mapping) else ():
        if name not in SHOWN_ELSEWHERE and value not in (None, "", [], {}):
            yield Fact(short(_named_as(name), LONGEST_FACT), short(_plain(name, value), LONGEST_FACT))


def _named_as(name: str) -> str:
    return name.removesuffix("_secs").replace("_", " ").replace("pct", "%")


def _plain(name: str, value: Any) -> str:
    """A value of the reason's numbers as one reads it; pyramids are counted from 1 for people."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_named_as(inner)} {_plain(inner, one)}" for inner, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(name, one) for one in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return timeframe(value) if name == "timeframe_secs" else str(value + (name == "pyramid"))
    return figure(str(value)) if name not in ("id", "client_id", "client_order_id") else str(value)


def _named(alert: Alert) -> str:
    named = alert.details.get("symbol", "") if isinstance(alert.details, Mapping) else ""
    return named if isinstance(named, str) else ""


def _about(alert: Alert) -> Iterable[Fact]:
    """Where it came from and how."""
    yield Fact("source", alert.source.name)
    yield Fact("account", alert.account.name)
    yield Fact("format", alert.format or "none: refused at the door")
    yield Fact("endpoint", alert.endpoint)
    yield Fact("from", alert.peer or NOTHING)
    yield Fact("sender's id", alert.client_id or NOTHING)
    yield Fact("received", f"{alert.received_at:%Y-%m-%d %H:%M:%S} UTC")


def _age(alert: Alert, intent: Intent | None) -> Iterable[Fact]:
    """How old it was on arrival, which max_age_secs bounds; many senders' own formats carry no time."""
    if intent is None or intent.kind is not IntentKind.TRADE or is_replay(alert):
        return
    facts = selectors.alert_facts(alert)
    age = age_of(intent, timeframe_secs=timeframe_of(facts, intent), received_at=alert.received_at)
    secs = None if age is None else age.total_seconds()
    yield Fact("age on arrival", AGE_UNKNOWN if secs is None else f"{secs:.1f} s" if secs < 60 else span(secs))


def _checks(alert: Alert) -> tuple[CheckRow, ...]:
    """The last passage through the gate."""
    last = RiskDecision.objects.filter(signal__alert=alert).order_by("-pk").first()
    return tuple(map(_check, last.checks)) if last else ()


def _check(line: Mapping[str, Any]) -> CheckRow:
    value, limit = (measured(_number(line.get(key)), str(line.get("unit") or "")) for key in ("value", "limit"))
    return CheckRow(str(line.get("name", "")).replace("_", " "), value, limit, bool(line.get("ok")))


def _number(kept: object) -> object:
    """A check's number again, which the row keeps as text."""
    return Decimal(kept) if isinstance(kept, str) and NUMBER.fullmatch(kept) else kept


# what tells of it --------------------------------------------------------------------------------


def _journal(alert: Alert) -> tuple[Line, ...]:
    entries = JournalEntry.objects.filter(subject=f"alert:{alert.pk}").order_by("id")[:JOURNAL_SHOWN]
    return tuple(Line(entry.pk, entry.at, _told(entry)) for entry in entries)


def _told(entry: JournalEntry) -> Told:
    told = telling.told(entry.kind, entry.payload)
    return Told(told.category, told.level, short(told.sentence, LONGEST_FACT * 2), told.code)


def _pointers(alert: Alert) -> tuple[Pointer, ...]:
    """Repeats by hand of this delivery, and the one that this one repeats."""
    again = Q(client_id=f"{MARK}{alert.pk}", client_id__startswith=MARK)  # the second is the index's own condition
    again &= Q(dedupe_key__startswith=MARK)  # a sender may call himself a repeat, but his keys begin otherwise
    first = _first_of(alert)
    fits = again | Q(pk=first) if first is not None else again
    rows = Alert.objects.filter(fits, source_id=alert.source_id).order_by("pk")[:POINTING_SHOWN]
    return tuple(
        Pointer(row.pk, "is the first of this" if row.pk == first else "repeats it", row.outcome, row.received_at)
        for row in rows
    )


def _first_of(alert: Alert) -> int | None:
    number = alert.client_id.removeprefix(MARK) if is_replay(alert) else ""
    return given.number(number)
