"""The gate: every plan passes all checks in order before an order is written; what was measured is kept."""

from typing import Any

from project.journal.record import plain
from risk.domain.checks import CHECKS, LAYER_OF, CheckLine, GateResult, Proposed, Snapshot, run
from risk.domain.limits import RiskLimits
from risk.models import RiskDecision


def decide(
    plan: Proposed, book: Snapshot, limits: RiskLimits, *, signal_id: int | None
) -> tuple[GateResult, RiskDecision]:
    """Run the gate: its result, and the row with every check's numbers, for the transaction that acts on it to write."""
    result = run(CHECKS, plan, book, limits)
    return result, RiskDecision(
        account_id=plan.account_id,
        signal_id=signal_id,
        allowed=result.allowed,
        code=result.denial.code if result.denial else "",
        sentence=result.sentence(),
        checks=lines(result),
    )


def lines(result: GateResult) -> list[dict[str, Any]]:
    """The checks' numbers, as JSON keeps them."""
    return [_line(line) for line in result.lines]


def _line(line: CheckLine) -> dict[str, Any]:
    value, limit = plain(line.value), plain(line.limit)
    layer = LAYER_OF[line.name]
    return {"name": line.name, "layer": layer, "value": value, "limit": limit, "unit": line.unit, "ok": line.ok}
