"""Per-leg targets: what to rest, what to take back, so that no unit of base is promised twice. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading.domain.grid import InstrumentRules, least_target
from trading.domain.money import ZERO, exact, floor_to, total
from trading.domain.order_state import UNTOUCHABLE, OrderState
from trading.domain.position import FillView
from trading.domain.vocabulary import GroupStatus, PositionSide


@dataclass(frozen=True, slots=True)
class RestingTarget:
    """A target order that may still fill; qty is its leaves quantity, what it still promises."""

    order_id: int
    qty: Decimal
    price: Decimal
    state: OrderState


@dataclass(frozen=True, slots=True)
class LegHolding:
    """A leg with what came in and what its targets took out, base. net_qty is filled_qty less fees taken in base."""

    leg_id: int
    index: int
    pyramid_index: int
    filled_qty: Decimal
    net_qty: Decimal
    closed_qty: Decimal
    target_price: Decimal
    resting: RestingTarget | None = None


class CancelReason(StrEnum):
    """Why a resting target is taken back; a fitting one is placed once it is CANCELED."""

    RESIZED = "RESIZED"  # the leg filled further, or residue of another leg moved to it
    REPRICED = "REPRICED"
    MODE_CHANGED = "MODE_CHANGED"  # the take-profit mode wants no such target any more


@dataclass(frozen=True, slots=True)
class Place:
    """Rest a target for the leg."""

    leg_id: int
    qty: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take a resting target back."""

    order_id: int
    reason: CancelReason


TargetAction = Place | Cancel


@dataclass(frozen=True, slots=True)
class Held:
    """A quantity that waits without a target because it is below the venue's minimums; leg_id is the last filled leg."""

    leg_id: int
    qty: Decimal


@dataclass(frozen=True, slots=True)
class _Quota:
    """What a leg's target should promise now."""

    holding: LegHolding
    qty: Decimal


def targets(legs: Sequence[LegHolding], *, rules: InstrumentRules, held_qty: Decimal) -> tuple[TargetAction, ...]:
    """What to cancel and what to place so that every filled leg has its target; empty when all is as it should be.

    Quantities are cumulative over the legs by (pyramid, index): each leg gets the lots that the sum so far reaches,
    so rounding residue moves to later legs and less than one lot of the group is left. What is too small for an
    order of its own waits for the next leg. held_qty (base) is the group's position: resting and placed together
    never exceed it. A target that no longer fits is cancelled now and replaced by a later call. What was closed
    outside the legs' own targets (a reduction, an aggregate target) comes off the first legs.
    """
    quotas = _fitting(legs, rules=rules, held_qty=held_qty)
    cancels = [action for quota in quotas if (action := _cancel(quota)) is not None]
    return (*cancels, *_places(quotas, rules=rules, free=_free(legs, rules=rules, held_qty=held_qty)))


@exact
def waiting(legs: Sequence[LegHolding], *, rules: InstrumentRules, held_qty: Decimal | None = None) -> Held | None:
    """The held lots that no leg's target is to promise, because they are below the minimums; None when there are none.

    held_qty None: everything was closed by the legs' own targets.
    """
    held = total(leg.net_qty - leg.closed_qty for leg in legs) if held_qty is None else held_qty
    quotas = _fitting(legs, rules=rules, held_qty=held)
    left = floor_to(held, rules.lot_step) - total(quota.qty for quota in quotas)
    return Held(quotas[-1].holding.leg_id, left) if quotas and left > 0 else None


@exact
def closed_elsewhere(legs: Sequence[LegHolding], *, held_qty: Decimal) -> Decimal:
    """What left the position by other orders than the legs' targets, base; it stays the same while targets fill."""
    return max(total(leg.net_qty - leg.closed_qty for leg in legs) - held_qty, ZERO)


@exact
def paid_target(planned: Decimal, fills: Iterable[FillView], *, side: PositionSide, rules: InstrumentRules) -> Decimal:
    """The target of a leg that was entered at market: as planned, but never nearer than both taker fees to what it paid.

    A plan counts from its alert's price, and the market may have asked for more: a target within that would lose.
    """
    came = [fill for fill in fills if fill.side == side.entry_side and fill.qty > 0]
    if not came:
        return planned
    paid = total(fill.qty * fill.price for fill in came) / total(fill.qty for fill in came)
    least = least_target(side=side, price=paid, rules=rules)
    return max(planned, least) if side is PositionSide.LONG else min(planned, least)


def taken(legs: Sequence[LegHolding], *, rules: InstrumentRules) -> int:
    """How many legs' targets have filled, but for rounding residue: what break-even counts."""
    return sum(leg.closed_qty > 0 and leg.net_qty - leg.closed_qty < rules.lot_step for leg in legs)


