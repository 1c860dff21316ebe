"""Alert → Intent → what it asks for, on which instrument, how old. Knows nothing of open groups. Pure but for parsing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from signals import formats
from signals.intent import Intent, IntentKind
from signals.listing import MarketState, market_state
from signals.market.instruments import InstrumentFacts, Listed
from signals.strict_json import JsonRefused
from signals.symbols import UnknownSymbol, resolve
from signals.verdict import Outcome, Verdict

CLOCK_TOLERANCE = timedelta(seconds=30)
# A sender's clock may run ahead by this much, and {{timenow}} has whole seconds only.
BY_HAND = "ticket:"
# Begins the dedupe key of an alert that a person made on the order ticket; a sender's own keys begin otherwise.
REPLAY = "replay:"
# Begins the dedupe key of an alert that a person sent again, before what begins the first one's.
NO_PAIR = "The alert names no pair. Name it in the alert, or make it the only pair of the source's list."


MaxAge = Callable[[str], timedelta]


def made_by_hand(dedupe_key: str) -> bool:
    """Whether a person made an alert on the order ticket, by its key; sent again it is no other's."""
    return dedupe_key.startswith((BY_HAND, f"{REPLAY}{BY_HAND}"))


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """A stored delivery and what its source says about it."""

    id: int
    source_id: int
    source_name: str
    format: str
    raw: str
    received_at: datetime
    whitelist: tuple[str, ...]
    default_timeframe_secs: int | None
    default_size: str
    live: bool
    refused: str = ""  # the door's reason, where the door refused it
    by_hand: bool = False  # a person made it on the order ticket


@dataclass(frozen=True, slots=True)
class Meant:
    """An alert that may become an order. `age` is None when it cannot be told from what was sent; it counts as 0."""

    alert: AlertFacts
    intent: Intent
    instrument: InstrumentFacts
    timeframe_secs: int
    age: timedelta | None


@dataclass(frozen=True, slots=True)
class Stored:
    """An alert that is kept, never traded: values or a notice."""

    alert: AlertFacts
    intent: Intent


def evaluate(alert: AlertFacts, *, instruments: Listed, max_age: MaxAge) -> Meant | Stored | Verdict:
    """What an alert asks for, or the outcome it gets here already. max_age: how old it may be, by symbol."""
    if alert.refused:
        return Verdict(Outcome.UNREADABLE, alert.refused)
    try:
        intent = formats.parse_stored(alert.format, alert.raw)
    except (formats.FormatRefused, JsonRefused) as error:  # a later version may read more strictly than the door did
        return Verdict(Outcome.UNREADABLE, str(error))
    if intent.kind is not IntentKind.TRADE:
        return Stored(alert, intent)
    return _placed(alert, intent, instruments, max_age)


def _placed(alert: AlertFacts, intent: Intent, instruments: Listed, max_age: MaxAge) -> Meant | Verdict:
    wanted = intent.symbol or only_pair(alert)
    if not wanted:
        return Verdict(Outcome.UNKNOWN_SYMBOL, NO_PAIR, {"symbol": "", "suggestions": list(alert.whitelist)})
    symbol = resolve(wanted, intent.exchange, instruments.names)
    if isinstance(symbol, UnknownSymbol):
        symbol = replace(symbol, suggestions=tuple(s for s in symbol.suggestions if instruments.by_symbol[s].active))
        return Verdict(symbol.code, symbol.message, {"symbol": intent.symbol, "suggestions": list(symbol.suggestions)})
    timeframe_secs = timeframe_of(alert, intent)
    age = age_of(intent, timeframe_secs=timeframe_secs, received_at=alert.received_at)
    meant = Meant(alert, intent, instruments.by_symbol[symbol], timeframe_secs, age)
    return _refusal(meant, max_age(symbol)) or meant


def only_pair(alert: AlertFacts) -> str:
    """What an alert without a symbol means: its source's only pair, as a bot of one pair; empty when it has not one."""
    return alert.whitelist[0] if len(alert.whitelist) == 1 else ""


