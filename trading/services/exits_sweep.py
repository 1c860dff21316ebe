"""The exits sweep: every open group is looked at whole, whatever events said or missed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from project import failpoints
from trading import bells, locks
from trading.domain.order_state import OrderState
from trading.models import Order, PositionGroup
from trading.services import dust, groups, naked

TO_SEND = Q(state=OrderState.NEW) | Q(cancel_requested=True, state__in=(OrderState.OPEN, OrderState.PARTIALLY_FILLED))


def sweep(account_id: int, *, now: datetime) -> int:
    """Review the account's open groups, one short transaction each; how many."""
    ids = list(
        PositionGroup.objects.filter(account_id=account_id, closed_at=None).order_by("id").values_list("id", flat=True)
    )
    for group_id in ids:
        with failpoints.span("exit.sweep"), transaction.atomic():
            locks.account(account_id)
            groups.review(group_id, now=now)
    dust.merge(account_id, now=now)
    naked.look(account_id, now=now)
    if Order.objects.filter(TO_SEND, account_id=account_id).exists():
        bells.ring("submit_exits", account_id)
    return len(ids)
