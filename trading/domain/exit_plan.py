"""What exits a group should have now, in every take-profit mode, and whether one of the watched ones has fired. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from trading.domain import exit_ladder
from trading.domain.exit_ladder import RungTarget
from trading.domain.exit_view import (
    NOTHING_KNOWN,
    ExitAction,
    ExitDecision,
    ExitReason,
    ExitView,
    Fired,
    Levels,
    PlaceAggregate,
    PlaceRung,
    Prices,
    Watched,
    aggregate_price,
)
from trading.domain.exit_watch import peak_after, watched
from trading.domain.grid import InstrumentRules
from trading.domain.money import ZERO, exact, floor_to
from trading.domain.order_state import UNTOUCHABLE
from trading.domain.refusal import plain
from trading.domain.settings_groups import ExitSettings
from trading.domain.take_profit import (
    Cancel,
    CancelReason,
    Held,
    LegHolding,
    RestingTarget,
    targets,
    waiting,
)
from trading.domain.vocabulary import TakeProfitMode

__all__ = [
    "NOTHING_KNOWN",
    "ExitAction",
    "ExitDecision",
    "ExitReason",
    "ExitView",
    "Fired",
    "Levels",
    "PlaceAggregate",
    "PlaceRung",
    "Prices",
    "Watched",
    "aggregate_price",
    "desired",
]


@exact
def desired(
    group: ExitView,
    *,
    settings: ExitSettings,
    rules: InstrumentRules,
    prices: Prices | None,
    now: datetime,
    levels: Levels = NOTHING_KNOWN,
    stale_after: timedelta | None = None,
) -> ExitDecision:
    """The exits of an open group. prices None: nothing can fire, targets are tended all the same.

    Prices from before the last fill fire nothing. Those older than stale_after fire stops alone: they protect, while a
    profit is taken, and a trailing stop armed, by a price that can be had.

    PER_LEG: a target per leg. AGGREGATE: one target for all. HYBRID: targets per leg rest, the aggregate one is
    watched, because a unit of base rests in one order only. An exit ladder's rungs rest instead of either. Stops are
    counted from the average entry as it is now.
    """
    ladder = exit_ladder.wanted(group, settings=settings, levels=levels, rules=rules)
    group = group if ladder is None else replace(group, targets_taken=exit_ladder.taken(group.rungs, ladder))
    prices = prices if prices is not None and prices.since(group.last_fill_at, now=now) else None
    young = prices if prices is not None and prices.young(stale_after, now=now) else None
    peak = peak_after(group, settings=settings, rules=rules, prices=young)
    watch = watched(group, peak=peak, settings=settings, rules=rules, levels=levels)
    standing = watch if young is not None else tuple(w for w in watch if w.kind is not ExitReason.AGGREGATE_TARGET)
    fired = _fired(group, standing, settings=settings, rules=rules, prices=prices, now=now)
    if ladder is not None:
        held = exit_ladder.waiting(group, ladder, rules=rules)
        return ExitDecision(() if fired else _climb(group, ladder, rules), fired, watch, peak, held)
    actions = () if fired is not None else _actions(group, settings=settings, rules=rules)
    return ExitDecision(actions, fired, watch, peak, _waiting(group, settings=settings, rules=rules))


# targets -----------------------------------------------------------------------------------------


def _climb(group: ExitView, ladder: tuple[RungTarget, ...], rules: InstrumentRules) -> tuple[ExitAction, ...]:
    """The ladder's rungs; other targets that still rest are taken back first."""
    others = (*(leg.resting for leg in group.holdings), group.aggregate)
    resting = [target for target in others if target is not None]
    return _strays(resting) if resting else exit_ladder.actions(group, ladder, rules=rules)


def _actions(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules) -> tuple[ExitAction, ...]:
    """What rests, by the mode; what the mode does not want is taken back first."""
    if rungs := [order for rung in group.rungs for order in rung.resting]:
        return _strays(rungs)
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
    """One target for everything that is held and not reserved, as far as one order carries it."""
    free = floor_to(max(group.position.qty - group.reserved_qty, ZERO), rules.lot_step)
    qty = min(free, rules.most_at_rest or free)
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
    """The tightest stop, looked at with the triggering price; else the aggregate target, with what closing would get."""
    sign, live, leaving = group.side.sign, prices.triggering(rules.kind), prices.leaving(group.side)
    standing = [(w.kind, w.trigger_price) for w in watch if w.trigger_price is not None]
    stops = [(kind, price) for kind, price in standing if kind is not ExitReason.AGGREGATE_TARGET]
    reached = [(kind, price) for kind, price in stops if sign * (live - price) <= 0]
    if reached:
        kind, price = max(reached, key=lambda stop: sign * stop[1])
        return Fired(kind, price, live, _said(kind, price, live))
    target = next((price for kind, price in standing if kind is ExitReason.AGGREGATE_TARGET), None)
    if target is None or sign * (leaving - target) < 0 or not _sellable(group, leaving, rules):
        return None
    return Fired(ExitReason.AGGREGATE_TARGET, target, leaving, _said(ExitReason.AGGREGATE_TARGET, target, leaving))


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
    live = None if prices is None else prices.triggering(rules.kind)
    return Fired(ExitReason.TIME_EXIT, None, live, words)


def _said(kind: ExitReason, trigger: Decimal, live: Decimal) -> str:
    name = kind.replace("STOP_", "").replace("_", " ").lower()
    what = f"{name} stop" if kind.startswith("STOP_") else name
    return f"The {what} at {plain(trigger)} was reached: the price is {plain(live)}."
