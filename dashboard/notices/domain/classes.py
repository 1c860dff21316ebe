"""The classes of notifications, and which journal entry belongs to which. Two tables. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dashboard.telling import FINE, Payload


class Klass(StrEnum):
    """What people switch on, off or to silent, as one."""

    KILL = "kill"
    ALARMS = "alarms"
    RISK = "risk"
    REFUSALS = "refusals"
    LOST = "lost"
    GROUPS = "groups"
    FILLS = "fills"
    ACCESS = "access"
    MESSAGES = "messages"
    DAILY = "daily"
    TEST = "test"


class Way(StrEnum):
    """How a class is told: with a sound, without one, or not at all."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as the page shows it; `one` and `many` count it in a digest, `urgent` ones wait for no digest."""

    title: str
    what: str
    way: Way
    one: str
    many: str
    urgent: bool = False


CLASSES: Mapping[Klass, ClassRow] = MappingProxyType(
    {
        Klass.KILL: ClassRow(
            "Kill switch", "Emergency and its end, an account flattened.", Way.ON, "kill event", "kill events", True
        ),
        Klass.ALARMS: ClassRow(
            "Alarms",
            "An account held back, an order that needs a person, a position without an exit, books that differ.",
            Way.ON,
            "alarm",
            "alarms",
            True,
        ),
        Klass.RISK: ClassRow(
            "Risk and mode",
            "Mode changed, a limit reached, a drawdown tier, a circuit breaker, a setting changed.",
            Way.ON,
            "risk event",
            "risk events",
        ),
        Klass.REFUSALS: ClassRow(
            "Refusals",
            "An alert that was not traded, with its reason; an order the venue refused.",
            Way.SILENT,
            "refusal",
            "refusals",
        ),
        Klass.LOST: ClassRow(
            "Lost alerts", "What a source promised and did not send.", Way.ON, "lost alert", "lost alerts"
        ),
        Klass.GROUPS: ClassRow(
            "Closed groups", "A group closed, why, and with which result.", Way.ON, "group closed", "groups closed"
        ),
        Klass.FILLS: ClassRow("Fills", "Every execution.", Way.SILENT, "fill", "fills"),
        Klass.ACCESS: ClassRow(
            "Accounts, keys, log-ins",
            "Keys changed or rotated, tokens and sources, log-ins and second factors.",
            Way.ON,
            "access event",
            "access events",
        ),
        Klass.MESSAGES: ClassRow(
            "Messages", "What your senders post to /webhooks/alerts.", Way.ON, "message", "messages"
        ),
        Klass.DAILY: ClassRow(
            "Daily summary", "Yesterday in one message.", Way.SILENT, "daily summary", "daily summaries"
        ),
    }
)
NOT_FOR_PEOPLE = ("group.figures", "group.status", "order.fields", "order.new", "slot.taken")
# Most of the journal, and of no class: a reader leaves them out without looking.

Judge = Callable[[Payload], Klass | None]


def _mode(payload: Payload) -> Klass:
    return Klass.KILL if "EMERGENCY" in (payload.get("from"), payload.get("to")) else Klass.RISK


def _order(payload: Payload) -> Klass | None:
    """A person is needed; or the venue said no."""
    return {"NEEDS_HUMAN": Klass.ALARMS, "REJECTED": Klass.REFUSALS}.get(str(payload.get("to")))


def _settled(payload: Payload) -> Klass | None:
    outcome = payload.get("outcome")
    if outcome == "NOTICE":
        return Klass.MESSAGES
    return None if outcome in FINE else Klass.REFUSALS


def _always(klass: Klass) -> Judge:
    return lambda _: klass


KINDS: Mapping[str, Judge] = MappingProxyType(
    {
        "account.flatten": _always(Klass.KILL),
        "account.healthy": _always(Klass.ALARMS),
        "account.unhealthy": _always(Klass.ALARMS),
        "alert.settled": _settled,
        "bare.mended": _always(Klass.ALARMS),
        "bare.told": _always(Klass.ALARMS),
        "engine.rival": _always(Klass.ALARMS),
        "engine.took_over": _always(Klass.ALARMS),
        "engine.turned_away": _always(Klass.ALARMS),
        "fill": _always(Klass.FILLS),
        "fill.differs": _always(Klass.ALARMS),
        "fill.foreign": _always(Klass.ALARMS),
        "foreign.seen": _always(Klass.ALARMS),
        "group.closed": _always(Klass.GROUPS),
        "lost.found": _always(Klass.LOST),
        "mode.changed": _mode,
        "mode.leave_requested": _always(Klass.KILL),
        "mode.worked_down": _always(Klass.RISK),
        "order.doubled": _always(Klass.ALARMS),
        "order.state": _order,
        "order.still_open": _always(Klass.ALARMS),
        "risk.breach": _always(Klass.RISK),
        "risk.breaker": _always(Klass.RISK),
        "risk.drawdown": _always(Klass.RISK),
        "risk.reset": _always(Klass.RISK),
        "setting.changed": _always(Klass.RISK),
        "setting.waits": _always(Klass.RISK),
    }
)
# The first part of a kind, for those that have no line of their own.
FAMILIES: Mapping[str, Klass] = MappingProxyType(
    {
        "account": Klass.ACCESS,
        "kek": Klass.ACCESS,
        "kill": Klass.KILL,
        "login": Klass.ACCESS,
        "mfa": Klass.ACCESS,
        "password": Klass.ACCESS,
        "session": Klass.ACCESS,
        "source": Klass.ACCESS,
        "token": Klass.ACCESS,
        "user": Klass.ACCESS,
    }
)


def class_of(kind: str, payload: Payload) -> Klass | None:
    """The class of a journal entry; None for what nobody is told."""
    judge = KINDS.get(kind)
    return judge(payload) if judge else FAMILIES.get(kind.partition(".")[0])


def ways(chosen: Mapping[str, str]) -> Mapping[Klass, Way]:
    """Every class with its way: as chosen, else its default; an unforeseen word counts as not chosen."""
    known = frozenset(Way)
    return {klass: Way(said) if (said := chosen.get(klass, "")) in known else row.way for klass, row in CLASSES.items()}
