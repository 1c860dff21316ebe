"""Blocking a group by hand: neither pyramids nor offset while it is on; its exits go on."""

from django.db import transaction

from project.journal.record import record
from trading import locks
from trading.models import PositionGroup


def set_blocked(group_id: int, *, to: bool, operator: str) -> bool:
    """Block or unblock; journalled with who. False when it is so already, or the group is over."""
    account_id = PositionGroup.objects.values_list("account_id", flat=True).get(pk=group_id)
    with transaction.atomic():
        locks.account(account_id)
        group = locks.group(group_id)
        if group.closed_at is not None or group.blocked is to:
            return False
        group.blocked = to
        group.save(update_fields=["blocked"])
        payload = {"operator": operator, "blocked": to}
        record("group.blocked", subject=f"group:{group.pk}", payload=payload, account_id=account_id)
        return True
