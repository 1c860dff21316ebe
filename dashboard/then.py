"""Time travel: a group and its orders as the journal knew them at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dashboard import given
from project.journal.models import JournalEntry
from trading.domain.replay import OrderTold, Rebuilt, Told, rebuild
from trading.domain.words import group_words, order_words
from trading.models import PositionGroup

EVENTS_READ = 5_000  # of one group; a ladder of 25 legs writes a few hundred


@dataclass(frozen=True, slots=True)
class OrderThen:
    """An order as it stood; qty base or contracts."""

    id: int
    about: str
    words: str
    filled_qty: Decimal


@dataclass(frozen=True, slots=True)
class Then:
    """A group as it stood at `at`; `events` were read for it."""

    at: datetime
    words: str
    qty: Decimal
    realised: Decimal
    orders: tuple[OrderThen, ...]
    events: int


def moment(text: str) -> datetime | None:
    """A time typed or linked: ISO, with or without a zone (then UTC); None where it is none."""
    at = given.moment(text)
    try:
        return at if at and inclusive(at) else None
    except OverflowError:  # the last minute there is has no end
        return None


def inclusive(at: datetime) -> datetime:
    """A minute or second means all of it: what happened within is told too."""
    if at.microsecond:
        return at
    return at + (timedelta(minutes=1) if at.second == 0 else timedelta(seconds=1)) - timedelta(microseconds=1)


def as_it_was(row: PositionGroup, at: datetime) -> Then:
    """The fold of everything that the journal tells of the group until then; read in the order of the chain."""
    subjects = [f"group:{row.pk}", *(f"order:{order.pk}" for order in row.orders.all())]
    entries = JournalEntry.objects.filter(subject__in=subjects, at__lte=inclusive(at)).order_by("xid", "id")
    events = [Told(*told) for told in entries.values_list("kind", "subject", "account_id", "payload")[:EVENTS_READ]]
    return _then(row, at, rebuild(events), len(events))


def _then(row: PositionGroup, at: datetime, found: Rebuilt, events: int) -> Then:
    group = found.groups.get(row.pk)
    about = {order.pk: f"{order.purpose.lower()} {order.side.lower()}" for order in row.orders.all()}
    orders = tuple(_order(number, about.get(number, ""), told) for number, told in sorted(found.orders.items()))
    if group is None:
        return Then(at, "not opened yet", Decimal(0), Decimal(0), orders, events)
    return Then(at, group_words(group.status), group.qty, group.realised_pnl, orders, events)


def _order(number: int, about: str, told: OrderTold) -> OrderThen:
    return OrderThen(number, about, order_words(told.state), told.filled_qty)
