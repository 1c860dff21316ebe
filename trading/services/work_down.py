"""REDUCED: every position of an account is worked down by a schedule, each step once, whoever sweeps how often."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from project import failpoints
from project.accounts import mode
from project.accounts.models import TradingMode, WorkedDown
from project.journal.record import record
from trading import locks, selectors
from trading.domain.reduce import Reduction, reduction
from trading.domain.work_down import Schedule, ratio
from trading.models import PositionGroup
from trading.services import exits
from trading.services.desk import Desk


def work_down(account_id: int, *, now: datetime) -> int:
    """Take the step that is due in REDUCED; how many groups it sells a part of. Safe to repeat: a row remembers the step."""
    with failpoints.span("mode.work_down"), transaction.atomic():
        account = locks.account(account_id)
        row = mode.current()
        modes = Desk(account, now).settings("").modes
        if row.mode != mode.Mode.REDUCED or modes.reduce_step_pct is None:
            return 0
        schedule = Schedule(modes.reduce_step_pct, timedelta(minutes=modes.reduce_step_minutes))
        return _step(account_id, row, schedule, now)


def _step(account_id: int, row: TradingMode, schedule: Schedule, now: datetime) -> int:
    taken, _ = WorkedDown.objects.get_or_create(account_id=account_id, since=row.changed_at, defaults={"step": 0})
    due = schedule.due(since=row.changed_at, now=now)
    if due <= taken.step:
        return 0
    part = ratio(schedule, done=taken.step, due=due)
    taken.step = due
    taken.save()
    open_ones = PositionGroup.objects.filter(account_id=account_id, closed_at=None, closing_at=None, qty__gt=0)
    count = sum(_sell(group_id, part, now) for group_id in open_ones.order_by("id").values_list("id", flat=True))
    payload = {"step": due, "of": schedule.steps, "part": part, "groups": count}
    record("mode.worked_down", subject=f"account:{account_id}", payload=payload, account_id=account_id)
    return count


def _sell(group_id: int, part: Decimal, now: datetime) -> bool:
    """Start a group's reduction; what is too little for an order waits for the next step."""
    group = locks.group(group_id)
    seen = selectors.picture(group)
    reserved = group.reduce_qty + seen.reducing_qty
    wanted = reduction(seen.position, rules=seen.rules, price=seen.price, ratio=part, reserved_qty=reserved)
    if isinstance(wanted, Reduction):
        exits.start_reducing(group, wanted, now=now)
    return isinstance(wanted, Reduction)
