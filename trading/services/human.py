"""What only a person can decide: how an order ended that its venue cannot prove absent."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from project import failpoints
from trading import locks
from trading.domain.money import ZERO
from trading.domain.order_state import OrderState
from trading.gateways.base import Gateway
from trading.models import Order
from trading.services import groups, lookups, orders, reports

PLACED = frozenset({OrderState.FILLED, OrderState.CANCELED})
# Endings of an order that was at the venue: it has a number there, and fills that are still to be read.
CHOICES = tuple(sorted(PLACED | {OrderState.NOT_PLACED}))


class NotWaiting(Exception):
    """The order does not wait for a person: only one in state NEEDS_HUMAN may be settled by hand."""


class NumberMissing(Exception):
    """An order that was placed has a number at the venue: give it, so that its fills can be read."""


class NumberForeign(Exception):
    """The venue has no order of ours under that number on this pair: compare the client order id sign by sign."""


class NumberTaken(Exception):
    """Another order of this account and pair has that venue number already: look the client order id up again."""


WRONG = (NotWaiting, NumberForeign, NumberMissing, NumberTaken)
# What settling by hand may be refused for.


def confirm(order: Order, venue_order_id: str, *, gateway: Gateway) -> None:
    """Ask the venue whether that number is this order: a wrong one would book somebody's fills, or wait for ever.

    Raises NumberMissing, NumberForeign, NotReached.
    """
    if not venue_order_id:
        raise NumberMissing(NumberMissing.__doc__)
    symbol = order.instrument.symbol
    seen = gateway.find_order(symbol=symbol, client_order_id="", venue_order_id=venue_order_id)
    became = order.trigger_price is not None and bool(order.venue_algo_id)  # Binance gives that one a name of its own
    if seen is None or (seen.client_order_id != order.client_order_id and not became):
        raise NumberForeign(NumberForeign.__doc__)
    if wrong := lookups.not_ours(order, seen):
        raise NumberForeign(
            f"The order under number {venue_order_id} bears our client order id but is not ours: {wrong}. "
            "Look at the venue whether ours exists under another number."
        )


def settle(
    order_id: int, *, to: OrderState, operator: str, reason: str, now: datetime, venue_order_id: str = ""
) -> None:
    """End an order as a person saw it at the venue, journalled. Raises NotWaiting, NumberMissing or NumberTaken.

    A placed one keeps the venue's number and counts as having at least what the person attests (all of it, or one
    lot), so that its fills are asked for at once: quantities and prices come from the venue alone.
    """
    account_id = Order.objects.values_list("account_id", flat=True).get(pk=order_id)
    with failpoints.span("order.settle"), transaction.atomic():
        locks.account(account_id)
        order = locks.orders(Order.objects.filter(pk=order_id).select_related("instrument")).get()
        if order.state != OrderState.NEEDS_HUMAN:
            raise NotWaiting(NotWaiting.__doc__)
        by_hand = {"code": "BY_HAND", "detail": f"{operator}: {reason}"}
        if to in PLACED:
            _attest(order, to, venue_order_id)
            orders.move(order, to, **by_hand)
            groups.review(order.group_id, now=now)
        else:
            reports.not_placed(order, now=now, **by_hand)


def _attest(order: Order, to: OrderState, venue_order_id: str) -> None:
    """Write down the number, and what must have filled at the least; fills follow from the venue."""
    if not venue_order_id:
        raise NumberMissing(NumberMissing.__doc__)
    same = Order.objects.filter(account_id=order.account_id, instrument_id=order.instrument_id)
    namesakes = same.filter(venue_order_id=venue_order_id)  # a venue may count each market by itself
    if namesakes.exclude(pk=order.pk).exists():
        raise NumberTaken(NumberTaken.__doc__)
    least = max(_least(order, to), order.reported_qty, order.filled_qty)
    orders.move(order, OrderState.NEEDS_HUMAN, venue_order_id=venue_order_id, reported_qty=least)
    orders.ring_after_commit("poll_fills", order.account_id)


def _least(order: Order, to: OrderState) -> Decimal:
    """What must have filled at the least, base or contracts."""
    whole: Decimal = order.qty
    step: Decimal = order.instrument.lot_step
    return whole if to is OrderState.FILLED else max(min(step, whole), ZERO)
