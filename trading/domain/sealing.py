"""The sealed profile: which change of a setting holds at once, and which waits. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from trading.domain.settings_kinds import Setting
from trading.domain.settings_table import TABLE

SEALED, STRICT = "sealed", "strict"
WAIT = timedelta(hours=24)
# A night's sleep lies between the wish and the change.


class Safer(StrEnum):
    """In which direction a setting protects more."""

    LESS = "LESS"
    MORE = "MORE"


L, M = Safer.LESS, Safer.MORE
DIRECTIONS: Mapping[str, Safer] = MappingProxyType(
    {
        "approvals": M,
        "blocked": M,
        "capital_tiers": M,
        "cluster_pct": L,
        "cluster_rho": L,  # more pairs count as one
        "drawdown_tiers_pct": L,
        "dynamic_limits": M,
        "kelly_fraction": L,
        "live_start_cap_quote": L,
        "loss_budget_pct": L,
        "max_clock_offset_ms": L,
        "max_consecutive_losses": L,
        "max_daily_loss_pct": L,
        "max_heat": L,
        "max_leverage": L,
        "max_open_groups": L,
        "max_pyramids": L,
        "max_slippage_bps": L,
        "order_rate_per_min": L,
        "per_sector_pct": L,
        "per_strategy_pct": L,
        "per_symbol_pct": L,
        "per_venue_pct": L,
        "risk_bps": L,
        "stale_price_secs": L,
        "var_confidence": M,
        "var_limit_pct": L,
        "vol_target_pct": L,
    }
)
# Only what is a limit and nothing else. A stop, a leg, a size may be better or worse either way: those wait.


def tightens(name: str, before: Any, after: Any) -> bool:
    """Whether a change can only protect more, or changes nothing; None (off) is no limit at all. What is not listed does not."""
    if name == "profile":  # the same one set at a narrower scope would hold after the wider one is gone
        return after == STRICT and before not in (STRICT, SEALED) and no_looser(before, after)
    if before == after:
        return True
    direction = DIRECTIONS.get(name)
    if direction is None or after is None:
        return False
    if before is None:
        return True
    pairs = _pairs(before, after)
    return bool(pairs) and all(_within(direction, one, other) for one, other in pairs)


def no_looser(before: str, after: str) -> bool:
    """Whether no setting's default protects less under one profile than under the one before."""
    rows = (row for row in TABLE if row.strict is not None)
    ends = ((row.name, _under(row, before), _under(row, after)) for row in rows)
    return all(tightens(name, one, other) for name, one, other in ends)


def _under(row: Setting, profile: str) -> Any:
    return row.strict if profile == STRICT else row.default


def _pairs(before: Any, after: Any) -> list[tuple[Decimal, Decimal]]:
    """The numbers to compare, place by place; none where the two are not alike."""
    if isinstance(before, tuple) and isinstance(after, tuple):
        return list(zip(before, after, strict=True)) if len(before) == len(after) else []
    return [(Decimal(before), Decimal(after))]


def _within(direction: Safer, before: Decimal, after: Decimal) -> bool:
    return after <= before if direction is Safer.LESS else after >= before
