"""A target that a person set on the ticket: one percentage for the whole position, carried out by the group's exits."""

from dataclasses import replace
from decimal import Decimal

from signals.evaluate import Meant
from signals.intent import LevelKind
from trading.domain.rungs import LadderKind
from trading.domain.settings import EngineSettings
from trading.domain.vocabulary import TakeProfitMode
from trading.models import PositionGroup


def carried_out(meant: Meant, group: PositionGroup | None) -> bool:
    """Whether the target is one that we follow: a group that is open already keeps its own."""
    return group is None and target_pct(meant) is not None


def target_pct(meant: Meant) -> Decimal | None:
    """Percent from the group's average entry, on the winning side; None where no person asked for one."""
    targets = meant.intent.take_profit
    is_ours = meant.alert.by_hand and len(targets) == 1 and targets[0].kind is LevelKind.PCT
    return targets[0].value if is_ours and targets[0].share_pct == 100 else None


def applied(chosen: EngineSettings, meant: Meant) -> EngineSettings:
    """The settings a new group is opened with: all at once at that target, in place of the settings' own targets."""
    wanted = target_pct(meant)
    if wanted is None:
        return chosen
    exits = replace(chosen.exits, tp_mode=TakeProfitMode.AGGREGATE, tp_aggregate_pct=wanted, tp_ladder=LadderKind.OFF)
    return replace(chosen, exits=exits)
