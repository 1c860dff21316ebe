"""Which entry legs should be on the book now: window, age, distance, and a ladder that follows its first fill. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from trading.domain.grid import InstrumentRules, LegSpec, entry_price, exit_qty, target_price
from trading.domain.money import HUNDRED, ZERO, exact, floor_to, to_atom
from trading.domain.order_state import UNTOUCHABLE, OrderState
from trading.domain.settings_groups import GridSettings
from trading.domain.vocabulary import PositionSide


@dataclass(frozen=True, slots=True)
class RestingEntry:
    """A leg's entry order that may still fill; price None for a market order."""

    order_id: int
    price: Decimal | None
    state: OrderState


@dataclass(frozen=True, slots=True)
class LadderLeg:
    """An entry leg: its plan, what came in, and its order.

    base_price and created_at are its pyramid's. average_price: what its fills cost, quote, None without any.
    resting stays until all fills of its order are recorded. done: nothing more comes, because its order ended without
    our taking it back for a while, or because it was withdrawn for good.
    """

    leg_id: int
    pyramid_index: int
    index: int
    base_price: Decimal
    price: Decimal
    qty: Decimal
    filled_qty: Decimal
    take_profit_pct: Decimal
    created_at: datetime
    average_price: Decimal | None = None
    resting: RestingEntry | None = None
    done: bool = False

    @property
    def open_qty(self) -> Decimal:
        """What may still come in, base."""
        return self.qty - self.filled_qty

    @property
    def waits(self) -> bool:
        """True while more may come in."""
        return not self.done and self.open_qty > 0


class WithdrawReason(StrEnum):
    """Why an entry is taken back; a final one never comes again."""

    BEYOND = "DCA_BEYOND"  # the price has run away in our favour (cancel_dca_beyond_pct)
    TOO_OLD = "DCA_TOO_OLD"  # dca_max_age
    OUTSIDE_WINDOW = "OUTSIDE_WINDOW"  # nearer legs have come: it rests again when it is its turn
    REPRICED = "REPRICED"  # the ladder has moved: it rests again at its new price

    @property
    def final(self) -> bool:
        """True when the leg is over."""
        return self in (WithdrawReason.BEYOND, WithdrawReason.TOO_OLD)


@dataclass(frozen=True, slots=True)
class PlaceLeg:
    """Put the leg's entry on the book."""

    leg_id: int
    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True)
class WithdrawLeg:
    """Take the leg's entry back, or, where it has no order and the reason is final, mark it as done."""

    leg_id: int
    reason: WithdrawReason


@dataclass(frozen=True, slots=True)
class MovedLeg:
    """A leg's new plan."""

    leg_id: int
    price: Decimal
    qty: Decimal
    target_price: Decimal


@dataclass(frozen=True, slots=True)
class Replace:
    """The pyramid hangs from another base price: write it and its legs' new plans, before the actions that follow."""

    pyramid_index: int
    base_price: Decimal
    legs: tuple[MovedLeg, ...]


EntryAction = Replace | PlaceLeg | WithdrawLeg


@exact
def entries(
    legs: Sequence[LadderLeg],
    *,
    settings: GridSettings,
    price: Decimal | None,
    now: datetime,
    rules: InstrumentRules,
    side: PositionSide,
    opens: bool = True,
) -> tuple[EntryAction, ...]:
    """What to move, withdraw and place so that the right legs rest; empty when all is as it should be.

    Legs go by their own price, nearest first, over all pyramids of the group: the first active_window that are not
    filled rest. price None: nothing is withdrawn for its distance. opens False (mode, arming, closing): nothing is
    placed, withdrawals go on. A leg that moves is withdrawn now and placed by a later call.
    """
    replaced = _replaced(legs, settings=settings, rules=rules, side=side)
    moved = _carried_out(legs, replaced)
    ended = {leg.leg_id: reason for leg in moved if (reason := _ends(leg, settings, price, now, side)) is not None}
    window = _window([leg for leg in moved if leg.waits and leg.leg_id not in ended], settings, side)
    taken_back = [_taken_back(leg, ended, window) for leg in moved]
    placed = [_placed(leg, window, rules) for leg in moved] if opens else []
    return (*replaced, *(action for action in (*taken_back, *placed) if action is not None))


# following the first fill ------------------------------------------------------------------------


def _replaced(
    legs: Sequence[LadderLeg], *, settings: GridSettings, rules: InstrumentRules, side: PositionSide
) -> tuple[Replace, ...]:
    """Pyramids whose first leg has filled elsewhere than at their base price."""
    if settings.base_price != "follow_fill":
        return ()
    ordered = sorted(legs, key=lambda leg: (leg.pyramid_index, leg.index))
    found = (
        _replace(list(pyramid), settings.legs_of(index), rules=rules, side=side)
        for index, pyramid in groupby(ordered, key=lambda leg: leg.pyramid_index)
    )
    return tuple(action for action in found if action is not None)


