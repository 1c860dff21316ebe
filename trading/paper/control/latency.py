"""How long a request is under way, by endpoint: always the same, or log-normal. The first rule that matches counts.

In a file each rule is a line of JSON, as in a fault plan: {"match": {"method", "path"}, "ms"} or {"match": …,
"median_ms", "sigma", "most_ms"}.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from trading.paper.control.rules import BadRule, Json, Match, lines_of, number, parse_rows, read, whole
from trading.paper.market.chance import LogNormal

MOST_MS = 60_000
# Nobody waits longer.

STREAM = "STREAM"
# The method of a stream's messages; their path is that of the socket.

_FIELDS = {
    "median_ms": ("median_ms", number(0.0, MOST_MS)),
    "most_ms": ("most_ms", whole(0, MOST_MS)),
    "ms": ("ms", number(0.0, MOST_MS)),
    "sigma": ("sigma", number(0.0, 5.0)),
}


@dataclass(frozen=True, slots=True)
class Delay:
    """What a rule says. most_ms cuts the long end off."""

    match: Match
    spread: LogNormal
    most_ms: int = MOST_MS

    def secs(self, random: Random) -> float:
        """One delay."""
        return min(self.spread.draw(random), self.most_ms) / 1000


def parse(row: Any) -> Delay:
    """A delay from a rule. Raises BadRule."""
    match, fields = read(row, _FIELDS)
    if ("ms" in fields) is ("median_ms" in fields):
        raise BadRule("ms or median_ms: exactly one of them, milliseconds")
    if "ms" in fields and "sigma" in fields:
        raise BadRule("sigma: goes with median_ms; with ms the delay is always the same")
    spread = LogNormal(fields.get("ms", fields.get("median_ms", 0.0)), fields.get("sigma", 0.5 * ("ms" not in fields)))
    return Delay(match, spread, fields.get("most_ms", MOST_MS))


def read_delays(path: Path) -> list[Json]:
    """The rules of a file; BadRule names file and line."""
    return lines_of(path, parse)


class Latency:
    """The rules in force. The same seed draws the same delays."""

    def __init__(self, seed: int = 1) -> None:
        self.rows: list[Json] = []
        self._rules: list[Delay] = []
        self._random = Random(f"{seed} latency")  # noqa: S311 - delays, not secrets

    def plan(self, rows: list[Any]) -> None:
        """Replace all rules; a broken one changes nothing."""
        self._rules, self.rows = parse_rows(rows, parse), list(rows)

    def secs(self, method: str, path: str) -> float:
        """How long this request is under way, there and back."""
        rule = next((one for one in self._rules if one.match.holds(method, path)), None)
        return rule.secs(self._random) if rule else 0.0
