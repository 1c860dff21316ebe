"""What a check of an invariant is and answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """How many things were looked at, and what was wrong, each in words that stay the same from look to look."""

    checked: int
    violations: tuple[str, ...] = ()


Check = Callable[[datetime], Finding]


def joined(findings: Iterable[Finding]) -> Finding:
    """Several findings as one."""
    parts = list(findings)
    return Finding(sum(p.checked for p in parts), tuple(v for p in parts for v in p.violations))
