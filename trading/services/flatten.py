"""Flatten: nothing waits, nothing rests, nothing is held. Decided here, carried out by the workers, verified at the venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from project import failpoints
from project.accounts.models import ExchangeAccount
from project.journal.record import record
from trading import locks, selectors
from trading.domain.order_state import TERMINAL
from trading.models import Order, PositionGroup
from trading.services import connect, exits, queue

FLAT = "FLATTEN"
KILL = "KILL"


@dataclass(frozen=True, slots=True)
class Left:
    """What is not flat yet on an account, and what still rests at the venue."""

    groups: int
    orders: int
    resting_at_venue: int

    @property
    def flat(self) -> bool:
        """True when nothing is left."""
        return not (self.groups or self.orders or self.resting_at_venue)


def end_after_kill(account_id: int, *, now: datetime) -> int:
    """After a kill that ended flat: nothing waits, and no group that holds nothing comes to life again; how many ended.

    A group that by our books still holds something stays open: its sale could not be told apart, and a person looks.
    """
    with failpoints.span("kill.end_groups"), transaction.atomic():
        locks.account(account_id)
        _empty_queue(account_id, f"{KILL} switch", now)
        rows = PositionGroup.objects.filter(account_id=account_id, closed_at=None, closing_at=None)
        empty = [group for group in rows.select_related("instrument").order_by("id") if not _holds(group)]
        for group in empty:
            exits.close(group, reason=KILL, now=now)
        return len(empty)


def _holds(group: PositionGroup) -> bool:
    """Whether an order could still sell what the group holds."""
    seen = selectors.picture(group)
    return seen.rules.sellable(seen.position.qty, seen.price)


def _empty_queue(account_id: int, by: str, now: datetime) -> None:
    for row in queue.waiting(account_id):
        queue.end(row, queue.State.REMOVED, now=now, by=by)


def flatten(account_id: int, *, operator: str, now: datetime) -> int:
    """Empty the queue and close every open group of an account; how many groups began to close. Safe to repeat."""
    with failpoints.span("flatten"), transaction.atomic():
        locks.account(account_id)
        _empty_queue(account_id, f"{FLAT} {operator}", now)
        rows = PositionGroup.objects.filter(account_id=account_id, closed_at=None, closing_at=None)
        closing = list(rows.select_related("instrument").order_by("id"))
        for group in closing:
            exits.close(group, reason=FLAT, now=now)
        payload = {"operator": operator, "groups": [group.pk for group in closing]}
        record("account.flatten", subject=f"account:{account_id}", payload=payload, account_id=account_id)
        return len(closing)


def left(account: ExchangeAccount) -> Left:
    """What is still open, by our rows and by the venue's word. Raises NotReached."""
    orders = Order.objects.filter(account=account).exclude(state__in=sorted(TERMINAL))
    return Left(
        groups=PositionGroup.objects.filter(account=account, closed_at=None).count(),
        orders=orders.count(),
        resting_at_venue=_resting(account, sorted(_symbols(account))),
    )


def _symbols(account: ExchangeAccount) -> set[str]:
    return set(Order.objects.filter(account=account).values_list("instrument__symbol", flat=True))


def _resting(account: ExchangeAccount, symbols: Sequence[str]) -> int:
    gateway = connect.gateway(account)
    return sum(len(gateway.open_orders(symbol)) for symbol in symbols)
