"""The invariants of docs/data-path.md, checked against the venue's own word.

A check never passes by default: it counts what it looked at, and where that is nothing it says so.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from trading.services.invariants import books, chain, kill, orders, slots, venue
from trading.services.invariants.base import Check, Finding

NOT_CHECKED = {
    "I10": "no secret is planted in a normal run; the fault campaign plants one",
}
CHECKS: Mapping[str, Check] = {
    "I1": venue.fills_agree,
    "I2": orders.orders_have_intents,
    "I3": orders.intents_are_settled,
    "I4": slots.slots_within_pool,
    "I5": books.alerts_have_one_outcome,
    "I6": venue.balances_are_explained,
    "I7": kill.nothing_entered_after_a_kill,
    "I8": books.exits_within_holdings,
    "I9": chain.chain_and_edges_hold,
    "I11": books.reserved_within_balance,
    "I12": chain.journal_rebuilds_state,
    "I13": books.filled_has_exit,
}
PAUSE_SECS = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """One invariant's verdict: held None where nothing was checked, with the reason."""

    held: bool | None
    checked: int
    violations: tuple[str, ...]
    reason: str


def check_all(*, clock: Callable[[], datetime], settle_secs: float) -> dict[str, Result]:
    """Check everything; what looks wrong is looked at again until the dust has settled.

    A violation counts only when it is seen at every look for `settle_secs`: orders and fills on their way are none.
    """
    found = {name: check(clock()) for name, check in CHECKS.items()}
    give_up = time.monotonic() + settle_secs
    while any(f.violations for f in found.values()) and time.monotonic() < give_up:
        time.sleep(PAUSE_SECS)
        found |= {name: _persisting(f, CHECKS[name](clock())) for name, f in found.items() if f.violations}
    results = {name: _result(finding) for name, finding in found.items()}
    results |= {name: Result(None, 0, (), reason) for name, reason in NOT_CHECKED.items()}
    return dict(sorted(results.items(), key=lambda item: int(item[0][1:])))


def _persisting(before: Finding, now: Finding) -> Finding:
    return replace(now, violations=tuple(v for v in now.violations if v in before.violations))


def _result(finding: Finding) -> Result:
    if finding.checked == 0 and not finding.violations:
        return Result(None, 0, (), "nothing to check yet")
    return Result(not finding.violations, finding.checked, finding.violations, "")
