"""What exits a group should have now, in every take-profit mode, and whether one of the watched ones has fired. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from signals.intent import Level
from trading.domain import stops
from trading.domain.grid import InstrumentRules, target_price
from trading.domain.money import ZERO, exact, floor_to
from trading.domain.position import Position
from trading.domain.refusal import plain
from trading.domain.settings_groups import ExitSettings
from trading.domain.stops import Stop, StopKind, Trail
from trading.domain.take_profit import (
    UNTOUCHABLE,
    Cancel,
    CancelReason,
    Held,
    LegHolding,
    Place,
    RestingTarget,
    targets,
    waiting,
)
from trading.domain.vocabulary import MarketKind, PositionSide, TakeProfitMode


class ExitReason(StrEnum):
    """Why a watched exit closes a group; the group's close reason."""

    AGGREGATE_TARGET = "AGGREGATE_TARGET"
    STOP_ALERT = "STOP_ALERT"
    STOP_ATR = "STOP_ATR"
    STOP_BREAK_EVEN = "STOP_BREAK_EVEN"
    STOP_EMERGENCY = "STOP_EMERGENCY"
    STOP_FIXED = "STOP_FIXED"
    STOP_SUPPORT = "STOP_SUPPORT"
    STOP_TRAILING = "STOP_TRAILING"
    TIME_EXIT = "TIME_EXIT"


_OF_STOP: Mapping[StopKind, ExitReason] = MappingProxyType({kind: ExitReason[f"STOP_{kind.name}"] for kind in StopKind})


@dataclass(frozen=True, slots=True)
class Prices:
    """A market's prices now, quote. mark is futures' only; where it is not known, last stands in for it."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal | None = None

    def triggering(self, kind: MarketKind) -> Decimal:
        """The price that stops look at: last on spot, mark on futures, so that a single wild trade fires none."""
        return self.mark if kind.derivative and self.mark is not None else self.last

    def leaving(self, side: PositionSide) -> Decimal:
        """What closing at market would get: the bid for a LONG, the ask for a SHORT."""
        return self.bid if side == PositionSide.LONG else self.ask


@dataclass(frozen=True, slots=True)
class Levels:
    """What the market's history says, as far as it is known: the average true range, and the level below or above."""

    atr_quote: Decimal | None = None
    support: Decimal | None = None  # a SHORT's resistance; chosen at the entry, else it would move away from the price


NOTHING_KNOWN = Levels()


@dataclass(frozen=True, slots=True)
class ExitView:
    """A group as its exits see it.

    peak: the best price since the trailing stop was armed, None before; it is kept between calls (new_peak).
    targets_taken: how many targets have filled (take_profit.taken). last_fill: the price of the fill that changed the
    position last, entry or exit. aggregate: the resting target for the whole group, kept here until all its fills
    are recorded. alert_stop: the stop that the entry's alert asked for. reserved_qty: base set aside for a reduction
    that is decided and not filled; targets make room for it.
    """

    side: PositionSide
    holdings: tuple[LegHolding, ...]
    position: Position
    opened_at: datetime
    peak: Decimal | None = None
    targets_taken: int = 0
    last_fill: Decimal | None = None
    aggregate: RestingTarget | None = None
    alert_stop: Level | None = None
    reserved_qty: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class PlaceAggregate:
    """Rest one target for everything that is held."""

    qty: Decimal
    price: Decimal


ExitAction = Place | PlaceAggregate | Cancel


@dataclass(frozen=True, slots=True)
class Watched:
    """An exit that rests nowhere and is fired by us. trigger_price None: it does not stand yet, note says why."""

    kind: ExitReason
    trigger_price: Decimal | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """The group is to be closed now. trigger_price is None for a time exit, live_price where no price is known."""

    reason: ExitReason
    trigger_price: Decimal | None
    live_price: Decimal | None
    words: str


@dataclass(frozen=True, slots=True)
class ExitDecision:
    """What to place and take back, what is watched, and what has fired; with fired there are no actions.

    waiting: what is held but too small for an order of its own, so that nothing is without a name.
    """

    actions: tuple[ExitAction, ...]
    fired: Fired | None
    watch: tuple[Watched, ...]
    new_peak: Decimal | None
    waiting: Held | None


