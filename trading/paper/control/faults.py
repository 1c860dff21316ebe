"""The fault plan: which request or stream message, how often, what goes wrong.

A plan is a list of rules; in a file each rule is a line of JSON, and lines that are empty or begin with # say nothing.
"""

import logging
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from trading.paper.control import rules
from trading.paper.control.rules import BadRule, Fields, Json, Match
from trading.paper.core import atoms

logger = logging.getLogger("paper.faults")

HOLD_SECS = 60.0
# A held connection is dropped after this long if the client has not given up before.

MOST_LATE_MS = 30_000
# An order appears at most this late.


class Action(StrEnum):
    """What goes wrong; "accept" is the moment the exchange acts on the request."""

    APPEAR_LATE = "appear_late"
    BAN = "ban"
    CLOCK_SKEW = "clock_skew"
    DELAY = "delay_ms"
    DELIST = "delist"
    DUPLICATE_REPLY = "duplicate_reply"
    DUPLICATE_REQUEST = "duplicate_request"
    GARBAGE_AFTER_ACCEPT = "garbage_after_accept"
    HTTP_503_AFTER_ACCEPT = "http_503_after_accept"
    HTTP_503_BEFORE_ACCEPT = "http_503_before_accept"
    MAINTENANCE = "maintenance"
    PARTIAL_FILL = "partial_fill"
    RATE_LIMIT = "rate_limit"
    REPLY_AFTER_ACCEPT = "reply_after_accept"
    REPLY_BEFORE_ACCEPT = "reply_before_accept"
    STREAM_CLOSE = "stream_close"
    STREAM_DELAY = "stream_delay_ms"
    STREAM_DROP = "stream_drop"
    STREAM_DUPLICATE = "stream_duplicate"
    STREAM_REORDER = "stream_reorder"
    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"
    TIMEOUT_BEFORE_ACCEPT = "timeout_before_accept"


STREAMS = frozenset(action for action in Action if action.startswith("stream_"))

NEEDS: dict[str, tuple[str, frozenset[Action]]] = {
    "ms": (
        "milliseconds",
        frozenset(
            {
                Action.APPEAR_LATE,
                Action.BAN,
                Action.CLOCK_SKEW,
                Action.DELAY,
                Action.MAINTENANCE,
                Action.RATE_LIMIT,
                Action.STREAM_DELAY,
            }
        ),
    ),
    "qty": ("the most that the market gives to this order", frozenset({Action.PARTIAL_FILL})),
    "status": ("an HTTP status such as 400", frozenset({Action.REPLY_AFTER_ACCEPT, Action.REPLY_BEFORE_ACCEPT})),
    "symbol": ("the pair or contract that is delisted", frozenset({Action.DELIST})),
}
# Which field must not be missing where, and what it is.

DAY_MS = 86_400_000


@dataclass(slots=True)
class Rule:
    """One planned fault. `skip` matching requests pass first, then `times` of them run into it."""

    action: Action
    match: Match = field(default_factory=Match)
    times: int = 1
    skip: int = 0
    delay_ms: int = 0
    qty: int = 0
    symbol: str = ""
    market: str = ""
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str, text: str) -> bool:
        """True if it is about this request, and not used up."""
        return self.times > 0 and self.match.holds(method, path, text)


def _action(value: Any) -> Action:
    if value not in list(Action):
        raise BadRule(f"{value!r} is none of the actions: {', '.join(Action)}")
    return Action(value)


def _qty(value: Any) -> int:
    try:
        return atoms.parse(rules.text(value))
    except ValueError as error:
        raise BadRule(f'{value!r} is not a quantity in quotes, such as "0.4"') from error


_FIELDS: Fields = {
    "action": ("action", _action),
    "body": ("body", lambda value: value),
    "headers": ("headers", rules.texts),
    "market": ("market", rules.text),
    "ms": ("delay_ms", rules.whole(-DAY_MS, DAY_MS)),
    "qty": ("qty", _qty),
    "skip": ("skip", rules.whole(0, 1_000_000)),
    "status": ("status", rules.whole(100, 599)),
    "symbol": ("symbol", rules.text),
    "times": ("times", rules.whole(1, 1_000_000)),
}


def parse(row: Any) -> Rule:
    """A rule from {"match": {"method", "path", "contains"}, "action", "times", "skip", …}. Raises BadRule."""
    match, fields = rules.read(row, _FIELDS)
    if "action" not in fields:
        raise BadRule(f"action: missing; one of: {', '.join(Action)}")
    return _checked(Rule(match=match, **fields), row)


def _checked(rule: Rule, row: Json) -> Rule:
    for name, (what, actions) in NEEDS.items():
        if rule.action in actions and name not in row:
            raise BadRule(f"{name}: {rule.action} needs it, {what}")
    if rule.delay_ms < 0 and rule.action is not Action.CLOCK_SKEW:
        raise BadRule(f"ms: {rule.delay_ms} is not a whole number from 0 to {DAY_MS}")
    if rule.action is Action.APPEAR_LATE and rule.delay_ms > MOST_LATE_MS:
        raise BadRule(f"ms: at most {MOST_LATE_MS} for {rule.action}")
    return rule


def parse_lines(text: str) -> list[Json]:
    """The rules of a plan file, as they stand there; BadRule names the line that is broken."""
    return rules.parse_lines(text, parse)


def read_plan(path: Path) -> list[Json]:
    """The rules of a plan file; BadRule names file and line."""
    return rules.lines_of(path, parse)


@dataclass(frozen=True, slots=True)
class Block:
    """Every request is turned away for a while: 429 or 418."""

    status: int
    until_ms: int


class Faults:
    """The rules in force, first match wins; `happened` tells what they have done."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.block = Block(0, 0)
        self.happened: list[Json] = []

    def plan(self, rows: list[Any]) -> None:
        """Replace all rules, and end every block; a broken rule changes nothing."""
        self.rules, self.block = rules.parse_rows(rows, parse), Block(0, 0)

    def draw(self, method: str, path: str, *, now_ms: int, text: str = "") -> Rule | None:
        """The rule this request runs into, used up by one."""
        found = [rule for rule in self.rules if rule.action not in STREAMS]
        return self._draw(found, method, path, now_ms, text)

    def draw_stream(self, path: str, text: str, *, now_ms: int) -> Rule | None:
        """The rule this stream message runs into, used up by one."""
        found = [rule for rule in self.rules if rule.action in STREAMS]
        return self._draw(found, "", path, now_ms, text)

    def _draw(self, planned: list[Rule], method: str, path: str, now_ms: int, text: str) -> Rule | None:
        for rule in planned:
            if not rule.matches(method, path, text):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.times -= 1
            self.happened.append({"time": now_ms, "action": rule.action.value, "method": method, "path": path})
            logger.info("fault %s for %s %s, %d left", rule.action, method, path, rule.times)
            return rule
        return None

    def shut(self, rule: Rule, *, now_ms: int) -> None:
        """Begin to turn every request away."""
        status = 418 if rule.action is Action.BAN else 429
        self.block = Block(status, now_ms + rule.delay_ms)
