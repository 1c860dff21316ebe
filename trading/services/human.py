"""What only a person can decide: how an order ended that its venue cannot prove absent."""

from datetime import datetime

from django.db import transaction

from trading import locks
from trading.domain.order_state import TERMINAL, OrderState
from trading.models import Order
from trading.services import groups, orders

CHOICES = tuple(sorted(TERMINAL - {OrderState.DROPPED}))


class NotWaiting(Exception):
    """The order does not wait for a person: only one in state NEEDS_HUMAN may be settled by hand."""


def settle(order_id: int, *, to: OrderState, operator: str, reason: str, now: datetime) -> None:
    """End an order as a person saw it at the venue; journalled with who and why. Raises NotWaiting.

    FILLED or CANCELED with fills: give its fills first by reconciling; a person never types quantities.
    """
    account_id = Order.objects.values_list("account_id", flat=True).get(pk=order_id)
    with transaction.atomic():
        locks.account(account_id)
        order = locks.orders(Order.objects.filter(pk=order_id)).get()
        if order.state != OrderState.NEEDS_HUMAN:
            raise NotWaiting(NotWaiting.__doc__)
        orders.move(order, to, code="BY_HAND", detail=f"{operator}: {reason}")
        groups.review(order.group_id, now=now)
