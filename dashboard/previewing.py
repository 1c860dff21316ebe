"""An explanation as the preview page and the API show it: each stage in words and numbers of its market. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from dashboard.formats import NOTHING, THIN, amount, number, percent, places_of, price, qty, span, timeframe
from dashboard.words import watch_words
from project.journal.record import plain
from risk.domain.checks import CheckLine
from signals.formats import FormatRefused
from signals.intent import Intent, Level, LevelKind, Size
from signals.verdict import Outcome
from trading.domain.classify import Classification, Meaning
from trading.domain.exit_ladder import RungTarget
from trading.domain.exit_view import Watched
from trading.domain.grid import InstrumentRules, PlannedLeg
from trading.services.explain import Explanation, PlannedOrder
from trading.services.explain_words import size_words
from trading.services.stages import Admission, Stages, Standing

GOOD = frozenset({Outcome.ENTERED, Outcome.PYRAMIDED, Outcome.EXITED, Outcome.REDUCED, Outcome.REVERSED})
CALM = frozenset({Outcome.SHADOW, Outcome.QUEUED, Outcome.NOTICE, Outcome.INDICATORS_STORED, Outcome.NEUTRAL})
UNSAID = (None, "", (), False)
PLACES, PLACES_ABOVE_1 = 8, 2
# Of a check's number: small ones are told apart, large ones are read.


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class LegRow:
    """One leg of the plan."""

    index: int
    price: str
    qty: str
    notional: str
    target: str
    weight: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: what was measured, and its limit."""

    name: str
    value: str
    limit: str
    ok: bool


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Stops once so many legs have filled."""

    title: str
    entry: str
    stops: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything the page shows of one explanation."""

    format: str
    outcome: str
    reason: str
    tone: str
    shadow: bool
    intent: tuple[Fact, ...]
    meaning: str
    admission: str
    sizes: tuple[Fact, ...]
    bound_by: str
    total: str
    legs: tuple[LegRow, ...]
    standing: tuple[StandingRow, ...]
    checks: tuple[CheckRow, ...]
    ended: str
    orders: tuple[str, ...]


def preview(found: Explanation) -> Preview:
    """The page's rows."""
    stages, verdict = found.stages, found.verdict
    draft = stages.draft
    rules = draft.rules if draft else None
    return Preview(
        format=found.format,
        outcome=verdict.outcome,
        reason=verdict.reason,
        tone="up" if verdict.outcome in GOOD else "" if verdict.outcome in CALM else "down",
        shadow=verdict.outcome == Outcome.SHADOW,
        intent=tuple(said(stages.intent)) if stages.intent else (),
        meaning=_meaning(stages),
        admission=_admission(stages.admission) if stages.admission else "",
        sizes=tuple(_sizes(stages, rules)) if rules else (),
        bound_by=stages.sized.bound_by if stages.sized else "",
        total=f"{amount(stages.plan.cost, rules.quote)} {rules.quote}" if stages.plan and rules else "",
        legs=tuple(_leg(leg, rules) for leg in stages.plan.legs) if stages.plan and rules else (),
        standing=tuple(_standing(row, rules) for row in stages.standing) if rules else (),
        checks=tuple(map(_check, stages.checks)),
        ended=f"{stages.refused.outcome}: {stages.refused.reason}" if stages.refused else "",
        orders=tuple(map(_order, found.orders)),
    )


# what it asks for --------------------------------------------------------------------------------


def said(intent: Intent) -> Iterator[Fact]:
    """What the sender said, name by name; what he did not say is left out."""
    for name, value in _given(intent):
        is_frame = name == "timeframe_secs"
        yield Fact("timeframe" if is_frame else name.replace("_", " "), timeframe(value) if is_frame else _said(value))


def _given(intent: Intent) -> Iterator[tuple[str, Any]]:
    found = ((field.name, getattr(intent, field.name)) for field in fields(intent) if field.name != "format")
    return ((name, value) for name, value in found if value not in UNSAID)


