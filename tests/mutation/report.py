"""What a run came to: a table by module, and every survivor with its reason."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from tests.mutation.notes import Line
from tests.mutation.survivors import WHY


@dataclass(frozen=True, slots=True)
class Row:
    """A module's figures; excused: survivors that are listed with a reason; seconds: CPU."""

    module: str
    mutants: int
    killed: int
    excused: int
    seconds: float

    @property
    def pct(self) -> float:
        """Killed of all, percent; the excused count as survivors."""
        return 100 * self.killed / self.mutants if self.mutants else 100.0


def rows(lines: Sequence[Line]) -> list[Row]:
    """One row a module."""
    by_module = groupby(sorted(lines, key=lambda line: line.module), key=lambda line: line.module)
    return [_row(module, list(found)) for module, found in by_module]


def _row(name: str, lines: Sequence[Line]) -> Row:
    excused = sum(not line.dead and line.id in WHY for line in lines)
    return Row(name, len(lines), sum(line.dead for line in lines), excused, sum(line.seconds for line in lines))


def survivors(lines: Sequence[Line]) -> list[Line]:
    """Mutants that no test noticed."""
    return [line for line in lines if not line.dead]


def text(lines: Sequence[Line]) -> str:
    """As Markdown, for people and for the documentation."""
    head = ["| module | mutants | killed | % | survive for a reason | seconds |", "|---|--:|--:|--:|--:|--:|"]
    body = [
        f"| {row.module} | {row.mutants} | {row.killed} | {row.pct:.1f} | {row.excused} | {row.seconds:.0f} |"
        for row in [*rows(lines), _row("**all**", lines)]
    ]
    alive = [f"- `{line.id}` (line {line.line}): {_reason(line)}" for line in survivors(lines)]
    return "\n".join([*head, *body, "", *alive, ""])


def _reason(line: Line) -> str:
    return WHY.get(line.id, f"**no reason given** ({line.status})")


def as_json(lines: Sequence[Line]) -> str:
    """For programs."""
    table = [{**asdict(row), "pct": round(row.pct, 2)} for row in rows(lines)]
    alive = [{**asdict(line), "why": WHY.get(line.id, "")} for line in survivors(lines)]
    return json.dumps({"modules": table, "survivors": alive}, indent=2) + "\n"
