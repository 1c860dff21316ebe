"""Taking back one entry order by hand. Targets and stops are not: what is held always has an exit, placed again at once."""

from datetime import datetime

from django.db import transaction

from project.journal.record import record
from trading import locks
from trading.domain.order_state import RESTING, OrderState
from trading.domain.vocabulary import Purpose
from trading.models import Order
from trading.services import groups, orders

CANCELLABLE = RESTING | {OrderState.NEW}


def may_withdraw(order: Order) -> bool:
    """Whether it is an entry that rests or waits to be sent, and is not on its way out already."""
    return order.purpose == Purpose.ENTRY and order.state in CANCELLABLE and not order.cancel_requested


def withdraw_by_hand(order_id: int, *, operator: str, now: datetime) -> bool:
    """Drop it, or cancel it at the venue; journalled with who. False when it ended meanwhile."""
    account_id = Order.objects.values_list("account_id", flat=True).get(pk=order_id)
    with transaction.atomic():
        locks.account(account_id)
        order = locks.orders(Order.objects.filter(pk=order_id)).get()
        if not may_withdraw(order):
            return False
        payload = {"operator": operator, "group": order.group_id}
        record("order.withdrawn_by_hand", subject=f"order:{order.pk}", payload=payload, account_id=account_id)
        orders.withdraw(order, code="BY_HAND")
        groups.review(order.group_id, now=now)
        return True
