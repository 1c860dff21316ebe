"""What the alert builder's messages are made of: acts, placeholders, sizes, and what a platform cannot say. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from signals.intent import Size, SizeKind

__all__ = ["Act", "Cannot", "Compose", "Fields", "Named", "Size", "SizeKind"]


class Act(StrEnum):
    """What an alert asks for."""

    STRATEGY = "strategy"
    LONG = "long"
    SHORT = "short"
    ADD = "add"
    REDUCE = "reduce"
    EXIT = "exit"
    EXIT_LONG = "exit_long"
    EXIT_SHORT = "exit_short"
    REVERSE = "reverse"
    VALUES = "values"
    NOTICE = "notice"


class Cannot(Exception):
    """What a format cannot say, in words; `field` is what to change."""

    def __init__(self, words: str, field: str = "act") -> None:
        self.field = field
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Named:
    """Placeholders (or fixed texts) by name: `named("close")`."""

    texts: Mapping[str, str]

    def __call__(self, name: str) -> str:
        return self.texts[name]

    @property
    def symbol(self) -> str:
        """The pair with its exchange."""
        return f"{self('exchange')}:{self('ticker')}"


Compose = Callable[[Act, Named, Size | None, str], str]
Fields = dict[str, Any]
HERE = "choose the format windlass"


def as_json(fields: Mapping[str, Any]) -> str:
    """The message of these fields; what is not said is left out."""
    said = {name: value for name, value in fields.items() if value not in (None, "", {})}
    return json.dumps(said, indent=1, ensure_ascii=False)


def pick(act: Act, table: Mapping[Act, Any], who: str) -> Any:
    """How a platform names an act. Raises Cannot."""
    if act not in table:
        raise Cannot(f"{who} has no message for this. For everything {HERE}.")
    return table[act]


def unit(size: Size | None, table: Mapping[SizeKind, str], who: str) -> tuple[str, str]:
    """A platform's unit and the number; empty without a size. Raises Cannot."""
    if size is None:
        return "", ""
    if size.kind not in table:
        raise Cannot(f"{who} has no such size. For every unit {HERE}.", "size")
    return table[size.kind], format(size.value.normalize(), "f")


def no_stop(stop: str, who: str) -> None:
    """Raises Cannot where a stop was asked for."""
    if stop:
        raise Cannot(f"{who}'s message has no stop as a distance. Set it under Settings, exits, or {HERE}.", "stop_pct")


def entering(act: Act, stop: str) -> str:
    """A stop belongs to an entry. Raises Cannot elsewhere."""
    if stop and act not in (Act.STRATEGY, Act.LONG, Act.SHORT, Act.ADD):
        raise Cannot("A stop is set when the position is entered: leave it empty here.", "stop_pct")
    return stop
