"""Journal entries as sentences, with a category and a level: what the logs and a group's history are read from. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from dashboard.formats import MINUS, NUMBER, THIN, figure, price, qty, timeframe
from dashboard.words import close_words
from risk.domain.denial import DenialCode
from trading.domain.words import group_words, order_words

Payload = Mapping[str, Any]
Say = Callable[[Payload], str]


class Category(StrEnum):
    """Where an entry belongs; the page filters by it."""

    WEBHOOK = "webhook"
    ORDER = "order"
    RISK = "risk"
    PRECISION = "precision"
    SYSTEM = "system"


class Level(StrEnum):
    """How much an entry wants to be seen."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Market(Protocol):
    """The steps of an instrument: its prices and quantities are read in them."""

    tick_size: Decimal
    lot_step: Decimal


PRICES = frozenset({"average_entry", "base_price", "break_even", "limit_price", "price", "trigger_price"})
QUANTITIES = frozenset({"dust_qty", "filled_qty", "qty"})
AMOUNTS = frozenset({"capital", "cost", "loss", "realised_pnl", "size_quote", "uncovered"})
# What a payload calls its numbers; anything else, an id say, stands as it was written.
LONG = re.compile(r"(?<![\w.])-?\d+\.\d{9,}(?![\w.])")
# More places than any venue's step has: a quotient, not something that was ordered.
SIGN = re.compile(r"(?<![\w.:/-])-(?=\d)")
# The minus of a number; a date's hyphens and a name's stay.
AS_TYPED = frozenset({"setting.asked", "setting.changed"})  # values as one types them
# The first part of a kind -> its category; what is not here is the machine's own.
CATEGORIES: Mapping[str, Category] = MappingProxyType(
    {
        "alert": Category.WEBHOOK,
        "shadow": Category.WEBHOOK,
        "source": Category.WEBHOOK,
        "lost": Category.WEBHOOK,
        "fill": Category.ORDER,
        "funding": Category.ORDER,
        "group": Category.ORDER,
        "order": Category.ORDER,
        "queue": Category.ORDER,
        "slot": Category.ORDER,
        "mode": Category.RISK,
        "offset": Category.RISK,
        "risk": Category.RISK,
    }
)
# Outcomes of alerts that are about ticks, lots and minimums: they are the precision log, whatever they arrived as.
PRECISION = frozenset({"BELOW_MINIMUM", "CAPITAL_TOO_SMALL", "LEG_BELOW_MINIMUM", "PRICE_NOT_POSITIVE",
                       "QTY_ABOVE_MAXIMUM", "REDUCTION_TOO_SMALL"})  # fmt: skip
ABOUT_THE_ALERT = frozenset({"SIZE_UNKNOWN", "STALE", "TOO_SOON"})
DENIED = frozenset(DenialCode) - PRECISION - ABOUT_THE_ALERT
# What the gate denied belongs to risk, though it arrived as an alert.
FINE = frozenset({"ENTERED", "PYRAMIDED", "EXITED", "QUEUED", "DEQUEUED", "REDUCED", "REVERSED", "INDICATORS_STORED",
                  "NOTICE", "NEUTRAL", "NOTHING_TO_EXIT", "SHADOW"})  # fmt: skip