def _replace(
    pyramid: Sequence[LadderLeg], specs: Sequence[LegSpec], *, rules: InstrumentRules, side: PositionSide
) -> Replace | None:
    """The pyramid hung from its first fill; None when it hangs there, or when leg 0 may still fill at another price."""
    first = pyramid[0]
    if first.average_price is None or first.waits or first.index != 0:
        return None
    base = to_atom(first.average_price)
    waiting = [leg for leg in pyramid[1:] if leg.waits and leg.filled_qty == 0 and leg.index < len(specs)]
    if base in (first.base_price, ZERO) or not waiting:
        return None
    legs = (_moved(leg, specs[leg.index], base, rules=rules, side=side) for leg in waiting)
    return Replace(first.pyramid_index, base, tuple(leg for leg in legs if leg is not None))


def _moved(
    leg: LadderLeg, spec: LegSpec, base: Decimal, *, rules: InstrumentRules, side: PositionSide
) -> MovedLeg | None:
    """The leg at its gap from the new base, for no more money than before unless that would be below the minimums.

    None where it or its target would fall below one tick: it stays where it is.
    """
    price = entry_price(side=side, base_price=base, gap_pct=spec.gap_pct, rules=rules)
    target = target_price(side=side, price=price, take_profit_pct=leg.take_profit_pct, rules=rules)
    if price <= 0 or target <= 0:
        return None
    qty = min(floor_to(leg.qty * leg.price / price, rules.lot_step), leg.qty)
    fits = rules.enterable(qty, price) and rules.sellable(exit_qty(side=side, qty=qty, rules=rules), target)
    return MovedLeg(leg.leg_id, price, qty if fits else leg.qty, target)


def _carried_out(legs: Sequence[LadderLeg], replaced: Iterable[Replace]) -> list[LadderLeg]:
    """The legs as they are once the replacements are written."""
    bases = {action.pyramid_index: action.base_price for action in replaced}
    plans = {leg.leg_id: leg for action in replaced for leg in action.legs}
    return [_with_plan(leg, bases.get(leg.pyramid_index, leg.base_price), plans.get(leg.leg_id)) for leg in legs]


def _with_plan(leg: LadderLeg, base: Decimal, plan: MovedLeg | None) -> LadderLeg:
    rebased = replace(leg, base_price=base)
    return rebased if plan is None else replace(rebased, price=plan.price, qty=plan.qty)


# what rests --------------------------------------------------------------------------------------


def _ends(
    leg: LadderLeg, settings: GridSettings, price: Decimal | None, now: datetime, side: PositionSide
) -> WithdrawReason | None:
    """Why a leg that still waits is over."""
    if not leg.waits:
        return None
    if settings.dca_max_age is not None and now - leg.created_at > settings.dca_max_age:
        return WithdrawReason.TOO_OLD
    if settings.cancel_dca_beyond_pct is None or price is None:
        return None
    run_pct = side.sign * (price - leg.base_price) / leg.base_price * HUNDRED
    return WithdrawReason.BEYOND if run_pct > settings.cancel_dca_beyond_pct else None


def _window(legs: Sequence[LadderLeg], settings: GridSettings, side: PositionSide) -> frozenset[int]:
    """Ids of the legs whose turn it is: a LONG's highest prices, a SHORT's lowest."""
    nearest = sorted(legs, key=lambda leg: (-side.sign * leg.price, leg.pyramid_index, leg.index))
    return frozenset(leg.leg_id for leg in nearest[: settings.active_window])


def _taken_back(leg: LadderLeg, ended: dict[int, WithdrawReason], window: frozenset[int]) -> WithdrawLeg | None:
    """The leg's withdrawal, unless its order cannot be cancelled now; a leg without order is withdrawn only for good."""
    final = ended.get(leg.leg_id)
    if leg.resting is None:
        return None if final is None else WithdrawLeg(leg.leg_id, final)
    if leg.resting.state in UNTOUCHABLE or not leg.waits:
        return None
    reason = final or _misplaced(leg, leg.resting, window)
    return None if reason is None else WithdrawLeg(leg.leg_id, reason)


def _misplaced(leg: LadderLeg, resting: RestingEntry, window: frozenset[int]) -> WithdrawReason | None:
    """Why an order that rests should not, although its leg goes on."""
    if leg.leg_id not in window:
        return WithdrawReason.OUTSIDE_WINDOW
    return WithdrawReason.REPRICED if resting.price not in (None, leg.price) else None


def _placed(leg: LadderLeg, window: frozenset[int], rules: InstrumentRules) -> PlaceLeg | None:
    """The order of a leg whose turn it is; a rest below the venue's minimums is let be."""
    if leg.resting is not None or leg.leg_id not in window or not rules.enterable(leg.open_qty, leg.price):
        return None
    return PlaceLeg(leg.leg_id, leg.price, leg.open_qty)
