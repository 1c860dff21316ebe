"""Two engines on one exchange account: which is the younger, from what both of them can see at the venue. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trading.domain.client_id import mark_of

ABSENT_AFTER = timedelta(minutes=10)
# Of an engine whose orders have been gone so long nothing is feared: orders of an engine at work rest somewhere.


class Standing(StrEnum):
    """How we stand to another engine on our account."""

    OLDER = "OLDER"  # we were first: it stops, we go on
    YOUNGER = "YOUNGER"  # it was first: we stop
    UNCLEAR = "UNCLEAR"  # nobody can tell, so both stop


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order that rests at the venue; ours: our database knows it. at: None where the venue tells no time."""

    client_order_id: str
    ours: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Rivals:
    """What rests there of other engines: by mark, the number of orders and the earliest of their times."""

    by_mark: Mapping[str, tuple[int, datetime | None]]
    ours_first: datetime | None


def seen(orders: Iterable[SeenOrder]) -> Rivals:
    """Sort what rests into ours and, by mark, that of other engines; orders of another shape are people's."""
    listed = list(orders)
    marks = sorted({mark_of(o.client_order_id) for o in listed if not o.ours} - {""})
    theirs = {mark: [o for o in listed if not o.ours and mark_of(o.client_order_id) == mark] for mark in marks}
    ours = [o for o in listed if o.ours]
    return Rivals({mark: (len(found), _first(found)) for mark, found in theirs.items()}, _first(ours))


def _first(orders: Iterable[SeenOrder]) -> datetime | None:
    """The earliest; None where there is none, or one of them has no time."""
    times = [order.at for order in orders]
    known = [at for at in times if at is not None]
    return min(known) if known and len(known) == len(times) else None


def standing(*, own_mark: str, mark: str, ours: int, ours_first: datetime | None, theirs: datetime | None) -> Standing:
    """Who was first. Both engines see the same orders, so both come to the same answer.

    One with nothing at the venue is the newcomer. Orders with our own mark that our database does not know were sent
    by a copy of it, or before it was restored: nobody can say which of the two is right.
    """
    if mark == own_mark or theirs is None:
        return Standing.UNCLEAR
    if ours == 0:
        return Standing.YOUNGER
    if ours_first is None or ours_first == theirs:
        return Standing.UNCLEAR
    return Standing.OLDER if ours_first < theirs else Standing.YOUNGER


def stops(standing: Standing, *, settled: bool, last_seen: datetime, now: datetime) -> bool:
    """Whether another engine keeps our entries away: not where we were first, it is gone, or a person has decided."""
    return standing is not Standing.OLDER and not settled and now - last_seen < ABSENT_AFTER


def words(*, mark: str, own: bool, orders: int, standing: Standing) -> str:
    """The finding in a sentence."""
    resting = f"{orders} {'order' if orders == 1 else 'orders'} of another engine (mark {mark}) rest at the venue"
    if own:
        return (
            f"{orders} {'order' if orders == 1 else 'orders'} with this installation's own mark {mark}, which this "
            "database does not know, rest at the venue: a restored backup or a copy of this installation"
        )
    why = {
        Standing.OLDER: "this engine was first and goes on",
        Standing.YOUNGER: "it was first",
        Standing.UNCLEAR: "which was first cannot be told",
    }
    return f"{resting}; {why[standing]}"
