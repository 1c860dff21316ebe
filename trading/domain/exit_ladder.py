"""Exit ladders: where the rungs stand, what each may sell, what to rest and what to take back. Pure.

A ladder is the whole group's: the legs' own targets and the aggregate one make way for it, because a unit of base rests
in one order only. Its prices are counted from the average entry as it is now, so averaging moves them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.domain.exit_view import ExitView, Levels, PlaceRung, RungState
from trading.domain.grid import InstrumentRules, least_target
from trading.domain.money import HUNDRED, ZERO, ceil_to, exact, floor_to, total
from trading.domain.order_state import UNTOUCHABLE
from trading.domain.rungs import LadderKind, Rung
from trading.domain.settings_groups import ExitSettings
from trading.domain.swings import extension
from trading.domain.take_profit import Cancel, CancelReason, Held, RestingTarget
from trading.domain.vocabulary import PositionSide

KEY = re.compile(r"/rung:(\d+)/")


@dataclass(frozen=True, slots=True)
class RungTarget:
    """A rung as it should rest now: nothing where its share leaves with a neighbour, or has left."""

    number: int
    at: Decimal
    price: Decimal
    qty: Decimal


def rung_of(intent_key: str) -> int | None:
    """The rung that a target order belongs to; None for a leg's or the aggregate one."""
    found = KEY.search(intent_key)
    return int(found[1]) if found else None


# where -------------------------------------------------------------------------------------------


@exact
def prices(
    rungs: Sequence[Rung],
    *,
    kind: LadderKind,
    side: PositionSide,
    average_entry: Decimal,
    levels: Levels,
    rules: InstrumentRules,
) -> tuple[Decimal, ...] | None:
    """The rungs' prices, quote, on the tick in our favour; None where what they are counted in is not known.

    A rung never stands nearer than both taker fees to the average entry: a swing's extension may have been passed by a
    later pyramid, and a target there would lose.
    """
    raw = [_raw(rung, kind=kind, side=side, average_entry=average_entry, levels=levels) for rung in rungs]
    least = least_target(side=side, price=average_entry, rules=rules)
    known = [price for price in raw if price is not None]
    better = max if side is PositionSide.LONG else min
    favoured = ceil_to if side is PositionSide.LONG else floor_to
    return tuple(better(favoured(p, rules.tick_size), least) for p in known) if len(known) == len(raw) else None


def _raw(rung: Rung, *, kind: LadderKind, side: PositionSide, average_entry: Decimal, levels: Levels) -> Decimal | None:
    if kind is LadderKind.FIBONACCI:
        return None if levels.swing is None else extension(levels.swing, rung.at)
    return None if levels.risk_quote is None else average_entry + side.sign * rung.at * levels.risk_quote


# how much ----------------------------------------------------------------------------------------


@exact
def wanted(
    group: ExitView, *, settings: ExitSettings, levels: Levels, rules: InstrumentRules
) -> tuple[RungTarget, ...] | None:
    """Every rung with what it should promise; together exactly what is free to leave, in lots. None: no ladder known.

    Shares are cumulative over what came in and was not taken elsewhere, so that rounding residue moves to later rungs
    and the last one leaves nothing. A share below the venue's minimums leaves with the next rung, at the end with the
    one before.
    """
    average = group.position.average_entry
    if not settings.rungs or average is None:
        return None
    kind, side = settings.tp_ladder, group.side
    stands = prices(settings.rungs, kind=kind, side=side, average_entry=average, levels=levels, rules=rules)
    if stands is None:
        return None
    states = {state.number: state for state in group.rungs}
    held = floor_to(free_qty(group), rules.lot_step)
    shares = _shares(settings.rungs, states, held=held, lot_step=rules.lot_step)
    merged = _merged(shares, stands, states, rules)
    numbered = zip(settings.rungs, stands, merged, strict=True)
    return tuple(RungTarget(n, rung.at, price, qty) for n, (rung, price, qty) in enumerate(numbered))


def free_qty(group: ExitView) -> Decimal:
    """What targets may promise: not what a decided reduction will take."""
    return max(group.position.qty - group.reserved_qty, ZERO)


def _shares(
    rungs: Sequence[Rung], states: Mapping[int, RungState], *, held: Decimal, lot_step: Decimal
) -> list[Decimal]:
    """What each rung still has to sell, in lots; together exactly what is held. The first ones give way to the last."""
    closed = [states[n].closed_qty if n in states else ZERO for n in range(len(rungs))]
    basis, so_far, passed = held + total(closed), ZERO, ZERO
    open_qty: list[Decimal] = []
    for rung, gone in zip(rungs, closed, strict=True):
        so_far += rung.share_pct
        reaches = floor_to(basis * so_far / HUNDRED, lot_step)
        open_qty.append(max(reaches - passed - gone, ZERO))
        passed = reaches
    return _cut(open_qty, total(open_qty) - held)


def _cut(open_qty: Sequence[Decimal], excess: Decimal) -> list[Decimal]:
    """Without the excess, which comes off the first rungs: what left elsewhere was nearest to its target."""
    kept: list[Decimal] = []
    for qty in open_qty:
        off = min(qty, max(excess, ZERO))
        excess -= off
        kept.append(qty - off)
    return kept


