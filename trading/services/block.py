"""Blocking by hand: a group takes no more pyramids, a pair nothing new at all; exits go on."""

from django.db import transaction

from project.journal.record import record
from trading import locks
from trading.models import PositionGroup, SettingOverride
from trading.models.setting_version import How
from trading.services import setting_versions
from trading.services.overrides import Place, Wish
from trading.services.setting_versions import Said

PAIR_SETTING = "blocked"


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


def set_pair_blocked(account_id: int, symbol: str, *, to: bool, operator: str) -> bool:
    """Block or unblock a pair of an account: its setting `blocked`, journalled as such. False when it is so already."""
    with transaction.atomic():
        locks.account(account_id)
        at = Place(account_id=account_id, symbol=symbol)
        row = SettingOverride.objects.filter(name=PAIR_SETTING, **at.columns).first()
        if row is None and not to:
            return False
        wish = Wish(PAIR_SETTING, at, "on" if to else "off")
        return setting_versions.write([wish], Said(operator, how=How.HAND))[1] is not None
