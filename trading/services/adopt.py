"""Trades made by hand at the venue that closed what our groups hold: found there, and taken into our books on request.

Only what shrinks a group can be adopted: it is booked as a reduction of the one group that held enough. A purchase by
hand has no plan, no target and no stop; it stays the person's own.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.accounts.models import BalanceMovement, ExchangeAccount, PositionMode
from project.journal.record import record
from signals.models import Instrument
from trading import locks
from trading.domain.money import ZERO, total
from trading.domain.order_state import OrderState, VenueStatus
from trading.domain.vocabulary import OrderType, PositionSide, Purpose
from trading.gateways.base import FillReport, Gateway, OrderReport
from trading.models import Order, PositionGroup
from trading.services import booked, fills, lookups, orders, reconcile
from trading.services.groups import KILL_KEY, KILL_SWITCH
from trading.services.orders import NewOrder

Clock = Callable[[], datetime]
Whose = Callable[[OrderReport], bool]

CAUSE = "adopted by {operator} as a reduction of group {group}"


@dataclass(frozen=True, slots=True)
class HandTrade:
    """One order that somebody placed at the venue, by its executions, and the group whose position it shrank."""

    group: PositionGroup
    venue_order_id: str
    fills: tuple[FillReport, ...]

    @property
    def qty(self) -> Decimal:
        """What was traded, base or contracts."""
        return total(fill.qty for fill in self.fills)


def anybodys(_order: OrderReport) -> bool:
    """Whoever placed it."""
    return True


def find(
    account: ExchangeAccount, *, gateway: Gateway, clock: Clock, only: Collection[int] = (), whose: Whose = anybodys
) -> tuple[HandTrade, ...]:
    """Trades by hand that an open group can explain, oldest first.

    only: just these groups; whose: just these orders, which are known not to be ours. Anybody's are not looked for
    while an undecided order of ours may be one of them. Raises NotReached.
    """
    fills.collect(account.pk, gateway=gateway, clock=clock)  # a stop of ours that triggered learns its number
    if whose is anybodys and lookups.undecided(account.pk):
        return ()
    open_groups: Mapping[Instrument, list[PositionGroup]] = defaultdict(list)
    rows = PositionGroup.objects.filter(account=account, closed_at=None).select_related("instrument", "account")
    for group in (rows.filter(pk__in=only) if only else rows).order_by("id"):
        open_groups[group.instrument].append(group)
    return tuple(
        trade
        for instrument, groups in open_groups.items()
        for trade in _explained(account, instrument, groups, gateway, whose)
    )


def _explained(
    account: ExchangeAccount, instrument: Instrument, groups: Sequence[PositionGroup], gateway: Gateway, whose: Whose
) -> list[HandTrade]:
    """Each strange order with the group that it fits best, oldest first; the others are nobody's.

    The largest are placed first, each with the group that held hardly more: so a kill's sales find the groups they
    were cut for, whatever came in between.
    """
    left = {group.pk: group.qty for group in groups}
    found = []
    strange = _strange(account, instrument, groups[0].opened_at, gateway, whose)
    for number, executions in sorted(strange.items(), key=lambda item: -_qty(item[1])):
        holders = [g for g in groups if left[g.pk] >= _qty(executions) and _shrinks(g, executions)]
        if holders:
            holder = min(holders, key=lambda group: left[group.pk])
            left[holder.pk] -= _qty(executions)
            found.append(HandTrade(holder, number, tuple(executions)))
    return sorted(found, key=lambda trade: trade.fills[0].at)


def _qty(executions: Sequence[FillReport]) -> Decimal:
    return total(fill.qty for fill in executions)


def _strange(
    account: ExchangeAccount, instrument: Instrument, since: datetime, gateway: Gateway, whose: Whose
) -> Mapping[str, list[FillReport]]:
    """Executions of orders that are none of ours, by the venue's order number, oldest first."""
    by_number: dict[str, list[FillReport]] = defaultdict(list)
    for fill in gateway.fills_since(symbol=instrument.symbol, since=since):
        by_number[fill.venue_order_id].append(fill)
    rows = Order.objects.filter(account=account, instrument=instrument)
    ours = set(rows.filter(venue_order_id__in=by_number).values_list("venue_order_id", flat=True))
    return {
        number: executions
        for number, executions in by_number.items()
        if number not in ours and _ended(instrument, number, gateway, whose)
    }


