"""What a new group's exits are counted from: read from closed candles at the entry, or the entry is refused. Pure.

Missing data denies: a group never opens with a stop or a ladder that was asked for and does not stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from signals.intent import Level
from signals.market.bars import Bar
from trading.domain import exit_ladder, stops, swings
from trading.domain.exit_view import Levels
from trading.domain.grid import InstrumentRules, target_price
from trading.domain.money import HUNDRED, ZERO, exact, floor_to, pct_of
from trading.domain.refusal import Refusal, plain
from trading.domain.rungs import LadderKind
from trading.domain.settings_groups import ExitSettings
from trading.domain.stops import StopKind
from trading.domain.vocabulary import PositionSide, TakeProfitMode

FROM_THE_START = frozenset({StopKind.FIXED, StopKind.ATR})
# Chosen stops that stand whatever the chart looks like.


@dataclass(frozen=True, slots=True)
class History:
    """The last closed candles in a row, oldest first, and their timeframe."""

    bars: tuple[Bar, ...]
    timeframe_secs: int


@dataclass(frozen=True, slots=True)
class Entering:
    """An entry as its exits see it; price is where its grid hangs, quote."""

    side: PositionSide
    price: Decimal
    exits: ExitSettings
    rules: InstrumentRules
    history: History
    alert_stop: Level | None = None

    @property
    def least(self) -> Decimal:
        """The nearest that a level may stand: a tick, and both taker fees, quote."""
        return max(self.rules.tick_size, 2 * self.rules.taker_fee * self.price)

    @property
    def most(self) -> Decimal:
        """The emergency stop's distance, quote."""
        return pct_of(self.price, self.exits.emergency_stop_pct)


def asks(exits: ExitSettings) -> bool:
    """Whether the settings need candles."""
    by_stop = {StopKind.ATR, StopKind.SUPPORT} & set(exits.stop)
    return bool(by_stop) or exits.tp_ladder is LadderKind.FIBONACCI


def bars_wanted(exits: ExitSettings) -> int:
    """How many closed candles are looked at."""
    return max(swings.WARM_UP * exits.atr_period + 1, exits.swing_lookback)


def nearest_timeframe(timeframe_secs: int, stored: Sequence[int]) -> int:
    """The stored timeframe that is nearest by ratio; of two equally near ones the shorter."""
    return min(sorted(stored), key=lambda secs: max(secs, timeframe_secs) / Decimal(min(secs, timeframe_secs)))


@exact
def at_entry(entering: Entering) -> Levels | Refusal:
    """Everything the settings ask for, or why the group cannot be protected or sold as they say."""
    found: Levels | Refusal = Levels()
    for step in (_atr, _support, _swing, _risk, _ladder):
        if isinstance(found, Levels):
            found = step(entering, found)
    return found


# stops -------------------------------------------------------------------------------------------


def _atr(entering: Entering, found: Levels) -> Levels | Refusal:
    exits, history = entering.exits, entering.history
    if StopKind.ATR not in exits.stop:
        return found
    value = swings.atr(history.bars, period=exits.atr_period)
    if value is None:
        return _too_few(entering, exits.atr_period + 1, f"the ATR of {exits.atr_period}")
    if (distance := value * exits.atr_multiplier) < entering.least:
        advice = "It would fire by a tick or cost more than it saves: raise atr_multiplier, or choose another stop."
        return Refusal("STOP_TOO_NEAR", "ATR stop", distance, entering.least, advice, entering.rules.quote)
    return replace(found, atr_quote=value, timeframe_secs=history.timeframe_secs)


def _support(entering: Entering, found: Levels) -> Levels | Refusal:
    """Without a level the other chosen stops stand alone; without any of them the entry is refused."""
    exits = entering.exits
    if StopKind.SUPPORT not in exits.stop:
        return found
    bars = _searched(entering)
    if isinstance(bars, Refusal):
        return bars
    level = swings.protecting(
        bars,
        side=entering.side,
        entry=entering.price,
        width=exits.swing_width,
        nearest=entering.least,
        farthest=entering.most,
    )
    if level is None and entering.alert_stop is None and not FROM_THE_START & set(exits.stop):
        return _no_level(entering)
    return replace(found, support=level, timeframe_secs=entering.history.timeframe_secs)


def _searched(entering: Entering) -> Sequence[Bar] | Refusal:
    """The candles in which swing points are looked for."""
    bars, count = entering.history.bars, entering.exits.swing_lookback
    return _too_few(entering, count, "support and resistance") if len(bars) < count else bars[-count:]


