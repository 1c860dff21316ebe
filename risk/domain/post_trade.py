"""After a fill: does what is held now still stand within its limits? The gate's own checks, all of them. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from risk.domain.checks import CHECKS, Proposed, Snapshot
from risk.domain.checks.base import Check
from risk.domain.denial import Denial, DenialCode
from risk.domain.limits import RiskLimits
from risk.domain.mode import PlanKind
from risk.domain.precision import exact

HELD = frozenset(
    {
        "cluster_exposure",
        "daily_loss",
        "daily_var",
        "drawdown_tier",
        "portfolio_heat",
        "portfolio_leverage",
        "sector_exposure",
        "strategy_exposure",
        "symbol_exposure",
        "venue_exposure",
    }
)
# The checks that a position can break by being there; the others are about sending.


@exact
def breaches(filled: Proposed, book: Snapshot, limits: RiskLimits, *, checks: Sequence[Check] = CHECKS) -> list[Denial]:
    """Every limit that stands broken after a fill, none left out; `book` knows the fill already.

    What is not known is not broken: it denies the next entry, and there is nothing to tell here.

    Prices move, and a fill may come worse than planned: a breach is told and journalled, and stops the next entry by
    the gate itself. It never closes anything.
    """
    nothing_more = replace(filled, kind=PlanKind.ENTRY, notional=Decimal(0))
    asked = [check for check in checks if check.name in HELD and check.asks(nothing_more, book)]
    found = [check.run(nothing_more, book, limits).denial for check in asked]
    return [denial for denial in found if denial is not None and denial.code is not DenialCode.DATA_MISSING]