@exact
def _fitting(legs: Sequence[LegHolding], *, rules: InstrumentRules, held_qty: Decimal) -> list[_Quota]:
    """Each leg's share of what is held.

    A later leg's target may have sold a lot that an earlier leg would reach only now, by filling further: then the
    shares add up to more than there is, and the first legs give way by whole lots, so that the others stay as they are.
    """
    elsewhere, held = closed_elsewhere(legs, held_qty=held_qty), max(floor_to(held_qty, rules.lot_step), ZERO)
    quotas = _quotas(legs, rules, elsewhere)
    while (excess := total(quota.qty for quota in quotas) - held) > 0:
        elsewhere += excess
        quotas = _quotas(legs, rules, elsewhere)
    return quotas


@exact
def _quotas(legs: Sequence[LegHolding], rules: InstrumentRules, elsewhere: Decimal) -> list[_Quota]:
    """Each leg's share, in order; a share too small to sell is left unclaimed for the next leg."""
    quotas: list[_Quota] = []
    came_in, claimed = ZERO, ZERO
    filled = (leg for leg in legs if leg.filled_qty > 0 or leg.resting is not None)
    for leg in sorted(filled, key=lambda held: (held.pyramid_index, held.index)):
        gone = min(max(leg.net_qty - leg.closed_qty, ZERO), elsewhere)
        elsewhere -= gone
        came_in += leg.net_qty - gone
        open_qty = max(floor_to(came_in, rules.lot_step) - claimed - leg.closed_qty, ZERO)
        fits = rules.sellable(open_qty, leg.target_price) or _rests_already(leg, open_qty)
        quotas.append(_Quota(leg, open_qty if fits else ZERO))
        claimed += leg.closed_qty + quotas[-1].qty
    return quotas


def _rests_already(leg: LegHolding, qty: Decimal) -> bool:
    """A target's unfilled rest may be below the minimums: it stays where it is."""
    return leg.resting is not None and leg.resting.qty == qty


def _cancel(quota: _Quota) -> Cancel | None:
    """Take the resting target back when it promises another quantity or stands at another price."""
    resting = quota.holding.resting
    if resting is None or resting.state in UNTOUCHABLE:
        return None
    if resting.qty != quota.qty:
        return Cancel(resting.order_id, CancelReason.RESIZED)
    if resting.price != quota.holding.target_price:
        return Cancel(resting.order_id, CancelReason.REPRICED)
    return None


@exact
def _free(legs: Sequence[LegHolding], *, rules: InstrumentRules, held_qty: Decimal) -> Decimal:
    """What no resting target has promised yet, down to the lot."""
    promised = total(leg.resting.qty for leg in legs if leg.resting is not None)
    return max(floor_to(held_qty, rules.lot_step) - promised, ZERO)


def _places(quotas: Sequence[_Quota], *, rules: InstrumentRules, free: Decimal) -> list[Place]:
    """Targets for the legs that have none, as far as the free quantity reaches."""
    placed: list[Place] = []
    for quota in quotas:
        qty = min(quota.qty, free)
        if quota.holding.resting is None and rules.sellable(qty, quota.holding.target_price):
            placed.append(Place(quota.holding.leg_id, qty, quota.holding.target_price))
            free -= qty
    return placed


class Remainder(StrEnum):
    """What is left of a position, as the venue could still take it."""

    NOTHING = "NOTHING"  # less than one lot step: rounding residue that no order can carry
    DUST = "DUST"  # lots, but below the venue's minimums
    SELLABLE = "SELLABLE"


def remainder(qty: Decimal, *, price: Decimal, rules: InstrumentRules) -> Remainder:
    """What is left at a price (quote); a negative quantity counts as nothing."""
    if qty < rules.lot_step:
        return Remainder.NOTHING
    lots = floor_to(qty, rules.lot_step)
    return Remainder.SELLABLE if rules.sellable(lots, price) else Remainder.DUST


def open_remainder(legs: Sequence[LegHolding], *, qty: Decimal, price: Decimal, rules: InstrumentRules) -> Remainder:
    """What is left of an open group: dust only when its targets would not carry it either.

    Judged at the better of price and the filled legs' targets (quote), so that a dip of the price does not turn a
    small holding with a good target into dust.
    """
    best = max((leg.target_price for leg in legs if leg.filled_qty > 0), default=price)
    return remainder(qty, price=max(best, price), rules=rules)


_CLOSING = {Remainder.NOTHING: GroupStatus.CLOSED, Remainder.DUST: GroupStatus.DUST_CLOSED}


def closed_as(qty: Decimal, *, price: Decimal, rules: InstrumentRules) -> GroupStatus | None:
    """How a group with this quantity left closes: CLOSED, DUST_CLOSED, or None while it can still be sold."""
    return _CLOSING.get(remainder(qty, price=price, rules=rules))
