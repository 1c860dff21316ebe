"""The sealed profile in rows: whether it holds, what waits for its day, and taking that back. Protection from oneself.

It holds for the whole installation as soon as one scope says so: mode, sources and settings are everybody's.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from project.accounts import mode
from project.accounts.mode import Mode
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.journal.record import record
from project.reads import Read
from trading.domain import settings as registry
from trading.domain.sealing import SEALED, WAIT
from trading.domain.settings import SettingError
from trading.models import PendingChange, SettingOverride
from trading.models.setting_version import How
from trading.services import approvals, desk_ahead, overrides, setting_versions
from trading.services.desk import Desk
from trading.services.overrides import Place, Wish
from trading.services.setting_versions import Said

log = logging.getLogger(__name__)

SENTENCE = (
    "The profile is sealed: orders, closes and parameters are out of reach, and changes of settings wait 24 hours. "
    "The red button works; a waiting change can be withdrawn."
)
MODE = "trading_mode"
# Beside the settings' names: going on after an emergency waits too.
NOBODY = "Windlass"


@dataclass(frozen=True, slots=True)
class Holding:
    """All that a sealed page says of an account's open positions; total in quote at the last prices."""

    account: str
    quote: str
    count: int
    total: Decimal


CHOSEN = Read(lambda: SettingOverride.objects.filter(name="profile", value=SEALED))
SHOWN = Read(lambda: SettingOverride.objects.filter(user=None, account=None, symbol="", name="sealed_pnl"))
STANDING = (CHOSEN.of(), SHOWN.of())
# What a page asks ahead before it asks whether the seal holds, and whether it may show what is open.


def in_force() -> bool:
    """Whether any scope has chosen the sealed profile."""
    return bool(CHOSEN())


def pnl_visible() -> bool:
    """Whether open positions may be looked at while the seal holds: the installation's setting `sealed_pnl`."""
    row = SHOWN.first()
    return row is not None and registry.parse(row.name, row.value) == "view"


def hides() -> bool:
    """Whether what is open is shown to nobody at this moment."""
    return in_force() and not pnl_visible()


def holdings(*, now: datetime) -> tuple[Holding, ...]:
    """Of every account: how many groups are open, and what they come to."""
    desks = [Desk(account, now) for account in ExchangeAccount.objects.order_by("id")]
    asked = (question for desk in desks for question in desk_ahead.exposure(desk.account))
    with ahead(*asked), ahead(*(one for desk in desks for one in desk_ahead.resting(desk))):
        return tuple(Holding(d.account.name, d.account.quote, len(d.groups), d.exposure_of_all) for d in desks)


# asking ------------------------------------------------------------------------------------------


def ask(place: Place, name: str, value: object, *, operator: str, now: datetime, reason: str = "") -> PendingChange:
    """Note a change for tomorrow; an older wish for the same setting at the same place makes room, and its day is lost."""
    with transaction.atomic():
        older = PendingChange.objects.filter(name=name, applied_at=None, withdrawn_at=None, **place.columns)
        for row in older.select_for_update(no_key=True):
            _end(row, operator=operator, now=now)
        made = PendingChange.objects.create(
            name=name, value=value, reason=reason, asked_by=operator, asked_at=now, due_at=now + WAIT, **place.columns
        )
        about = {"operator": operator, "reason": reason, "due_at": made.due_at}
        payload = about | {"name": name, "scope": place.told, "after": value}
        record("setting.waits", subject=f"setting:{name}", payload=payload, account_id=place.account_id)
        return made


# waiting -----------------------------------------------------------------------------------------


def waiting() -> Sequence[PendingChange]:
    """Changes that have not ended, the next due first."""
    rows = PendingChange.objects.filter(applied_at=None, withdrawn_at=None)
    return list(rows.select_related("account", "user").order_by("due_at", "id"))


def withdraw(change_id: int, *, operator: str, now: datetime) -> bool:
    """Take a waiting change back, at any time; False when it has ended already."""
    with transaction.atomic():
        row = _held(change_id)
        if row is not None:
            _end(row, operator=operator, now=now)
        return row is not None


def apply_due(*, now: datetime) -> int:
    """End the wait of every change whose day has come; how many. Safe to repeat, and from several processes at once.

    What was asked for in one step holds in one step: alone, a part of it could contradict what is there. What loosens a
    live account while approvals are on is then asked of a second person: nobody gets round the person by way of the seal.
    """
    due = PendingChange.objects.filter(applied_at=None, withdrawn_at=None, due_at__lte=now).order_by("due_at", "id")
    steps: dict[tuple[object, ...], list[PendingChange]] = {}
    for row in due:
        steps.setdefault((row.asked_by, row.asked_at, row.name == MODE), []).append(row)
    return sum(_apply(rows, now) for rows in steps.values())


def _held(change_id: int) -> PendingChange | None:
    """The row while it waits, locked by this transaction."""
    rows = PendingChange.objects.filter(pk=change_id, applied_at=None, withdrawn_at=None)
    return rows.select_for_update(no_key=True).first()


def _apply(due: Sequence[PendingChange], now: datetime) -> int:
    """One step: the rows that still wait, all or none."""
    with transaction.atomic():
        setting_versions.lock(_place(row) for row in due)
        rows = [row for one in due if (row := _held(one.pk)) is not None]
        if not rows:
            return 0
        if trouble := _trouble(rows, now):
            log.error("a waiting change of %s was dropped: %s", ", ".join(row.name for row in rows), trouble)
            for row in rows:
                _end(row, operator=NOBODY, now=now)
            return 0
        for row in rows:
            row.applied_at = now
            row.save(update_fields=["applied_at"])
        return len(rows)


def _trouble(rows: Sequence[PendingChange], now: datetime) -> str:
    """Empty when the changes were made, or asked of a second person; else why they no longer could be."""
    if rows[0].name == MODE:
        return "" if _resumed(rows[0]) else "the mode was changed since"
    said = Said(rows[0].asked_by, rows[0].reason, How.SEAL)
    try:
        changes = overrides.plan([Wish(row.name, _place(row), row.value) for row in rows])
        at_once, asked = approvals.divided(changes)
        setting_versions.write([change.wish for change in at_once], said)
        if asked:
            approvals.ask(asked, said, now=now)
    except SettingError as error:
        return str(error)
    return ""


def _place(row: PendingChange) -> Place:
    return Place(row.user_id, row.account_id, row.symbol)


def _resumed(row: PendingChange) -> bool:
    """The mode as it was asked for; an emergency or a pause since is not undone: that wish was for another situation."""
    standing = mode.locked()
    if standing.mode == Mode.EMERGENCY or standing.changed_at > row.asked_at:
        return False
    mode.change(str(row.value), operator=row.asked_by, reason="asked for a day ago, while sealed")
    return True


def _end(row: PendingChange, *, operator: str, now: datetime) -> None:
    row.withdrawn_at, row.withdrawn_by = now, operator
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    payload = {"operator": operator, "name": row.name, "after": row.value, "asked_by": row.asked_by}
    record("setting.withdrawn", subject=f"setting:{row.name}", payload=payload, account_id=row.account_id)
