"""The fault plan: which request or stream message, how often, what goes wrong.

A plan is a list of rules; in a file each rule is a line of JSON, and lines that are empty or begin with # say nothing.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

logger = logging.getLogger("paper.faults")

Json = dict[str, Any]

HOLD_SECS = 60.0
# A held connection is dropped after this long if the client has not given up before.

MOST_LATE_MS = 30_000
# An order appears at most this late.


class Action(StrEnum):
    """What goes wrong; "accept" is the moment the exchange acts on the request."""

    APPEAR_LATE = "appear_late"
    BAN = "ban"
    DELAY = "delay_ms"
    DUPLICATE_REPLY = "duplicate_reply"
    DUPLICATE_REQUEST = "duplicate_request"
    GARBAGE_AFTER_ACCEPT = "garbage_after_accept"
    HTTP_503_AFTER_ACCEPT = "http_503_after_accept"
    HTTP_503_BEFORE_ACCEPT = "http_503_before_accept"
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

NEEDS_MS = frozenset({Action.APPEAR_LATE, Action.BAN, Action.DELAY, Action.RATE_LIMIT, Action.STREAM_DELAY})

NEEDS_STATUS = frozenset({Action.REPLY_AFTER_ACCEPT, Action.REPLY_BEFORE_ACCEPT})


class BadRule(ValueError):
    """The rule is not understood; the text says which and why."""


@dataclass(slots=True)
class Rule:
    """One planned fault. `skip` matching requests pass first, then `times` of them run into it."""

    action: Action
    method: str = ""
    path: str = ""
    contains: str = ""
    times: int = 1
    skip: int = 0
    delay_ms: int = 0
    status: int = 503
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str, text: str) -> bool:
        """True if it concerns this; an empty method, path or text means any, a path ending in * a beginning."""
        if self.times <= 0 or self.method not in ("", method) or self.contains not in text:
            return False
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return self.path in ("", path)


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadRule(f"{value!r} is not a whole number from {least} to {most}")
        return value

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadRule(f"{value!r} is not a text")
    return value


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise BadRule(f"{value!r} is not an object of texts")
    return {str(name): str(text) for name, text in value.items()}


def _action(value: Any) -> Action:
    if value not in list(Action):
        raise BadRule(f"{value!r} is none of the actions: {', '.join(Action)}")
    return Action(value)


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "action": ("action", _action),
    "body": ("body", lambda value: value),
    "headers": ("headers", _texts),
    "ms": ("delay_ms", _whole(0, 86_400_000)),
    "skip": ("skip", _whole(0, 1_000_000)),
    "status": ("status", _whole(100, 599)),
    "times": ("times", _whole(1, 1_000_000)),
}
_MATCH = {"contains": "contains", "method": "method", "path": "path"}


def parse(row: Any) -> Rule:
    """A rule from {"match": {"method", "path", "contains"}, "action", "times", "skip", "ms", "status", "body", "headers"}."""
    if not isinstance(row, dict):
        raise BadRule("a rule is a JSON object")
    match = row.get("match", {})
    if not isinstance(match, dict):
        raise BadRule("match: not a JSON object")
    fields = _read(row, _FIELDS, extra={"match"}) | _read(match, {name: (at, _text) for name, at in _MATCH.items()})
    if "action" not in fields:
        raise BadRule(f"action: missing; one of: {', '.join(Action)}")
    return _checked(Rule(**fields), row)


def _read(
    row: Json, fields: dict[str, tuple[str, Callable[[Any], Any]]], *, extra: set[str] | None = None
) -> dict[str, Any]:
    unknown = set(row) - set(fields) - (extra or set())
    if unknown:
        raise BadRule(f"{sorted(unknown)[0]}: unknown; known are {', '.join(sorted(fields))}")
    found = {}
    for name in row.keys() & fields.keys():
        at, read = fields[name]
        try:
            found[at] = read(row[name])
        except BadRule as error:
            raise BadRule(f"{name}: {error}") from error
    return found


def _checked(rule: Rule, row: Json) -> Rule:
    if rule.action in NEEDS_MS and "ms" not in row:
        raise BadRule(f"ms: {rule.action} needs it, milliseconds")
    if rule.action in NEEDS_STATUS and "status" not in row:
        raise BadRule(f"status: {rule.action} needs it, an HTTP status such as 400")
    if rule.action is Action.APPEAR_LATE and rule.delay_ms > MOST_LATE_MS:
        raise BadRule(f"ms: at most {MOST_LATE_MS} for {rule.action}")
    return rule


def parse_lines(text: str) -> list[Json]:
    """The rules of a plan file, as they stand there; BadRule names the line that is broken."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            row = json.loads(line)
            parse(row)
        except ValueError as error:
            raise BadRule(f"line {number}: {error}") from error
        rows.append(row)
    return rows


def read_plan(path: Path) -> list[Json]:
    """The rules of a plan file; BadRule names file and line."""
    try:
        return parse_lines(path.read_text())
    except BadRule as error:
        raise BadRule(f"{path}, {error}") from error


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
        rules = []
        for number, row in enumerate(rows, start=1):
            try:
                rules.append(parse(row))
            except BadRule as error:
                raise BadRule(f"rule {number}: {error}") from error
        self.rules, self.block = rules, Block(0, 0)

    def draw(self, method: str, path: str, *, now_ms: int, text: str = "") -> Rule | None:
        """The rule this request runs into, used up by one."""
        rules = (rule for rule in self.rules if rule.action not in STREAMS)
        return self._draw(list(rules), method, path, now_ms, text)

    def draw_stream(self, path: str, text: str, *, now_ms: int) -> Rule | None:
        """The rule this stream message runs into, used up by one."""
        rules = (rule for rule in self.rules if rule.action in STREAMS)
        return self._draw(list(rules), "", path, now_ms, text)

    def _draw(self, rules: list[Rule], method: str, path: str, now_ms: int, text: str) -> Rule | None:
        for rule in rules:
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
