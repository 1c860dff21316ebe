"""A figure: what was measured, beside what, and whether it is enough."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

NO_GOAL = "—"


class Disagreement(AssertionError):
    """Replies, rows, tasks or venue orders do not agree: what was measured means nothing."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in words, and whether a value (with its baseline, 0 where there is none) meets it."""

    words: str
    holds: Callable[[float, float], bool]


def at_least(limit: float, *, times: float = 0.0) -> Goal:
    """At least so much, and so many times the baseline."""
    words = f"≥ {limit:,g}" + (f" and ≥ {times:g} ×" if times else "")
    return Goal(words, lambda value, baseline: value >= limit and value >= times * baseline)


def at_most(limit: float) -> Goal:
    return Goal(f"≤ {limit:,g}", lambda value, _: value <= limit)


def at_most_baseline(*, plus: float = 0.0) -> Goal:
    words = f"≤ baseline + {plus:g}" if plus else "≤ baseline"
    return Goal(words, lambda value, baseline: value <= baseline + plus)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ratio is value ÷ baseline; met is None where nothing was promised."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    goal: str
    met: bool | None
    against: str = ""  # what the baseline is
    note: str = ""  # what a reader must know of how it was measured

    def as_json(self) -> dict[str, Any]:
        """The published fields."""
        return {name: value for name, value in asdict(self).items() if name not in ("against", "note")}


def figure(
    name: str,
    value: float,
    unit: str,
    *,
    baseline: float | None = None,
    against: str = "",
    goal: Goal | None = None,
    note: str = "",
) -> Figure:
    """A figure, judged."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        baseline=baseline,
        ratio=value / baseline if baseline else None,
        goal=goal.words if goal else NO_GOAL,
        met=goal.holds(value, baseline or 0.0) if goal else None,
        against=against,
        note=note,
    )


def agree(about: str, *counts: object) -> None:
    """Every count of the same thing must be the same. Raises Disagreement."""
    if len(set(counts)) > 1:
        raise Disagreement(f"{about}: {', '.join(map(str, counts))} do not agree")


def percentile(samples: list[float], percent: float) -> float:
    """The smallest sample that so many percent of all do not exceed. Raises Disagreement without samples."""
    if not samples:
        raise Disagreement("nothing was measured")
    ordered = sorted(samples)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]
