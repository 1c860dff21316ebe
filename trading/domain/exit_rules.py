"""Exit settings that contradict each other: each one is fine by itself, together they cannot do what they say. Pure."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from trading.domain.refusal import Refusal
from trading.domain.rungs import LadderKind
from trading.domain.settings_groups import EngineSettings, ExitSettings
from trading.domain.stops import StopKind
from trading.domain.vocabulary import TakeProfitMode

STANDS_AT_ENTRY = frozenset({StopKind.ATR, StopKind.FIXED, StopKind.SUPPORT})
# Stops from which R can be counted; a trailing stop stands only once it is armed.


def contradiction(chosen: EngineSettings) -> Refusal | None:
    """The first contradiction between the exit settings of one pair; None when there is none."""
    return next(iter(contradictions(chosen)), None)


def contradictions(chosen: EngineSettings) -> tuple[Refusal, ...]:
    """Every one."""
    return tuple(found for rule in RULES if (found := rule(chosen)) is not None)


def _stop_beyond_emergency(chosen: EngineSettings) -> Refusal | None:
    exits = chosen.exits
    if StopKind.FIXED not in exits.stop or exits.fixed_stop_pct <= exits.emergency_stop_pct:
        return None
    return _never_fires("fixed_stop_pct", exits.fixed_stop_pct, exits)


def _never_fires(field: str, pct: Decimal, exits: ExitSettings) -> Refusal:
    advice = "The emergency stop would always fire first: bring this one nearer, or raise emergency_stop_pct before it."
    return Refusal("STOP_BEYOND_EMERGENCY", field, pct, exits.emergency_stop_pct, advice, "%")


def _trailing_behind_entry(chosen: EngineSettings) -> Refusal | None:
    """Armed from the start (activation 0) a trailing stop is a loss limit, and may be."""
    exits = chosen.exits
    distance, gain = exits.trailing_distance_pct, exits.trailing_activation_pct
    if StopKind.TRAILING not in exits.stop:
        return None
    if gain == 0:
        late = distance > exits.emergency_stop_pct
        return _never_fires("trailing_distance_pct", distance, exits) if late else None
    advice = (
        "Armed at that gain the stop would stand at a loss: trail nearer, arm later, or set trailing_activation_pct "
        "to 0 for a stop that trails from the entry on."
    )
    behind = Refusal("TRAILING_BEHIND_ENTRY", "trailing_distance_pct", distance, gain, advice, "%")
    return behind if distance > gain else None


def _ladder_without_stop(chosen: EngineSettings) -> Refusal | None:
    exits = chosen.exits
    if exits.tp_ladder is not LadderKind.R or STANDS_AT_ENTRY & set(exits.stop):
        return None
    advice = "R is the distance from the entry to its stop: add fixed, atr or support to stop."
    said = "tp_ladder is r, and no stop stands at the entry."
    return Refusal("LADDER_WITHOUT_STOP", "tp_ladder", "r", "a stop at the entry", advice, said=said)


def _break_even_too_late(chosen: EngineSettings) -> Refusal | None:
    after, most = chosen.exits.breakeven_after_target, targets(chosen)
    if after <= most:
        return None
    advice = "Break-even would never come: count a target that there is, or 0 for never."
    return Refusal("BREAK_EVEN_TOO_LATE", "breakeven_after_target", after, most, advice, "targets")


def targets(chosen: EngineSettings) -> int:
    """How many targets a group can have: its rungs, the aggregate one, or one for each leg of each pyramid."""
    exits, grid = chosen.exits, chosen.grid
    if exits.rungs:
        return len(exits.rungs)
    if exits.tp_mode == TakeProfitMode.AGGREGATE:
        return 1
    return sum(len(grid.legs_of(index)) for index in range(grid.max_pyramids))


RULES: Sequence[Callable[[EngineSettings], Refusal | None]] = (
    _ladder_without_stop,
    _stop_beyond_emergency,
    _trailing_behind_entry,
    _break_even_too_late,
)
