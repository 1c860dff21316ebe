"""An alert's one outcome: a code, a sentence for people, and the numbers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """Outcomes that are given here on floors 2 and 4; denials, refusals and classifications bring their own codes."""

    ENTERED = "ENTERED"
    PYRAMIDED = "PYRAMIDED"
    QUEUED = "QUEUED"
    DEFECT = "DEFECT"
    DEQUEUED = "DEQUEUED"
    EXITED = "EXITED"
    REDUCED = "REDUCED"
    REVERSED = "REVERSED"
    INDICATORS_STORED = "INDICATORS_STORED"
    NOTICE = "NOTICE"
    NEUTRAL = "NEUTRAL"
    STALE = "STALE"
    FROM_THE_FUTURE = "FROM_THE_FUTURE"
    UNREADABLE = "UNREADABLE"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    AMBIGUOUS_SYMBOL = "AMBIGUOUS_SYMBOL"
    NOT_WHITELISTED = "NOT_WHITELISTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    NOT_TRADABLE = "NOT_TRADABLE"
    SETTING_INVALID = "SETTING_INVALID"
    SHADOW = "SHADOW"
    PRICE_MOVED = "PRICE_MOVED"
    TOO_SOON = "TOO_SOON"
    MAX_PYRAMIDS = "MAX_PYRAMIDS"
    OPPOSITE_SIDE_OPEN = "OPPOSITE_SIDE_OPEN"
    NOT_WAITING = "NOT_WAITING"
    PAIR_BLOCKED = "PAIR_BLOCKED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an alert. `details` are the numbers the sentence was made from, JSON-able or Decimal."""

    outcome: str
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