def _said(value: Any) -> str:
    """Any value of an intent, in words."""
    if isinstance(value, Level):
        return _level(value)
    if isinstance(value, Size):
        return size_words(value)
    if isinstance(value, tuple):
        return ", ".join(_said(item) for item in value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return str(plain(value.value if isinstance(value, Enum) else value))


def _level(level: Level) -> str:
    how = {LevelKind.PRICE: "at {}", LevelKind.PCT: "{} % from the entry", LevelKind.OFFSET: "{} from the entry"}
    part = "" if level.share_pct == 100 else f" for {plain(level.share_pct)} %"
    return how[level.kind].format(plain(level.value)) + part


def _meaning(stages: Stages) -> str:
    """What it comes to mean on this account, now."""
    meant, found = stages.meant, stages.found
    if meant is None or found is None:
        return ""
    age = ", of unknown age" if meant.age is None else f", {span(meant.age.total_seconds())} old"
    frame = f", timeframe {timeframe(meant.timeframe_secs)}" if meant.timeframe_secs else ", no timeframe"
    return f"{_classified(found, stages)} on {meant.instrument.symbol}{frame}{age}"


def _classified(found: Classification, stages: Stages) -> str:
    side = found.side or found.exits
    words = f"{found.meaning} {side}" if side else str(found.meaning)
    if found.meaning is Meaning.NONE:
        return f"{words} ({found.code})"
    is_alone = found.meaning is Meaning.PYRAMID and stages.draft and not stages.group_id
    joins = f", joins group {abs(stages.group_id)}" if stages.group_id else ", new group" if is_alone else ""
    part = f", {percent(found.ratio * 100, signed=False)}" if found.ratio is not None else ""
    return f"{words}{part}{joins}"


def _admission(found: Admission) -> str:
    waiting = f", {found.waiting} waiting" if found.waiting else ", nobody waits"
    return f"{found.free_slots} of {found.pool_size} slots free{waiting}"


# size and plan -----------------------------------------------------------------------------------


def _sizes(stages: Stages, rules: InstrumentRules) -> Iterator[Fact]:
    """What was compared; the smallest binds."""
    for line in stages.sized.lines if stages.sized else ():
        mark = ", binds" if line.binds else ""
        yield Fact(line.name, f"{amount(line.quote, rules.quote)} {rules.quote}{mark}")


def _leg(leg: PlannedLeg, rules: InstrumentRules) -> LegRow:
    return LegRow(
        index=leg.index,
        price=price(leg.price, rules.tick_size),
        qty=qty(leg.qty, rules.lot_step),
        notional=amount(leg.notional, rules.quote),
        target=price(leg.target_price, rules.tick_size),
        weight=percent(leg.weight_pct, 0, signed=False),
    )


def _standing(row: Standing, rules: InstrumentRules) -> StandingRow:
    title = "after the first leg" if row.legs == 1 else f"after all {row.legs} legs"
    stops = tuple(Fact(watch_words(post.kind), _stands_at(post, rules)) for post in row.watch)
    targets = tuple(Fact(f"target {t.number + 1}", _sells(t, rules)) for t in row.targets)
    return StandingRow(title, price(row.average_entry, rules.tick_size), (*stops, *targets))


def _stands_at(post: Watched, rules: InstrumentRules) -> str:
    """Where an exit stands and what it was read from; what does not stand yet says why."""
    if post.trigger_price is None:
        return post.note
    return f"{price(post.trigger_price, rules.tick_size)} {post.note}".rstrip()


def _sells(rung: RungTarget, rules: InstrumentRules) -> str:
    """A rung's share and price; one that is too small leaves with its neighbour."""
    sells = f"{qty(rung.qty, rules.lot_step)} {rules.base}" if rung.qty else "with its neighbour"
    return f"{price(rung.price, rules.tick_size)}, {sells}"


# the gate ----------------------------------------------------------------------------------------


def _check(line: CheckLine) -> CheckRow:
    return CheckRow(
        line.name.replace("_", " "), measured(line.value, line.unit), measured(line.limit, line.unit), line.ok
    )


def measured(value: object, unit: str) -> str:
    """A number with its unit; what is not known is said so."""
    if value is None or value == "":
        return NOTHING
    if not isinstance(value, Decimal | int):
        return str(value)  # words have no unit
    exact = Decimal(value)
    text = number(exact, min(places_of(exact), PLACES if abs(exact) < 1 else PLACES_ABOVE_1))
    return f"{text}{THIN}{unit}" if unit else text


def _order(order: PlannedOrder) -> str:
    at = "at market" if order.price is None else f"at {plain(order.price)}"
    target = f", target {plain(order.target_price)}" if order.target_price else ""
    leg = "" if order.leg is None else f"leg {order.leg}: "
    return f"{leg}{order.side} {plain(order.qty)} {order.type} {at}{target}"


# for programs ------------------------------------------------------------------------------------


def as_json(found: Explanation) -> dict[str, Any]:
    """The explanation as the API answers it; numbers as text, without loss."""
    stages, verdict = found.stages, found.verdict
    legs = stages.plan.legs if stages.plan else ()
    return {
        "format": found.format,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "intent": {name: _said(value) for name, value in _given(stages.intent)} if stages.intent else {},
        "meaning": stages.found.meaning if stages.found else "",
        "side": (stages.found.side or stages.found.exits or "") if stages.found else "",
        "symbol": stages.meant.instrument.symbol if stages.meant else "",
        "slots": _as_fields(stages.admission) if stages.admission else {},
        "size": _size_json(stages),
        "legs": [_as_fields(leg) for leg in legs],
        "stops": [_standing_json(row) for row in stages.standing],
        "checks": [_as_fields(line) for line in stages.checks],
        "refused": {"code": stages.refused.outcome, "message": stages.refused.reason} if stages.refused else None,
        "orders": [_as_fields(order) for order in found.orders],
    }


def _size_json(stages: Stages) -> dict[str, Any]:
    if stages.sized is None:
        return {}
    lines = [_as_fields(line) for line in stages.sized.lines]
    return {"capital": plain(stages.sized.capital), "bound_by": stages.sized.bound_by, "lines": lines}


def _standing_json(row: Standing) -> dict[str, Any]:
    watch = [_as_fields(post) for post in row.watch]
    targets = [_as_fields(rung) for rung in row.targets]
    return {"legs": row.legs, "average_entry": plain(row.average_entry), "watch": watch, "targets": targets}


def _as_fields(row: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = plain({field.name: getattr(row, field.name) for field in fields(row)})
    return found


def refusal_json(error: FormatRefused) -> dict[str, Any]:
    """What the door would answer, in its own shape."""
    return {
        "status": "refused",
        "code": error.code,
        "message": error.message,
        "errors": [_as_fields(wrong) for wrong in error.errors],
        "nearest_format": error.nearest,
    }
