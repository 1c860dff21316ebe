"""Levels of a group's exits: asked of the stored candles at its entry, kept with the group for its life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from signals.evaluate import Meant
from signals.market import candles
from signals.market.bars import WANTED, opening
from trading.domain import exit_levels, exit_rules, swings
from trading.domain.exit_levels import Entering, History
from trading.domain.exit_view import NOTHING_KNOWN, Levels
from trading.domain.grid import InstrumentRules
from trading.domain.refusal import Refusal
from trading.domain.rungs import LadderKind
from trading.domain.settings import EngineSettings, ExitSettings
from trading.domain.stops import StopKind
from trading.domain.swings import Swing
from trading.domain.vocabulary import PositionSide
from trading.models import PositionGroup, ShadowGroup

LATE_BARS = 1
# At the turn of a bar the alert is often here before the candle: the newest may be so many bars behind.


@dataclass(frozen=True, slots=True)
class Found:
    """The levels of an entry; refused says why there are none that would hold."""

    levels: Levels = NOTHING_KNOWN
    refused: Refusal | None = None


def at_entry(
    meant: Meant,
    side: PositionSide,
    group: PositionGroup | None,
    *,
    price: Decimal,
    chosen: EngineSettings,
    rules: InstrumentRules,
    now: datetime,
) -> Found:
    """What an entry's exits are counted from; a further pyramid takes over its group's. A price of 0 is refused later."""
    if group is not None:
        return Found(kept(group))
    if wrong := exit_rules.contradiction(chosen):
        return Found(refused=wrong)
    if price <= 0:
        return Found()
    history = _history(meant, chosen.exits, now=now)
    stop = meant.intent.stop_loss
    levels = exit_levels.at_entry(Entering(side, price, chosen.exits, rules, history, stop))
    return Found(refused=levels) if isinstance(levels, Refusal) else Found(levels)


def _history(meant: Meant, exits: ExitSettings, *, now: datetime) -> History:
    """The closed candles that the settings need, in a row up to now; none where nothing asks for them."""
    secs = exit_levels.nearest_timeframe(meant.timeframe_secs or min(WANTED), tuple(WANTED))
    if not exit_levels.asks(exits):
        return History((), secs)
    bars = candles.bars(meant.instrument.id, secs, most=exit_levels.bars_wanted(exits))
    row = swings.tail(bars, timeframe_secs=secs)
    fresh = row and (opening(now, secs) - row[-1].opened_at).total_seconds() <= (LATE_BARS + 1) * secs
    return History(tuple(row) if fresh else (), secs)


# with the group ----------------------------------------------------------------------------------

NUMBERS = ("atr_quote", "support", "risk_quote")


def dump(levels: Levels) -> dict[str, Any]:
    """What is known, as a group's row keeps it: numbers as text, without loss."""
    found: dict[str, Any] = {name: str(value) for name in NUMBERS if (value := getattr(levels, name)) is not None}
    if levels.swing is not None:
        found["swing"] = [str(levels.swing.start), str(levels.swing.end)]
    return found | ({"timeframe_secs": levels.timeframe_secs} if levels.timeframe_secs else {})


def kept(group: PositionGroup | ShadowGroup) -> Levels:
    """What a group was entered with."""
    said: Mapping[str, Any] = group.levels
    numbers = {name: Decimal(said[name]) for name in NUMBERS if name in said}
    swing = Swing(*(Decimal(price) for price in said["swing"])) if "swing" in said else None
    return Levels(**numbers, swing=swing, timeframe_secs=said.get("timeframe_secs"))


def lacking(group: PositionGroup, chosen: EngineSettings) -> str:
    """Why a group that is open already cannot have these exits, in words; empty when it can.

    Candles are read at the entry only: what a group was not entered with, it cannot be given later.
    """
    if wrong := exit_rules.contradiction(chosen):
        return wrong.sentence()
    exits, known = chosen.exits, kept(group)
    needed = {
        "stop atr": (StopKind.ATR in exits.stop, known.atr_quote),
        "stop support": (StopKind.SUPPORT in exits.stop, known.support),
        "tp_ladder r": (exits.tp_ladder is LadderKind.R, known.risk_quote),
        "tp_ladder fibonacci": (exits.tp_ladder is LadderKind.FIBONACCI, known.swing),
    }
    named = ", ".join(name for name, (asked, value) in needed.items() if asked and value is None)
    return f"{named}: what it is counted from was not read when the group was entered." if named else ""