def _no_level(entering: Entering) -> Refusal:
    exits, sign = entering.exits, entering.side.sign
    what = "support" if entering.side is PositionSide.LONG else "resistance"
    edges = (entering.price - sign * distance for distance in (entering.least, entering.most))
    near, far = (plain(floor_to(price, entering.rules.tick_size)) for price in edges)
    frame = swings.timeframe_words(entering.history.timeframe_secs)
    said = f"No {what} lies between {near} and {far} in the last {exits.swing_lookback} candles of {frame}."
    advice = "Add fixed or atr to stop, or lower swing_width."
    return Refusal("NO_SUPPORT", "support", None, "a swing point", advice, said=said)


def _too_few(entering: Entering, wanted: int, what: str) -> Refusal:
    have, frame = len(entering.history.bars), swings.timeframe_words(entering.history.timeframe_secs)
    said = f"{have} closed candles of {frame} in a row are known of {entering.rules.symbol}, {what} needs {wanted}."
    advice = "Wait for the venue's candles, or choose exits that need none."
    return Refusal("CANDLES_MISSING", "candles", have, wanted, advice, "candles", said)


# ladders -----------------------------------------------------------------------------------------


def _swing(entering: Entering, found: Levels) -> Levels | Refusal:
    """The last swing whose first extension lies beyond the entry and its fees."""
    exits = entering.exits
    if exits.tp_ladder is not LadderKind.FIBONACCI:
        return found
    bars = _searched(entering)
    if isinstance(bars, Refusal):
        return bars
    first, side = exits.tp_ladder_fibonacci[0].at, entering.side
    known = swings.swings(bars, side=side, width=exits.swing_width)
    beyond = (s for s in known if side.sign * (swings.extension(s, first) - entering.price) >= entering.least)
    swing = next(beyond, None)
    return _no_swing(entering) if swing is None else replace(found, swing=swing, timeframe_secs=_frame(entering))


def _frame(entering: Entering) -> int:
    return entering.history.timeframe_secs


def _no_swing(entering: Entering) -> Refusal:
    exits = entering.exits
    first, frame = plain(exits.tp_ladder_fibonacci[0].at), swings.timeframe_words(_frame(entering))
    where = f"in the last {exits.swing_lookback} candles of {frame}"
    said = f"No swing {where} has its {first} extension beyond the entry at {plain(entering.price)}."
    return Refusal("NO_SWING", "tp_ladder", None, "a swing", "Set tp_ladder to r or off, or wait.", said=said)


def _risk(entering: Entering, found: Levels) -> Levels | Refusal:
    """R: how far the first stop stands from the entry."""
    exits = entering.exits
    if exits.tp_ladder is not LadderKind.R:
        return found
    distance = stops.distance(
        side=entering.side,
        entry=entering.price,
        kinds=exits.stop,
        fixed_pct=exits.fixed_stop_pct,
        emergency_pct=exits.emergency_stop_pct,
        rules=entering.rules,
        level=entering.alert_stop,
        atr_quote=found.atr_quote,
        atr_multiplier=exits.atr_multiplier,
        support_price=found.support,
    )
    return distance if isinstance(distance, Refusal) else replace(found, risk_quote=distance)


def _ladder(entering: Entering, found: Levels) -> Levels | Refusal:
    """Every rung must be a price, and the hybrid mode's aggregate target must not come before the first."""
    exits, side, rules = entering.exits, entering.side, entering.rules
    kind, entry = exits.tp_ladder, entering.price
    stands = exit_ladder.prices(exits.rungs, kind=kind, side=side, average_entry=entry, levels=found, rules=rules)
    if not stands:
        return found
    if min(stands) <= ZERO:
        advice = "The last rungs of a SHORT lie below 0: use nearer rungs or a nearer stop."
        return Refusal("RUNG_BELOW_ZERO", "tp_ladder", min(stands), ZERO, advice, rules.quote)
    return _first_come(entering, stands[0]) or found


def _first_come(entering: Entering, first: Decimal) -> Refusal | None:
    exits, side = entering.exits, entering.side
    pct = exits.tp_aggregate_pct
    aggregate = target_price(side=side, price=entering.price, take_profit_pct=pct, rules=entering.rules)
    if exits.tp_mode != TakeProfitMode.HYBRID or side.sign * (aggregate - first) > 0:
        return None
    far = abs(first - entering.price) / entering.price * HUNDRED
    advice = "The whole group would be sold before the first rung: raise it, or take tp_mode AGGREGATE."
    return Refusal("LADDER_NEVER_REACHED", "tp_aggregate_pct", pct, round(far, 2), advice, "%")
