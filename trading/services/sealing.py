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
from project.journal.record import record
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.domain.sealing import SEALED, WAIT, tightens
from trading.domain.settings import SettingError
from trading.models import PendingChange, SettingOverride
from trading.services.desk import Desk
from trading.services.overrides import Place, holding

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


def in_force() -> bool:
    """Whether any scope has chosen the sealed profile."""
    return SettingOverride.objects.filter(name="profile", value=SEALED).exists()


def pnl_visible() -> bool:
    """Whether open positions may be looked at while the seal holds: the installation's setting `sealed_pnl`."""
    row = SettingOverride.objects.filter(user=None, account=None, symbol="", name="sealed_pnl").first()
    return row is not None and registry.parse(row.name, row.value) == "view"


def holdings(*, now: datetime) -> tuple[Holding, ...]:
    """Of every account: how many groups are open, and what they come to."""
    desks = [Desk(account, now) for account in ExchangeAccount.objects.order_by("id")]
    return tuple(Holding(d.account.name, d.account.quote, len(d.groups), d.exposure_of_all) for d in desks)


# asking ------------------------------------------------------------------------------------------


def change(place: Place, name: str, value: object, *, operator: str, now: datetime) -> PendingChange | None:
    """Change a setting as the seal allows: at once (None) where it only protects more, else the change that waits.

    value passed the registry's check; None: back to the wider scope.
    """
    with transaction.atomic():
        if in_force() and not _at_once(place, name, value):
            return ask(place, name, value, operator=operator, now=now)
        write(place, name, value, operator=operator)
        return None


def ask(place: Place, name: str, value: object, *, operator: str, now: datetime) -> PendingChange:
    """Note a change for tomorrow; an older wish for the same setting at the same place makes room, and its day is lost."""
    with transaction.atomic():
        older = PendingChange.objects.filter(name=name, applied_at=None, withdrawn_at=None, **place.columns)
        for row in older.select_for_update(no_key=True):
            _end(row, operator=operator, now=now)
        made = PendingChange.objects.create(
            name=name, value=value, asked_by=operator, asked_at=now, due_at=now + WAIT, **place.columns
        )
        payload = {"operator": operator, "name": name, "scope": place.told, "after": value, "due_at": made.due_at}
        record("setting.waits", subject=f"setting:{name}", payload=payload, account_id=place.account_id)
        return made


def _at_once(place: Place, name: str, value: object) -> bool:
    """Whether the new value only protects more than what holds there now; a stored value that is broken proves nothing."""
    wanted = None if value is None else registry.parse(name, value)
    if wanted is None or isinstance(wanted, Refusal):
        return False
    try:
        settings = registry.resolve([{row.name: row.value} for row in holding(place)])
    except SettingError:
        return False
    return tightens(name, getattr(getattr(settings, registry.REGISTRY[name].group), name), wanted)


def write(place: Place, name: str, value: object, *, operator: str) -> None:
    """Set a value, or with None take it back, and journal who, before and after."""
    rows = SettingOverride.objects.filter(name=name, **place.columns)
    before = rows.values_list("value", flat=True).first()
    if value is None:
        rows.delete()
    else:
        said = {"value": value, "changed_by": operator}
        SettingOverride.objects.update_or_create(name=name, **place.columns, defaults=said)
    payload = {"operator": operator, "name": name, "scope": place.told, "before": before, "after": value}
    record("setting.changed", subject=f"setting:{name}", payload=payload, account_id=place.account_id)


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
    """Make every change hold whose day has come; how many. Safe to repeat, and from several processes at once."""
    due = PendingChange.objects.filter(applied_at=None, withdrawn_at=None, due_at__lte=now).order_by("due_at", "id")
    return sum(_apply(change_id, now) for change_id in list(due.values_list("pk", flat=True)))


def _held(change_id: int) -> PendingChange | None:
    """The row while it waits, locked by this transaction."""
    rows = PendingChange.objects.filter(pk=change_id, applied_at=None, withdrawn_at=None)
    return rows.select_for_update(no_key=True).first()


def _apply(change_id: int, now: datetime) -> bool:
    with transaction.atomic():
        row = _held(change_id)
        if row is None:
            return False
        if not _done(row):
            log.error("a waiting change of %s no longer passes its check and was dropped", row.name)
            _end(row, operator=NOBODY, now=now)
            return False
        row.applied_at = now
        row.save(update_fields=["applied_at"])
        return True


def _done(row: PendingChange) -> bool:
    """Whether the change could be made."""
    if row.name == MODE:
        return _resumed(row)
    if row.value is not None and isinstance(registry.parse(row.name, row.value), Refusal):
        return False
    write(Place(row.user_id, row.account_id, row.symbol), row.name, row.value, operator=row.asked_by)
    return True


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