def _merged(
    shares: Sequence[Decimal], stands: Sequence[Decimal], states: Mapping[int, RungState], rules: InstrumentRules
) -> list[Decimal]:
    """Shares that the venue takes, each at its rung's price; what is too small for an order goes to a neighbour.

    So does the share of a SHORT's rung that lies at no price any more, once a pyramid came in far below the entry.
    """
    carried, found = ZERO, [ZERO] * len(shares)
    for n, share in enumerate(shares):
        carried += share
        sells = stands[n] >= rules.tick_size and rules.sellable(carried, stands[n])
        if sells or _rests_already(states.get(n), carried):
            found[n], carried = carried, ZERO
    last = _last_resort(found, states)
    if carried > 0 and last is not None and (found[last] > 0 or _rests_already(states.get(last), carried)):
        found[last] += carried
    return found


def _last_resort(found: Sequence[Decimal], states: Mapping[int, RungState]) -> int | None:
    """Who takes what is left at the end: the last rung that sells anything, else one that rests.

    An order may rest at a rung that the ladder has no longer: it is taken back and takes nothing.
    """
    selling = [n for n, qty in enumerate(found) if qty > 0]
    resting = [n for n in range(len(found)) if n in states and states[n].resting]
    return max(selling or resting, default=None)


def _rests_already(state: RungState | None, qty: Decimal) -> bool:
    """A target's unfilled rest may be below the minimums: it stays where it is."""
    return state is not None and 0 < qty == state.resting_qty


# what rests --------------------------------------------------------------------------------------


@exact
def actions(
    group: ExitView, targets: Sequence[RungTarget], *, rules: InstrumentRules
) -> tuple[Cancel | PlaceRung, ...]:
    """What to take back and what to rest; together with what rests it never exceeds what is free to leave.

    What no longer fits is cancelled now and placed by a later call. All that a rung lacks or nothing is placed: less of
    it would be taken back by the next look.
    """
    states = {state.number: state for state in group.rungs}
    by_number = {target.number: target for target in targets}
    cancels = [one for number in sorted(states) for one in _cancels(states[number], by_number.get(number), rules)]
    free = floor_to(free_qty(group), rules.lot_step) - total(state.resting_qty for state in group.rungs)
    return (*cancels, *_places(targets, states, free=free, rules=rules))


@dataclass(frozen=True, slots=True)
class _Compared:
    """A rung as it rests beside how it should: the orders that are no part of it, and the parts that rest nowhere."""

    odd: tuple[RestingTarget, ...]
    lacking: tuple[Decimal, ...]


def _compared(state: RungState | None, target: RungTarget, rules: InstrumentRules) -> _Compared:
    """Partly filled orders fit while together they promise what is left; else each order is held against the parts."""
    if state is not None and state.resting and state.resting_qty == target.qty:
        return _Compared((), ())
    lacking, odd = _parts(target, rules), list[RestingTarget]()
    for order in () if state is None else state.resting:
        if order.qty in lacking:
            lacking.remove(order.qty)
        else:
            odd.append(order)
    return _Compared(tuple(odd), tuple(lacking))


def _parts(target: RungTarget, rules: InstrumentRules) -> list[Decimal]:
    """A rung in orders that the venue takes: as large as it lets rest, and one with what is left.

    A last one below its minimums is made from half of the one before.
    """
    most, whole = rules.most_at_rest, [target.qty] * bool(target.qty)
    if most is None or target.qty <= most:
        return whole
    count, rest = divmod(target.qty, most)
    parts = [most] * int(count) + [rest] * bool(rest)
    if rules.sellable(parts[-1], target.price):
        return parts
    half = floor_to((most + rest) / 2, rules.lot_step)
    return [*parts[:-2], most + rest - half, half]


def _cancels(state: RungState, target: RungTarget | None, rules: InstrumentRules) -> list[Cancel]:
    """Which of a rung's orders are taken back, as far as they can be now."""
    odd = state.resting if target is None else _compared(state, target, rules).odd
    touchable = (order for order in state.resting if order.state not in UNTOUCHABLE)
    reasons = ((order, _reason(order, odd, target, rules)) for order in touchable)
    return [Cancel(order.order_id, reason) for order, reason in reasons if reason is not None]


def _reason(
    order: RestingTarget, odd: Sequence[RestingTarget], target: RungTarget | None, rules: InstrumentRules
) -> CancelReason | None:
    """One tick of difference is let be: an exit may round the average to the next tick."""
    if target is None or order in odd:
        return CancelReason.RESIZED
    return CancelReason.REPRICED if abs(order.price - target.price) > rules.tick_size else None


def _places(
    targets: Iterable[RungTarget], states: Mapping[int, RungState], *, free: Decimal, rules: InstrumentRules
) -> list[PlaceRung]:
    placed: list[PlaceRung] = []
    for target in targets:
        found = _compared(states.get(target.number), target, rules)
        fits = total(found.lacking) <= free and all(rules.sellable(qty, target.price) for qty in found.lacking)
        if fits and not found.odd:
            placed += [PlaceRung(target.number, qty, target.price, n) for n, qty in enumerate(found.lacking)]
            free -= total(found.lacking)
    return placed


def waiting(group: ExitView, targets: Sequence[RungTarget], *, rules: InstrumentRules) -> Held | None:
    """What no rung carries because all of it together is below the minimums; named by the last filled leg."""
    left = floor_to(free_qty(group), rules.lot_step) - total(target.qty for target in targets)
    filled = [leg for leg in group.holdings if leg.filled_qty > 0]
    last = max(filled, key=lambda leg: (leg.pyramid_index, leg.index), default=None)
    return Held(last.leg_id, left) if left > 0 and last is not None else None


def taken(rungs: Iterable[RungState], targets: Sequence[RungTarget] | None) -> int:
    """How many rungs have sold all that is theirs now: what break-even counts."""
    open_qty = {target.number: target.qty for target in targets or ()}
    return sum(state.closed_qty > 0 and open_qty.get(state.number, ZERO) == 0 for state in rungs)