@exact
def desired(
    group: ExitView,
    *,
    settings: ExitSettings,
    rules: InstrumentRules,
    prices: Prices | None,
    now: datetime,
    levels: Levels = NOTHING_KNOWN,
) -> ExitDecision:
    """The exits of an open group. prices None: nothing can fire, targets are tended all the same.

    PER_LEG: a target per leg. AGGREGATE: one target for all. HYBRID: targets per leg rest, the aggregate one is
    watched, because a unit of base rests in one order only. Stops are counted from the average entry as it is now.
    """
    peak = _peak(group, settings=settings, rules=rules, prices=prices)
    watch = _watch(group, peak, settings=settings, rules=rules, levels=levels)
    fired = _fired(group, watch, settings=settings, rules=rules, prices=prices, now=now)
    actions = () if fired is not None else _actions(group, settings=settings, rules=rules)
    return ExitDecision(actions, fired, watch, peak, _waiting(group, settings=settings, rules=rules))


# targets -----------------------------------------------------------------------------------------


def _actions(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules) -> tuple[ExitAction, ...]:
    """What rests, by the mode; what the mode does not want is taken back first."""
    if settings.tp_mode == TakeProfitMode.AGGREGATE:
        strays = _strays(leg.resting for leg in group.holdings if leg.resting is not None)
        promised = any(leg.resting is not None for leg in group.holdings)
        return strays if promised else _aggregate(group, settings=settings, rules=rules)
    stray = () if group.aggregate is None else _strays([group.aggregate])
    return (*stray, *targets(group.holdings, rules=rules, held_qty=_free_for_legs(group)))


def _strays(resting: Iterable[RestingTarget]) -> tuple[Cancel, ...]:
    """Targets of another mode, as far as they can be cancelled now."""
    return tuple(Cancel(r.order_id, CancelReason.MODE_CHANGED) for r in resting if r.state not in UNTOUCHABLE)


def _free_for_legs(group: ExitView) -> Decimal:
    """What the legs' targets may promise: not what is reserved, nor what an aggregate target still promises."""
    promised = ZERO if group.aggregate is None else group.aggregate.qty
    return max(group.position.qty - group.reserved_qty - promised, ZERO)


def _aggregate(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules) -> tuple[ExitAction, ...]:
    """One target for everything that is held and not reserved."""
    qty = floor_to(max(group.position.qty - group.reserved_qty, ZERO), rules.lot_step)
    price = aggregate_price(group, settings=settings, rules=rules)
    if group.aggregate is not None:
        reason = _misfit(group.aggregate, qty=qty, price=price, rules=rules)
        return () if reason is None else (Cancel(group.aggregate.order_id, reason),)
    return (PlaceAggregate(qty, price),) if price is not None and rules.sellable(qty, price) else ()


def _misfit(
    resting: RestingTarget, *, qty: Decimal, price: Decimal | None, rules: InstrumentRules
) -> CancelReason | None:
    """Why the aggregate target is taken back.

    One tick of difference is let be: an exit leaves the average as it was but for its last decimal place, and that
    may round to the next tick.
    """
    if resting.state in UNTOUCHABLE:
        return None
    if resting.qty != qty:
        return CancelReason.RESIZED
    moved = price is not None and abs(resting.price - price) > rules.tick_size
    return CancelReason.REPRICED if moved else None


def aggregate_price(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules) -> Decimal | None:
    """The average entry and the target's percentage, on the tick in our favour; None while nothing is held."""
    average = group.position.average_entry
    if average is None or group.position.qty <= 0:
        return None
    return target_price(side=group.side, price=average, take_profit_pct=settings.tp_aggregate_pct, rules=rules)


def _waiting(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules) -> Held | None:
    """What no target carries because it is below the minimums."""
    if settings.tp_mode != TakeProfitMode.AGGREGATE:
        return waiting(group.holdings, rules=rules, held_qty=_free_for_legs(group))
    qty = floor_to(max(group.position.qty - group.reserved_qty, ZERO), rules.lot_step)
    price = aggregate_price(group, settings=settings, rules=rules)
    last = max((leg for leg in group.holdings if leg.filled_qty > 0), key=_place, default=None)
    small = qty > 0 and price is not None and not rules.sellable(qty, price) and group.aggregate is None
    return Held(last.leg_id, qty) if small and last is not None else None


