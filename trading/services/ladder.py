"""The ladder: which entry legs rest now. Written by the plan, tended after every fill and at every sweep."""

from datetime import datetime

from project.accounts import mode
from project.journal.record import record
from risk.domain.drawdown import DrawdownTier
from trading.domain.ladder import EntryAction, PlaceLeg, Replace, WithdrawLeg, entries
from trading.domain.settings import GridSettings, SettingError
from trading.domain.vocabulary import OrderType, Purpose
from trading.models import Leg, PositionGroup, Pyramid
from trading.selectors import GroupPicture
from trading.services import orders
from trading.services.desk import Desk
from trading.services.orders import NewOrder


def tend(group: PositionGroup, seen: GroupPicture, *, settings: GridSettings, now: datetime) -> bool:
    """Move, withdraw and place entry legs so that the right ones rest; whether any was. The account is locked.

    None is placed while the account's day or drawdown stops entries.
    """
    actions = _actions(group, seen, settings, now, opens=_may_open(group))
    if any(isinstance(action, PlaceLeg) for action in actions) and _stopped(group, seen.rules.symbol, now):
        actions = _actions(group, seen, settings, now, opens=False)
    for action in actions:
        if isinstance(action, Replace):
            _replace(group, action)
        elif isinstance(action, WithdrawLeg):
            _withdraw(group, seen, action)
    placed = [_entry(group, seen, action) for action in actions if isinstance(action, PlaceLeg)]
    orders.create(group, placed, now=now)
    return bool(actions)


def _actions(
    group: PositionGroup, seen: GroupPicture, settings: GridSettings, now: datetime, *, opens: bool
) -> tuple[EntryAction, ...]:
    return entries(
        seen.ladder,
        settings=settings,
        price=seen.prices.last if seen.prices else None,
        now=now,
        rules=seen.rules,
        side=seen.side,
        opens=opens,
    )


def _may_open(group: PositionGroup) -> bool:
    return group.account.may_open and mode.current().mode == mode.Mode.NORMAL


def _stopped(group: PositionGroup, symbol: str, now: datetime) -> bool:
    """Whether the account has lost too much for entries: a leg whose turn comes later passes no other gate."""
    desk = Desk(group.account, now)
    try:
        past, limit = desk.history, desk.settings(symbol).risk.max_daily_loss_pct
    except SettingError:  # the gate enters nothing then either, and the exits of the group go on
        return True
    lost = past.day_loss_pct is None or past.day_loss_pct >= limit
    return lost or past.drawdown_tier >= DrawdownTier.RED


def _replace(group: PositionGroup, action: Replace) -> None:
    """Hang a pyramid from its first fill: new prices, quantities and targets."""
    Pyramid.objects.filter(group=group, index=action.pyramid_index).update(base_price=action.base_price)
    for leg in action.legs:
        Leg.objects.filter(pk=leg.leg_id).update(price=leg.price, qty=leg.qty, target_price=leg.target_price)
    facts = {"pyramid": action.pyramid_index, "base_price": action.base_price, "legs": len(action.legs)}
    record("group.replaced", subject=f"group:{group.pk}", payload=facts, account_id=group.account_id)


def _withdraw(group: PositionGroup, seen: GroupPicture, action: WithdrawLeg) -> None:
    """Take its order back; for good, the leg is marked so."""
    rung = next(rung for rung in seen.ladder if rung.leg_id == action.leg_id)
    if action.reason.final:
        Leg.objects.filter(pk=action.leg_id).update(ended_reason=action.reason)
    if rung.resting is not None:
        order = next(order for order in seen.orders if order.pk == rung.resting.order_id)
        orders.withdraw(order, code=action.reason)


def _entry(group: PositionGroup, seen: GroupPicture, action: PlaceLeg) -> NewOrder:
    number = sum(o.leg_id == action.leg_id and o.purpose == Purpose.ENTRY for o in seen.orders)
    return NewOrder(
        key=f"group:{group.pk}/leg:{action.leg_id}/entry:{number}",
        purpose=Purpose.ENTRY,
        side=seen.side.entry_side,
        type=OrderType.LIMIT,
        qty=action.qty,
        price=action.price,
        reference_price=action.price,
        leg_id=action.leg_id,
    )