BAD_STATES = frozenset({"REJECTED", "UNKNOWN", "NEEDS_HUMAN"})
ERRORS = frozenset({"account.unhealthy", "account.flatten", "engine.rival"})
WARNINGS = frozenset({"balance.moved", "engine.took_over", "engine.turned_away", "lost.found", "mode.changed",
                      "risk.breach", "risk.breaker", "risk.drawdown"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words; `code` is the machine's name of what happened, where it has one."""

    category: Category
    level: Level
    sentence: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a row; group_id where it is about a group or one of its orders."""

    id: int
    at: datetime
    kind: str
    subject: str
    told: Told
    group_id: int | None = None
    count: int = 1  # entries that say the same at once, of one cause


def told(kind: str, payload: Payload, market: Market | None = None) -> Told:
    """A journal entry as the page shows it; prices and quantities in the market's steps where it is known."""
    say = WORDS.get(kind)
    said = payload if kind in AS_TYPED else {name: _stepped(name, value, market) for name, value in payload.items()}
    sentence = say(said) if say else _plainly(kind, said)
    text = sentence if kind in AS_TYPED else _read(sentence)
    return Told(category(kind, payload), level(kind, payload), text, _code(kind, payload))


def _stepped(name: str, value: Any, market: Market | None) -> Any:
    """One number of a payload as one reads it; whatever is none stays as it is."""
    if name not in PRICES | QUANTITIES | AMOUNTS or not NUMBER.fullmatch(str(value)):
        return value
    if market is None or name in AMOUNTS:
        return figure(str(value))
    exact = Decimal(str(value))
    return price(exact, market.tick_size) if name in PRICES else qty(exact, market.lot_step)


def _read(sentence: str) -> str:
    """Its numbers as one reads them; the journal keeps every digit."""
    return SIGN.sub(MINUS + THIN, LONG.sub(lambda found: figure(found[0]), sentence))


def category(kind: str, payload: Payload) -> Category:
    """Where an entry belongs: an alert refused for a minimum belongs to precision, by the gate to risk."""
    outcome = payload.get("outcome") if kind == "alert.settled" else None
    if outcome in PRECISION:
        return Category.PRECISION
    if outcome in DENIED:
        return Category.RISK
    return CATEGORIES.get(kind.partition(".")[0], Category.SYSTEM)


def level(kind: str, payload: Payload) -> Level:
    """Errors want somebody, warnings want to be read."""
    if kind in ERRORS or (kind == "order.state" and payload.get("to") in BAD_STATES):
        return Level.ERROR
    if kind == "mode.changed" and payload.get("to") == "EMERGENCY":
        return Level.ERROR
    refused = kind == "alert.settled" and payload.get("outcome") not in FINE
    return Level.WARNING if refused or kind in WARNINGS else Level.INFO


def _code(kind: str, payload: Payload) -> str:
    named = payload.get("outcome") if kind == "alert.settled" else payload.get("code")
    return str(named or "")


def _plainly(kind: str, payload: Payload) -> str:
    """Any other entry: its kind in words, and what it carries."""
    facts = ", ".join(_fact(name, value) for name, value in payload.items() if value not in ("", None))
    said = kind.replace(".", " ").replace("_", " ")
    return f"{said}: {facts}" if facts else said


def _fact(name: str, value: Any) -> str:
    if name == "timeframe_secs" and isinstance(value, int):
        return f"timeframe {timeframe(value)}" if value else timeframe(value)
    return f"{name.replace('_', ' ')} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return " ".join(f"{k} {_value(v)}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def _by(payload: Payload) -> str:
    return f" by {payload['operator']}" if payload.get("operator") else ""


def _at(price: Any) -> str:
    return f"at {price}" if price is not None else "at market"


def _settled(p: Payload) -> str:
    return str(p.get("reason") or p.get("outcome", ""))


def _order_new(p: Payload) -> str:
    return f"{str(p.get('purpose', '')).lower()} order decided: {str(p.get('side', '')).lower()} {p.get('qty')} {_at(p.get('price'))}"


def _order_fields(p: Payload) -> str:
    """Of one order; what a deed asked for is said as the deed."""
    if p.get("cancel_requested"):
        return "asked to cancel the order"  # its code stands beside
    return _plainly("order", {name: value for name, value in p.items() if name != "group"})


def _order_state(p: Payload) -> str:
    why = f": {p['detail']}" if p.get("detail") else ""
    return f"order {order_words(str(p.get('from')))} → {order_words(str(p.get('to')))}{why}"


def _fill(p: Payload) -> str:
    return f"filled: {str(p.get('side', '')).lower()} {p.get('qty')} at {p.get('price')}, fee {p.get('fee')} {p.get('fee_currency', '')}".rstrip()


def _entered(p: Payload) -> str:
    return f"pyramid {int(p.get('pyramid', 0)) + 1} of {p.get('symbol')} {p.get('side')} entered, capital {p.get('capital')}"


def _group_closed(p: Payload) -> str:
    return f"group closed, {close_words(str(p.get('reason', '')))}: realised {p.get('realised_pnl')}"


def _closing(p: Payload) -> str:
    return str(p.get("words") or f"group is being closed: {close_words(str(p.get('reason', '')))}")


def _edited(p: Payload) -> str:
    changes = "; ".join(f"{c['name']} {c['before'] or 'varied'} → {c['after']}" for c in p.get("changes", ()))
    return f"exits edited{_by(p)}: {changes}"


def _added(p: Payload) -> str:
    size = f", {p['size_quote']} in quote" if p.get("size_quote") else ""
    return f"one more pyramid asked for{_by(p)}{size}, alert {p.get('alert')}"


def _figures(p: Payload) -> str:
    return f"position {p.get('qty')}, average entry {p.get('average_entry') or '–'}, realised {p.get('realised_pnl')}"


def _mode(p: Payload) -> str:
    return f"mode {p.get('from')} → {p.get('to')}{_by(p)}: {p.get('reason', '')}"


def _setting(p: Payload) -> str:
    return f"setting {p.get('name')}: {p.get('before') or 'default'} → {p.get('after') or 'default'}{_by(p)}{_why(p)}"


def _why(p: Payload) -> str:
    return f": {p['reason']}" if p.get("reason") else ""


def _reserved(p: Payload) -> str:
    winners = ", ".join(f"group {sale.get('group')} gives {sale.get('expected')}" for sale in p.get("winners", ()))
    rest = f", {p['uncovered']} of it from the loss budget" if _is_some(p.get("uncovered")) else ""
    return f"offset of group {p.get('group')} reserved{_by(p)}: its loss of {p.get('loss')} is paid, {winners or 'by no winner'}{rest}"


def _is_some(amount: Any) -> bool:
    return str(amount or "").strip("-0.") != ""


def _rival(p: Payload) -> str:
    return str(p.get("words") or f"another engine (mark {p.get('mark')}) has orders on this account")


def _took_over(p: Payload) -> str:
    return f"engine {p.get('to')} took the account over from engine {p.get('from')}: it is reconciled before it enters"


def _turned_away(p: Payload) -> str:
    return f"engine {p.get('engine')} sends no entries: engine {p.get('holder')} of this database trades the account"


def _wrong(p: Payload) -> str:
    return f": {', '.join(p['wrong'])}" if p.get("wrong") else ""


def _settled_engine(p: Payload) -> str:
    return f"this engine trades the account, decided{_by(p)}; the other's marks: {', '.join(p.get('marks', ()))}"


WORDS: Mapping[str, Say] = MappingProxyType(
    {
        "account.armed": lambda p: f"armed{_by(p)}, {p.get('environment', '')}: entries go through",
        "account.changed": lambda p: f"changed{_by(p)}: {', '.join(p.get('changed', ())).replace('_', ' ')}",
        "account.disarmed": lambda p: f"switched off{_by(p)}: {p.get('reason', '')}",
        "account.keys": lambda p: f"keys {p.get('keys')}{_by(p)}",
        "account.preflight": lambda p: f"pre-flight {'green' if p.get('green') else 'not green'}{_by(p)}{_wrong(p)}",
        "account.test_order": lambda p: f"test order {'well' if p.get('green') else 'failed'}{_by(p)}{_wrong(p)}",
        "account.flatten": lambda p: f"everything of the account is cancelled and closed{_by(p)}",
        "account.unhealthy": lambda p: f"the account is held back: {p.get('detail') or p.get('code', '')}",
        "alert.settled": _settled,
        "alert.by_hand": lambda p: f"order by hand{_by(p)}{': ' * bool(p.get('note'))}{p.get('note') or ''}",
        "alert.replayed": lambda p: f"alert {p.get('of')} sent again{_by(p)}",
        "engine.rival": _rival,
        "engine.settled": _settled_engine,
        "engine.took_over": _took_over,
        "engine.turned_away": _turned_away,
        "fill": _fill,
        "fill.priced": lambda p: f"fee {p.get('fee')} {p.get('fee_currency')} priced at {p.get('fee_price')}",
        "group.add_asked": _added,
        "group.blocked": lambda p: f"group {'blocked' if p.get('blocked') else 'unblocked'}{_by(p)}",
        "group.closed": _group_closed,
        "group.closing": _closing,
        "group.entered": _entered,
        "group.exits_edited": _edited,
        "group.figures": _figures,
        "group.reducing": lambda p: f"{p.get('qty')} of it is to be sold {_at(p.get('limit_price'))}",
        "group.replaced": lambda p: f"pyramid {int(p.get('pyramid', 0)) + 1} hung anew from {p.get('base_price')}",
        "group.status": lambda p: f"group {group_words(str(p.get('from')))} → {group_words(str(p.get('to')))}",
        "lost.found": lambda p: str(p.get("words", "")),
        "mode.changed": _mode,
        "offset.reserved": _reserved,
        "order.fields": _order_fields,
        "order.new": _order_new,
        "order.state": _order_state,
        "order.withdrawn_by_hand": lambda p: f"order taken back{_by(p)}",
        "queue.waiting": lambda p: f"{p.get('symbol')} waits for a slot",
        "risk.breach": lambda p: (
            f"{p.get('subject') or 'a limit'} stands at {p.get('value')}, the limit is {p.get('limit')}"
        ),
        "setting.answered": lambda p: (
            f"change of settings that {p.get('asked_by')} asked for: {p.get('ending')}{_by(p)}"
        ),
        "setting.asked": lambda p: f"change of settings waits for a second person{_by(p)}",
        "setting.changed": _setting,
        "slot.taken": lambda p: f"slot {p.get('number')} of {p.get('pool_size')} taken",
        "user.invited": lambda p: f"{p.get('note')} is invited as {p.get('role')}{_by(p)}",
        "user.joined": lambda p: f"{p.get('operator')} came in as {p.get('role')}, invited by {p.get('invited_by')}",
        "user.made": lambda p: f"{p.get('user')} is made as {p.get('role')}{_by(p)}",
        "user.password_set": lambda p: f"{p.get('user')} has a new password{_by(p)}",
        "user.renamed": lambda p: f"{p.get('before')} is called {p.get('user')} now{_by(p)}",
        "user.role": lambda p: f"{p.get('user')} is {p.get('role')} now, was {p.get('before')}{_by(p)}",
        "user.second_factor_reset": lambda p: f"the second factor of {p.get('user')} is removed{_by(p)}",
        "user.switched_off": lambda p: f"{p.get('user')} is switched off{_by(p)}",
    }
)
