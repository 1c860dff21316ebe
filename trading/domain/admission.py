"""Which slot is free, which waiting signals may still enter, and in what order. Pure: no clock, no database."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from trading.domain.money import HUNDRED, exact
from trading.domain.vocabulary import PositionSide


class QueueRule(StrEnum):
    """What may decide between two waiting signals; the order of the settings is the order of the questions."""

    CONTINUATION = "continuation"
    DEEPEST_LOSS = "deepest_loss"
    REPLACEMENTS = "replacements"
    FIRST_IN = "first_in"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued signal as the admission rules see it."""

    id: int
    queued_at: datetime
    replacement_count: int
    discount_pct: Decimal  # how far the price has moved in our favour since the alert; negative = against
    continues: bool = False  # its group is open: it would be a pyramid


def free_slot(taken: Collection[int], pool_size: int) -> int | None:
    """The lowest free slot number, 1 to pool_size; None when the pool is full.

    Numbers above pool_size stay taken after the pool was lowered: they drain, and count as open until then.
    """
    if len(taken) >= pool_size:
        return None
    return next(number for number in range(1, pool_size + 1) if number not in taken)


def expired(waiting: Iterable[Waiting], *, now: datetime, max_age: timedelta) -> list[Waiting]:
    """Signals that have waited longer than max_age, oldest first.

    A signal exactly max_age old is kept: the page shows "0 min left" before it goes.
    """
    overdue = [w for w in waiting if now - w.queued_at > max_age]
    return sorted(overdue, key=lambda w: w.queued_at)


@exact
def discount_pct(*, side: PositionSide, alert_price: Decimal, price: Decimal) -> Decimal:
    """How far the price has moved in an entry's favour since its alert: its "loss" so far, percent.

    LONG, alert at 100, now 95: 5. The same for a SHORT: −5.
    """
    return side.sign * (alert_price - price) / alert_price * HUNDRED


_KEYS: Mapping[QueueRule, Callable[[Waiting], Decimal | datetime]] = MappingProxyType(
    {
        QueueRule.CONTINUATION: lambda w: Decimal(not w.continues),
        QueueRule.DEEPEST_LOSS: lambda w: -w.discount_pct,
        QueueRule.REPLACEMENTS: lambda w: Decimal(-w.replacement_count),
        QueueRule.FIRST_IN: lambda w: w.queued_at,
    }
)
# Smaller goes first.


def rank(waiting: Iterable[Waiting], *, rules: Sequence[QueueRule]) -> list[Waiting]:
    """Waiting signals, the next to enter first: each rule in turn, then the oldest, then the lowest id."""
    return sorted(waiting, key=lambda w: (*(_KEYS[rule](w) for rule in rules), w.queued_at, w.id))


def deciding_rule(first: Waiting, second: Waiting, *, rules: Sequence[QueueRule]) -> QueueRule:
    """Why `first` stands before `second`: the first rule on which they differ, FIRST_IN when none does."""
    return next((rule for rule in rules if _KEYS[rule](first) != _KEYS[rule](second)), QueueRule.FIRST_IN)
