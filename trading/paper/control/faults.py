"""Planned misbehaviour: which request, how often, what goes wrong."""

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

logger = logging.getLogger("paper.faults")

HOLD_SECS = 60.0
# A held connection is dropped after this long if the client has not given up before.


class Action(StrEnum):
    """What goes wrong; "accept" is the moment the exchange acts on the request."""

    DELAY = "delay_ms"
    GARBAGE_AFTER_ACCEPT = "garbage_after_accept"
    HTTP_503_AFTER_ACCEPT = "http_503_after_accept"
    HTTP_503_BEFORE_ACCEPT = "http_503_before_accept"
    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"
    TIMEOUT_BEFORE_ACCEPT = "timeout_before_accept"


BEFORE = frozenset({Action.TIMEOUT_BEFORE_ACCEPT, Action.HTTP_503_BEFORE_ACCEPT})


class BadRule(ValueError):
    """The rule is not understood."""


@dataclass(slots=True)
class Rule:
    """One planned fault; `times` counts down."""

    action: Action
    method: str = ""
    path: str = ""
    times: int = 1
    delay_ms: int = 0

    def matches(self, method: str, path: str) -> bool:
        """True if it is due for this request; an empty method or path means any."""
        return self.times > 0 and self.method in ("", method) and self.path in ("", path)


def parse(row: dict[str, Any]) -> Rule:
    """A rule from {"match": {"method", "path"}, "times", "action", "ms"}."""
    match = row.get("match", {})
    try:
        return Rule(
            action=Action(row["action"]),
            method=str(match.get("method", "")),
            path=str(match.get("path", "")),
            times=int(row.get("times", 1)),
            delay_ms=int(row.get("ms", 0)),
        )
    except (KeyError, ValueError) as error:
        actions = ", ".join(Action)
        raise BadRule(f"a fault rule needs an action out of: {actions}; not understood: {error}") from error


class Faults:
    """The rules in force, first match wins."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def plan(self, rows: list[dict[str, Any]]) -> None:
        """Replace all rules."""
        self.rules = [parse(row) for row in rows]

    def draw(self, method: str, path: str) -> Rule | None:
        """The rule this request runs into, used up by one."""
        for rule in self.rules:
            if rule.matches(method, path):
                rule.times -= 1
                logger.info("fault %s for %s %s, %d left", rule.action, method, path, rule.times)
                return rule
        return None