def _place(leg: LegHolding) -> tuple[int, int]:
    return (leg.pyramid_index, leg.index)


# stops and watched targets -----------------------------------------------------------------------


def _held(group: ExitView, rules: InstrumentRules) -> Decimal | None:
    """The average entry of what is held; None when not a lot of it is left, so that there is nothing to stop."""
    return group.position.average_entry if group.position.qty >= rules.lot_step else None


def _peak(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules, prices: Prices | None) -> Decimal | None:
    """The trailing stop's best price after this look; forgotten when nothing is held, and where none is asked for."""
    average = _held(group, rules)
    if average is None or StopKind.TRAILING not in settings.stop:
        return None
    if prices is None:
        return group.peak
    price, gain = prices.triggering(rules.kind), settings.trailing_activation_pct
    return stops.trail(Trail(group.peak), side=group.side, average_entry=average, price=price, activation_pct=gain).best


@dataclass(frozen=True, slots=True)
class _Post:
    """A stop of the settings: where it stands, or why it does not."""

    kind: StopKind
    stop: Stop | None
    note: str = ""


def _watch(
    group: ExitView, peak: Decimal | None, *, settings: ExitSettings, rules: InstrumentRules, levels: Levels
) -> tuple[Watched, ...]:
    """Everything that is watched, whether it stands already or not; stops only while something is held."""
    average = _held(group, rules)
    posts = () if average is None else _posts(group, average, peak, settings=settings, rules=rules, levels=levels)
    watched = [Watched(_OF_STOP[p.kind], None if p.stop is None else p.stop.price, p.note) for p in posts]
    if average is not None and settings.tp_mode == TakeProfitMode.HYBRID:
        price = aggregate_price(group, settings=settings, rules=rules)
        watched.append(Watched(ExitReason.AGGREGATE_TARGET, price))
    if settings.time_exit is not None:
        due = group.opened_at + settings.time_exit
        watched.append(Watched(ExitReason.TIME_EXIT, None, f"at {due:%Y-%m-%d %H:%M} UTC"))
    return tuple(watched)


def _posts(
    group: ExitView,
    average: Decimal,
    peak: Decimal | None,
    *,
    settings: ExitSettings,
    rules: InstrumentRules,
    levels: Levels,
) -> tuple[_Post, ...]:
    """The stops that the settings ask for, then those that are always there; the emergency stop last."""
    chosen = {
        StopKind.FIXED: lambda: _fixed(group, average, settings, rules),
        StopKind.ATR: lambda: _atr(group, average, settings, rules, levels),
        StopKind.SUPPORT: lambda: _support(group, rules, levels),
        StopKind.TRAILING: lambda: _trailing(group, average, peak, settings, rules),
    }
    last = stops.emergency(side=group.side, average_entry=average, pct=settings.emergency_stop_pct, rules=rules)
    return (
        *(chosen[kind]() for kind in settings.stop),
        *_alerts_own(group, average, rules),
        *_break_even(group, settings, rules),
        _Post(StopKind.EMERGENCY, last),
    )


def _fixed(group: ExitView, average: Decimal, settings: ExitSettings, rules: InstrumentRules) -> _Post:
    pct = settings.fixed_stop_pct
    return _Post(StopKind.FIXED, stops.fixed(side=group.side, average_entry=average, pct=pct, rules=rules))


def _atr(group: ExitView, average: Decimal, settings: ExitSettings, rules: InstrumentRules, levels: Levels) -> _Post:
    if levels.atr_quote is None:
        return _Post(StopKind.ATR, None, "not known: the average true range has too few bars")
    return _Post(
        StopKind.ATR,
        stops.atr(
            side=group.side,
            average_entry=average,
            atr_quote=levels.atr_quote,
            multiplier=settings.atr_multiplier,
            rules=rules,
        ),
    )


def _support(group: ExitView, rules: InstrumentRules, levels: Levels) -> _Post:
    if levels.support is None:
        return _Post(StopKind.SUPPORT, None, "not known: no support or resistance was found at the entry")
    return _Post(StopKind.SUPPORT, stops.support(side=group.side, level=levels.support, rules=rules))


