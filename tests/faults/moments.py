"""Which action has befallen which named moment how often in a campaign, and what has its turn next."""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from project import failpoints, failpoints_table
from tests.faults.waits import Waits

ACTIONS = ("delay", "hang", "kill", "raise", "stop")
DELAY_MS = 700
ENOUGH = 2
# So often each shall befall each.

Json = Mapping[str, Any]
Pair = tuple[str, str]


@dataclass(slots=True)
class Tally:
    """How often each action was planned for a moment, and how often it befell it."""

    planned: Counter[Pair] = field(default_factory=Counter)
    befell: Counter[Pair] = field(default_factory=Counter)

    @classmethod
    def of(cls, lines: Iterable[Json]) -> "Tally":
        """What the rounds of a file add up to."""
        tally = cls()
        for line in lines:
            tally.take(line)
        return tally

    def take(self, line: Json) -> None:
        """One round more; those whose plan is no plan of moments change nothing."""
        plan = [planned for words in line.get("deeds", ()) if "=" in words for planned in _parsed(words)]
        happened: Counter[str] = Counter(line.get("fired", ()))
        for planned in plan:
            pair = (planned.name, planned.action.value)
            self.planned[pair] += 1
            self.befell[pair] += happened[planned.name] > 0
            happened[planned.name] -= 1

    def next(self, names: Collection[str], count: int, rng: random.Random) -> list[Pair]:
        """As many moments, each once: first what has happened too seldom, of that what was tried least."""
        pairs = [(name, action) for name in sorted(names) for action in ACTIONS]
        rng.shuffle(pairs)
        pairs.sort(key=lambda pair: (self.befell[pair] >= ENOUGH, self.planned[pair]))
        first: dict[str, Pair] = {}
        for pair in pairs:
            first.setdefault(pair[0], pair)
        return list(first.values())[:count]

    def missing(self) -> list[Pair]:
        """What has not happened often enough."""
        wanted = ((name, action) for name in failpoints_table.all_named() for action in ACTIONS)
        return [pair for pair in wanted if self.befell[pair] < ENOUGH]


def _parsed(words: str) -> tuple[failpoints.Planned, ...]:
    try:
        return failpoints.parse(words)
    except failpoints.BadPlan:  # a deed of another kind
        return ()


def plan(pairs: Iterable[Pair], waits: Waits) -> str:
    """As a stack takes it."""
    return ";".join(f"{name}={written(action, waits)}" for name, action in pairs)


def written(action: str, waits: Waits) -> str:
    """An action as a plan has it."""
    lasting = {"delay": DELAY_MS, "hang": waits.hang_ms}
    return f"{action}:{lasting[action]}" if action in lasting else action


def table(tally: Tally) -> str:
    """How much of it is done, and what is missing, a moment a line."""
    missing = tally.missing()
    total = len(failpoints_table.all_named()) * len(ACTIONS)
    lines = [f"moments × actions, {ENOUGH} times each: {total - len(missing)} of {total}"]
    for name in sorted({name for name, _ in missing}):
        short = (f"{action} {tally.befell[name, action]}" for action in ACTIONS if (name, action) in missing)
        lines.append(f"  {name:<28} {', '.join(short)}")
    return "\n".join(lines) + "\n"
