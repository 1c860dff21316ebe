"""Orders that only a person can settle: what to look up at the venue, and writing down what was seen there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction

from dashboard.groups import market_of
from dashboard.snapshot import DoubtRow
from project.accounts.models import ExchangeAccount
from trading import locks
from trading.domain.money import ZERO
from trading.domain.order_state import OrderState
from trading.models import Order
from trading.services import human, orders


@dataclass(frozen=True, slots=True)
class Ending:
    """How an order may have ended at the venue. placed: it has a number there, and fills that are still to be read."""

    state: OrderState
    button: str
    said: str
    placed: bool


ENDINGS: Mapping[str, Ending] = MappingProxyType(
    {
        "filled": Ending(OrderState.FILLED, "It was placed and filled", "It was placed, and filled whole.", True),
        "partly": Ending(
            OrderState.CANCELED, "Partly filled, then cancelled", "A part was filled, the rest is cancelled.", True
        ),
        "absent": Ending(
            OrderState.NOT_PLACED, "It is not there", "The venue has no such order and no trade of it.", False
        ),
    }
)


def rows(account: ExchangeAccount) -> tuple[DoubtRow, ...]:
    """The account's orders that wait for a person, oldest first."""
    found = Order.objects.filter(account=account, state=OrderState.NEEDS_HUMAN).select_related("instrument")
    return tuple(_row(order, account.venue) for order in found.order_by("id"))


def _row(order: Order, venue: str) -> DoubtRow:
    names = ("id", "purpose", "side", "type", "qty", "price", "client_order_id", "venue_order_id")
    facts = {name: getattr(order, name) for name in names}
    sent_at = order.submitted_at or order.created_at
    return DoubtRow(**facts, market=market_of(order.instrument, None), venue=venue.capitalize(), sent_at=sent_at)


class NumberTaken(Exception):
    """Another order of this account has that venue number already: look the client order id up again."""


def settle(order_id: int, ending: Ending, *, venue_order_id: str, operator: str, reason: str, now: datetime) -> None:
    """End an order as it was seen at the venue. Raises human.NotWaiting, NumberTaken.

    A placed one keeps the venue's number and counts as having at least what the person attests (all of it, or one
    lot), so that its fills are asked for at once: quantities and prices come from the venue alone.
    """
    with transaction.atomic():
        if ending.placed:
            _attest(order_id, ending, venue_order_id)
        human.settle(order_id, to=ending.state, operator=operator, reason=reason, now=now)


def _attest(order_id: int, ending: Ending, venue_order_id: str) -> None:
    account_id = Order.objects.values_list("account_id", flat=True).get(pk=order_id)
    locks.account(account_id)
    order = locks.orders(Order.objects.filter(pk=order_id).select_related("instrument")).get()
    if order.state != OrderState.NEEDS_HUMAN:
        raise human.NotWaiting(human.NotWaiting.__doc__)
    namesakes = Order.objects.filter(account_id=account_id, venue_order_id=venue_order_id)
    if namesakes.exclude(pk=order_id).exists():
        raise NumberTaken(NumberTaken.__doc__)
    least = max(_least(order, ending), order.reported_qty, order.filled_qty)
    orders.move(order, OrderState.NEEDS_HUMAN, venue_order_id=venue_order_id, reported_qty=least)
    orders.ring_after_commit("poll_fills", account_id)


def _least(order: Order, ending: Ending) -> Decimal:
    """What must have filled at the least, base or contracts."""
    whole: Decimal = order.qty
    step: Decimal = order.instrument.lot_step
    return whole if ending.state is OrderState.FILLED else max(min(step, whole), ZERO)