def _trailing(
    group: ExitView, average: Decimal, peak: Decimal | None, settings: ExitSettings, rules: InstrumentRules
) -> _Post:
    stop = stops.trailing(Trail(peak), side=group.side, distance_pct=settings.trailing_distance_pct, rules=rules)
    gain = settings.trailing_activation_pct
    armed_at = target_price(side=group.side, price=average, take_profit_pct=gain, rules=rules)
    return _Post(StopKind.TRAILING, stop, f"armed at {plain(armed_at)}" if stop is None else "")


def _alerts_own(group: ExitView, average: Decimal, rules: InstrumentRules) -> tuple[_Post, ...]:
    if group.alert_stop is None:
        return ()
    stop = stops.own(side=group.side, average_entry=average, level=group.alert_stop, rules=rules)
    return (_Post(StopKind.ALERT, stop),)


def _break_even(group: ExitView, settings: ExitSettings, rules: InstrumentRules) -> tuple[_Post, ...]:
    """Once enough targets have filled, and only if the price stood beyond break-even when the position last changed.

    A grid's deep leg takes its profit below the group's break-even: a stop there would fire at once, at a loss. It
    waits for a target further up. Since the last fill nothing has moved break-even, so reaching it is a real fall.
    """
    if settings.breakeven_after_target == 0:
        return ()
    stop = stops.break_even(
        side=group.side,
        break_even_price=group.position.break_even,
        targets_closed=group.targets_taken,
        after_targets=settings.breakeven_after_target,
        rules=rules,
    )
    if stop is None:
        return (_Post(StopKind.BREAK_EVEN, None, f"after {settings.breakeven_after_target} targets"),)
    if group.last_fill is None or stops.fired(stop, side=group.side, price=group.last_fill):
        return (_Post(StopKind.BREAK_EVEN, None, f"after a target beyond {plain(stop.price)}"),)
    return (_Post(StopKind.BREAK_EVEN, stop),)


# firing ------------------------------------------------------------------------------------------


def _fired(
    group: ExitView,
    watch: tuple[Watched, ...],
    *,
    settings: ExitSettings,
    rules: InstrumentRules,
    prices: Prices | None,
    now: datetime,
) -> Fired | None:
    """The first of stop, aggregate target and time exit that has come."""
    by_price = None if prices is None else _by_price(group, watch, rules=rules, prices=prices)
    return by_price or _by_time(group, settings=settings, rules=rules, prices=prices, now=now)


def _by_price(group: ExitView, watch: tuple[Watched, ...], *, rules: InstrumentRules, prices: Prices) -> Fired | None:
    """The tightest stop, looked at with the triggering price; the aggregate target with what closing would get."""
    sign, live, leaving = group.side.sign, prices.triggering(rules.kind), prices.leaving(group.side)
    standing = [(w.kind, w.trigger_price) for w in watch if w.trigger_price is not None]
    reached = [(k, p) for k, p in standing if k is not ExitReason.AGGREGATE_TARGET and sign * (live - p) <= 0]
    if reached:
        kind, price = max(reached, key=lambda stop: sign * stop[1])
        return Fired(kind, price, live, _said(kind, price, live))
    for kind, price in standing:
        if kind is ExitReason.AGGREGATE_TARGET and sign * (leaving - price) >= 0 and _sellable(group, leaving, rules):
            return Fired(kind, price, leaving, _said(kind, price, leaving))
    return None


def _sellable(group: ExitView, price: Decimal, rules: InstrumentRules) -> bool:
    """A leg's first crumbs take no profit: closing would leave them as dust."""
    return rules.sellable(floor_to(group.position.qty, rules.lot_step), price)


def _by_time(
    group: ExitView, *, settings: ExitSettings, rules: InstrumentRules, prices: Prices | None, now: datetime
) -> Fired | None:
    """The group has been open long enough, whether something was filled or not."""
    if settings.time_exit is None or now - group.opened_at < settings.time_exit:
        return None
    words = f"The group has been open for {settings.time_exit_h} h (time_exit_h)."
    return Fired(ExitReason.TIME_EXIT, None, prices and prices.triggering(rules.kind), words)


def _said(kind: ExitReason, trigger: Decimal, live: Decimal) -> str:
    name = kind.replace("STOP_", "").replace("_", " ").lower()
    what = f"{name} stop" if kind.startswith("STOP_") else name
    return f"The {what} at {plain(trigger)} was reached: the price is {plain(live)}."
