"""The exits sweep: every open group is looked at whole, whatever events said or missed, and ended ones that hold again."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from project import failpoints
from trading import bells, locks
from trading.domain.order_state import OrderState
from trading.models import Order, PositionGroup
from trading.services import dust, fills, groups, naked
from trading.services.one_by_one import apart

TO_SEND = Q(state=OrderState.NEW) | Q(cancel_requested=True, state__in=(OrderState.OPEN, OrderState.PARTIALLY_FILLED))
LATE = naked.HOLDS_AGAIN & Q(qty__gte=F("dust_qty") + F("instrument__lot_step"))
# An ended group that holds a lot more than it ended with: its last fills came late, and their sale may have failed.


def sweep(account_id: int, *, now: datetime) -> int:
    """Review the account's open groups and those that hold again, one short transaction each; how many there are."""
    rows = PositionGroup.objects.filter(Q(closed_at=None) | LATE, account_id=account_id)
    ids = list(rows.order_by("id").values_list("id", flat=True))
    for group_id in ids:
        with apart(f"group {group_id}"), failpoints.span("exit.sweep"), transaction.atomic():
            locks.account(account_id)
            groups.review(group_id, now=now)
    with apart(f"dust of account {account_id}"):
        dust.merge(account_id, now=now)
    with apart(f"exits that lack on account {account_id}"):
        naked.look(account_id, now=now)
    if Order.objects.filter(TO_SEND, account_id=account_id).exists():
        bells.ring("submit_exits", account_id)
    with apart(f"fees of account {account_id}"):
        fills.price_fees(account_id, now=now)
    return len(ids)
