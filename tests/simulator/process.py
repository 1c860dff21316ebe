"""A process: a task at work, between two of whose steps anything may happen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulator.asking import Ask, Work

BEGUN = datetime(2026, 1, 1, 12, tzinfo=UTC)
# When every seed begins.


@dataclass(slots=True, eq=False)
class Process:
    """A task at work. ask: what it waits for; fate: what becomes of that; answer: what it will hear."""

    name: str
    work: Work
    ask: Ask | None = None
    fate: str = ""
    answer: Callable[[], Any] | None = None
    waits_until: datetime = BEGUN

    @property
    def place(self) -> str:
        """Where it stands: between two commits, before a request goes out, or before its answer is heard."""
        if self.ask is None:
            return f"{self.name}, between commits"
        return f"{self.name}, {'after' if self.answer else 'before'} {self.ask.method}"
