"""What the engine is doing, in numbers: for `manage.py status`, `doctor` and the pages."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.journal.sealer import unsealed_age
from signals.models import Alert
from trading.models import Canary, Order, PositionGroup, QueuedSignal, Slot
from trading.services.desk import Desk

UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Status:
    """Counts by outcome, status and state; ages in seconds, None where there is nothing to be late.

    `slots` sums over all accounts; `pools` and `accounts` are by account, as the page shows one at a time.
    """

    alerts: Mapping[str, int]
    groups: Mapping[str, int]
    orders: Mapping[str, int]
    slots: Mapping[str, int]
    queue: int
    mode: str
    canary_age_secs: float | None
    unsealed_age_secs: float
    accounts: Mapping[str, str]
    pools: Mapping[str, Mapping[str, int]]


def status(*, now: datetime) -> Status:
    """Count everything once."""
    accounts = _named(ExchangeAccount.objects.select_related("user").order_by("id"))
    pools = {name: _pool(account, now) for name, account in accounts.items()}
    unsealed = unsealed_age(now=now)
    return Status(
        alerts={outcome or UNDECIDED: n for outcome, n in _counts(Alert.objects.all(), "outcome").items()},
        groups=_counts(PositionGroup.objects.all(), "status"),
        orders=_counts(Order.objects.all(), "state"),
        slots={part: sum(pool[part] for pool in pools.values()) for part in ("open", "size")},
        queue=QueuedSignal.objects.filter(state=QueuedSignal.State.WAITING).count(),
        mode=mode.current().mode,
        canary_age_secs=canary_age(now=now),
        unsealed_age_secs=round(unsealed.total_seconds(), 3) if unsealed else 0.0,
        accounts={name: account.health or "OK" for name, account in accounts.items()},
        pools=pools,
    )


def _named(accounts: Iterable[ExchangeAccount]) -> dict[str, ExchangeAccount]:
    """Accounts by name; one that shares its name with another user's carries its user's too."""
    rows = list(accounts)
    shared = {name for name, count in Counter(row.name for row in rows).items() if count > 1}
    return {f"{row.user}/{row.name}" if row.name in shared else row.name: row for row in rows}


def _pool(account: ExchangeAccount, now: datetime) -> dict[str, int]:
    """Slots taken, and how many there are."""
    size = Desk(account, now).settings("").pool.max_open_groups
    return {"open": Slot.objects.filter(account=account, released_at=None).count(), "size": size}


def canary_age(*, now: datetime) -> float | None:
    """Seconds since a worker last answered the canary; None before its first answer."""
    answered = Canary.objects.filter(pk=1).values_list("answered_at", flat=True).first()
    return None if answered is None else round((now - answered).total_seconds(), 3)


def _counts(rows: "QuerySet[Alert] | QuerySet[PositionGroup] | QuerySet[Order]", field: str) -> dict[str, int]:
    return dict(rows.order_by(field).values_list(field).annotate(Count("id")))
