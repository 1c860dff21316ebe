"""What is watched for a group: stops, the hybrid mode's aggregate target, the time exit. Pure; prices are arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from trading.domain import stops
from trading.domain.exit_view import NOTHING_KNOWN, ExitReason, ExitView, Levels, Prices, Watched, aggregate_price
from trading.domain.grid import InstrumentRules, target_price
from trading.domain.refusal import plain
from trading.domain.settings_groups import ExitSettings
from trading.domain.stops import Stop, StopKind, Trail
from trading.domain.swings import timeframe_words
from trading.domain.vocabulary import PositionSide, TakeProfitMode


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything a stop is computed from; average is that of what is held now."""

    group: ExitView
    average: Decimal
    peak: Decimal | None
    settings: ExitSettings
    rules: InstrumentRules
    levels: Levels


def peak_after(
    group: ExitView, *, settings: ExitSettings, rules: InstrumentRules, prices: Prices | None
) -> Decimal | None:
    """The trailing stop's best price after this look; forgotten when nothing is held, and where none is asked for."""
    average = _held(group, rules)
    if average is None or StopKind.TRAILING not in settings.stop:
        return None
    if prices is None:
        return group.peak
    price, gain = prices.triggering(rules.kind), settings.trailing_activation_pct
    return stops.trail(Trail(group.peak), side=group.side, average_entry=average, price=price, activation_pct=gain).best


def watched(
    group: ExitView,
    *,
    peak: Decimal | None,
    settings: ExitSettings,
    rules: InstrumentRules,
    levels: Levels = NOTHING_KNOWN,
) -> tuple[Watched, ...]:
    """Everything that is watched, whether it stands already or not; stops only while something is held."""
    average = _held(group, rules)
    scene = None if average is None else _Scene(group, average, peak, settings, rules, levels)
    standing = () if scene is None else (*_stops(scene), *_aggregate(scene))
    return (*standing, *_time(group, settings))


def _held(group: ExitView, rules: InstrumentRules) -> Decimal | None:
    """The average entry of what is held; None when not a lot of it is left, so that there is nothing to stop."""
    return group.position.average_entry if group.position.qty >= rules.lot_step else None


def _aggregate(scene: _Scene) -> tuple[Watched, ...]:
    if scene.settings.tp_mode != TakeProfitMode.HYBRID:
        return ()
    price = aggregate_price(scene.group, settings=scene.settings, rules=scene.rules)
    return (Watched(ExitReason.AGGREGATE_TARGET, price),)


def _time(group: ExitView, settings: ExitSettings) -> tuple[Watched, ...]:
    if settings.time_exit is None:
        return ()
    due = group.opened_at + settings.time_exit
    return (Watched(ExitReason.TIME_EXIT, None, f"at {due:%Y-%m-%d %H:%M} UTC"),)


def _stops(scene: _Scene) -> tuple[Watched, ...]:
    """The stops that the settings ask for, the alert's own, and those that are always there; the emergency stop last."""
    chosen = (_CHOSEN[kind](scene) for kind in scene.settings.stop)
    return (*chosen, *_alerts_own(scene), *_break_even(scene), _emergency(scene))


def _at(reason: ExitReason, stop: Stop) -> Watched:
    return Watched(reason, stop.price)


def _fixed(scene: _Scene) -> Watched:
    side, pct = scene.group.side, scene.settings.fixed_stop_pct
    stop = stops.fixed(side=side, average_entry=scene.average, pct=pct, rules=scene.rules)
    return _at(ExitReason.STOP_FIXED, stop)


def _atr(scene: _Scene) -> Watched:
    known, times = scene.levels.atr_quote, scene.settings.atr_multiplier
    if known is None:
        return Watched(ExitReason.STOP_ATR, None, "not known: the average true range has too few bars")
    side, rules = scene.group.side, scene.rules
    stop = stops.atr(side=side, average_entry=scene.average, atr_quote=known, multiplier=times, rules=rules)
    return Watched(ExitReason.STOP_ATR, stop.price, _of(scene, f"{scene.settings.atr_period} × {plain(times)}"))


def _support(scene: _Scene) -> Watched:
    if scene.levels.support is None:
        return Watched(ExitReason.STOP_SUPPORT, None, "not known: no support or resistance was found at the entry")
    stop = stops.support(side=scene.group.side, level=scene.levels.support, rules=scene.rules)
    what = "swing low" if scene.group.side == PositionSide.LONG else "swing high"
    return Watched(ExitReason.STOP_SUPPORT, stop.price, _of(scene, what))


def _of(scene: _Scene, what: str) -> str:
    """What a stop was read from, with the candles' timeframe where it is known."""
    secs = scene.levels.timeframe_secs
    return what if secs is None else f"{what}, {timeframe_words(secs)} candles"


def _trailing(scene: _Scene) -> Watched:
    side, rules, settings = scene.group.side, scene.rules, scene.settings
    stop = stops.trailing(Trail(scene.peak), side=side, distance_pct=settings.trailing_distance_pct, rules=rules)
    if stop is not None:
        return _at(ExitReason.STOP_TRAILING, stop)
    gain = settings.trailing_activation_pct
    armed_at = target_price(side=side, price=scene.average, take_profit_pct=gain, rules=rules)
    return Watched(ExitReason.STOP_TRAILING, None, f"armed at {plain(armed_at)}")


_CHOSEN: Mapping[StopKind, Callable[[_Scene], Watched]] = MappingProxyType(
    {
        StopKind.FIXED: _fixed,
        StopKind.ATR: _atr,
        StopKind.SUPPORT: _support,
        StopKind.TRAILING: _trailing,
    }
)


def _alerts_own(scene: _Scene) -> tuple[Watched, ...]:
    level = scene.group.alert_stop
    if level is None:
        return ()
    stop = stops.own(side=scene.group.side, average_entry=scene.average, level=level, rules=scene.rules)
    return (_at(ExitReason.STOP_ALERT, stop),)


def _break_even(scene: _Scene) -> tuple[Watched, ...]:
    """Once enough targets have filled, and only if the price stood beyond break-even when the position last changed.

    A grid's deep leg takes its profit below the group's break-even: a stop there would fire at once, at a loss. It
    waits for a target further up. Since the last fill nothing has moved break-even, so reaching it is a real fall.
    """
    group, after = scene.group, scene.settings.breakeven_after_target
    if after == 0:
        return ()
    stop = stops.break_even(
        side=group.side,
        break_even_price=group.position.break_even,
        targets_closed=group.targets_taken,
        after_targets=after,
        rules=scene.rules,
    )
    if stop is None:
        return (Watched(ExitReason.STOP_BREAK_EVEN, None, f"after target {after}"),)
    if group.last_fill is None or stops.fired(stop, side=group.side, price=group.last_fill):
        return (Watched(ExitReason.STOP_BREAK_EVEN, None, f"after a target beyond {plain(stop.price)}"),)
    return (_at(ExitReason.STOP_BREAK_EVEN, stop),)


def _emergency(scene: _Scene) -> Watched:
    side, pct = scene.group.side, scene.settings.emergency_stop_pct
    stop = stops.emergency(side=side, average_entry=scene.average, pct=pct, rules=scene.rules)
    return _at(ExitReason.STOP_EMERGENCY, stop)
