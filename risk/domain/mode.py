"""What each trading mode lets through. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class TradingMode(StrEnum):
    """The engine's mode; its row belongs to the accounts."""

    NORMAL = "NORMAL"
    PAUSED = "PAUSED"
    REDUCED = "REDUCED"
    EMERGENCY = "EMERGENCY"


class PlanKind(StrEnum):
    """What a plan does to a position."""

    ENTRY = "ENTRY"
    PYRAMID = "PYRAMID"
    REDUCING = "REDUCING"  # exits, targets, stops, reductions: may only shrink
    FLATTENING = "FLATTENING"  # the kill's own orders


_SHRINKING = frozenset({PlanKind.REDUCING, PlanKind.FLATTENING})
ALLOWS: Mapping[str, frozenset[PlanKind]] = MappingProxyType(
    {
        TradingMode.NORMAL: frozenset(PlanKind),
        TradingMode.PAUSED: _SHRINKING,
        TradingMode.REDUCED: _SHRINKING,
        TradingMode.EMERGENCY: frozenset({PlanKind.FLATTENING}),
    }
)


def permits(mode: str, kind: PlanKind) -> bool:
    """Whether a mode lets a kind of plan through; a mode that nobody knows lets nothing through."""
    return kind in ALLOWS.get(mode, frozenset())


MODES_FOR: Mapping[PlanKind, str] = MappingProxyType(
    {kind: " or ".join(mode for mode in ALLOWS if permits(mode, kind)) for kind in PlanKind}
)
# The modes that let a kind of plan through, in words.