def _refusal(meant: Meant, max_age: timedelta) -> Verdict | None:
    """Why an alert that can be read goes no further: its pair, its age, its source."""
    return _wrong_pair(meant) or _wrong_age(meant, max_age) or _not_supported(meant) or _shadow(meant)


def _wrong_pair(meant: Meant) -> Verdict | None:
    symbol, alert = meant.instrument.symbol, meant.alert
    if market_state(active=meant.instrument.active, status=meant.instrument.status) is MarketState.DELISTED:
        return Verdict(Outcome.NOT_TRADABLE, f"The venue does not trade {symbol} now.", {"symbol": symbol})
    if alert.whitelist and symbol not in alert.whitelist:
        allowed = ", ".join(alert.whitelist)
        reason = f"{symbol} is not among the pairs of source {alert.source_name}: {allowed}."
        return Verdict(Outcome.NOT_WHITELISTED, reason, {"symbol": symbol, "pairs": list(alert.whitelist)})
    return None


def _wrong_age(meant: Meant, max_age: timedelta) -> Verdict | None:
    if meant.age is None:
        return None
    limit, name = _limit_of_age(meant.intent, max_age)
    numbers = {"age_secs": Decimal(str(meant.age.total_seconds())), "limit_secs": Decimal(str(limit.total_seconds()))}
    if meant.age > limit:
        reason = f"{numbers['age_secs']:.1f} s old on arrival, the limit is {limit.total_seconds():g} s ({name})."
        return Verdict(Outcome.STALE, reason, numbers)
    if meant.age < -CLOCK_TOLERANCE:
        reason = f"Dated {-numbers['age_secs']:.1f} s in the future: check the sender's clock and time zone."
        return Verdict(Outcome.FROM_THE_FUTURE, reason, numbers)
    return None


def _limit_of_age(intent: Intent, ours: timedelta) -> tuple[timedelta, str]:
    """How old an alert may be, and who says so: the setting, or the sender where he is stricter."""
    said = intent.max_age_secs
    theirs = ours if said is None else timedelta(seconds=float(said))
    return (theirs, "the alert's own") if theirs < ours else (ours, "max_age_secs")


def _not_supported(meant: Meant) -> Verdict | None:
    """What a format understands and nobody carries out yet is refused by name, never ignored."""
    asked = {
        "further entry prices: the grid has legs of its own, see Settings, grid": bool(meant.intent.entries),
    }
    named = ", ".join(name for name, is_asked in asked.items() if is_asked)
    if not named:
        return None
    return Verdict(Outcome.NOT_SUPPORTED, f"The alert asks {named}.", {"fields": named})


def _shadow(meant: Meant) -> Verdict | None:
    if meant.alert.live:
        return None
    reason = f"Source {meant.alert.source_name} is in shadow mode: filled on paper, not traded."
    return Verdict(Outcome.SHADOW, reason, {"symbol": meant.instrument.symbol})


def age_of(intent: Intent, *, timeframe_secs: int, received_at: datetime) -> timedelta | None:
    """Arrival − the sender's now, else − the close of the bar it names; None when neither is known."""
    if intent.sent_at is not None:
        return received_at - intent.sent_at
    if intent.bar_time is not None:
        return _since_close(received_at - intent.bar_time, timeframe_secs)
    return None


def _since_close(since_open: timedelta, timeframe_secs: int) -> timedelta | None:
    """0 within the bar, negative before it opens; None after the open of a bar of unknown length (0)."""
    if since_open < timedelta(0):
        return since_open
    return max(since_open - timedelta(seconds=timeframe_secs), timedelta(0)) if timeframe_secs else None


def timeframe_of(alert: AlertFacts, intent: Intent) -> int:
    """Seconds; what the alert says, else the source's default, else 0 = none."""
    return intent.timeframe_secs or alert.default_timeframe_secs or 0