def _ended(instrument: Instrument, number: str, gateway: Gateway, whose: Whose) -> bool:
    """Whether it is one of those, and nothing more can fill: what still rests is adopted once it has ended."""
    found = gateway.find_order(symbol=instrument.symbol, client_order_id="", venue_order_id=number)
    return found is not None and found.status is not VenueStatus.OPEN and whose(found)


def _shrinks(group: PositionGroup, executions: Sequence[FillReport]) -> bool:
    """Whether they are all on the side that closes the group, and came after it was opened.

    Where an account holds both sides, selling may open the other one: there only the venue's own word counts.
    """
    side, held = PositionSide(group.side).exit_side, {"", group.side}
    if group.account.position_mode == PositionMode.HEDGE:
        held = {group.side}
    return all(fill.side is side and fill.position_side in held and fill.at >= group.opened_at for fill in executions)


def adopt(
    account: ExchangeAccount,
    *,
    operator: str,
    gateway: Gateway,
    clock: Clock,
    only: Collection[int] = (),
    whose: Whose = anybodys,
) -> tuple[HandTrade, ...]:
    """Book every trade that `find` finds; targets are re-sized, and a group with nothing left closes. Raises NotReached."""
    found, now = find(account, gateway=gateway, clock=clock, only=only, whose=whose), clock()
    balanced = not reconcile.unexplained(account.pk, gateway=gateway)
    for trade in found:
        with failpoints.span("adopt.book"), transaction.atomic():
            locks.account(account.pk)
            before = booked.expected(account.pk)
            _book(trade, operator=operator, now=now)
            if balanced:  # the movement was written down as somebody else's; now it is ours
                _take_back(trade, before, operator=operator, now=now)
    return found


def _book(trade: HandTrade, *, operator: str, now: datetime) -> None:
    """The order as it was placed, through the same states as every other, and its fills."""
    group = trade.group
    wanted = NewOrder(
        key=f"group:{group.pk}{KILL_KEY if operator == KILL_SWITCH else '/by_hand:'}{trade.venue_order_id}",
        purpose=Purpose.REDUCE,
        side=PositionSide(group.side).exit_side,
        type=OrderType.MARKET,
        qty=trade.qty,
        price=None,
        reference_price=trade.fills[-1].price,
    )
    orders.create(group, [wanted], now=now, rings=False)
    order = Order.objects.select_related("instrument").get(intent_key=wanted.key, attempt=0)
    orders.move(order, OrderState.SUBMITTING, code="BY_HAND", detail=f"adopted by {operator}")
    orders.move(order, OrderState.FILLED, venue_order_id=trade.venue_order_id, reported_qty=trade.qty)
    fills.apply(order.pk, trade.fills, now=now)


def _take_back(trade: HandTrade, before: Mapping[str, Decimal], *, operator: str, now: datetime) -> None:
    """Undo the foreign movements that reconcile wrote for this trade: what our books explain by it since, and did not before.

    Not what its executions say: not every venue tells with one what it brought, and then it is worked out.
    """
    account_id, cause = trade.group.account_id, CAUSE.format(operator=operator, group=trade.group.pk)
    for currency, amount in booked.expected(account_id).items():
        if moved := amount - before.get(currency, ZERO):
            movement = {"currency": currency, "amount": -moved, "kind": BalanceMovement.Kind.FOREIGN, "cause": cause}
            BalanceMovement.objects.create(account_id=account_id, at=now, **movement)
            record("balance.moved", subject=f"account:{account_id}", payload=movement, account_id=account_id)
