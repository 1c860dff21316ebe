"""What a round may not end with, by name: lost, doubled, phantom, stuck. Pure: two sides' books in, findings out.

The evidence is the venue's own ledger and what the door answered; the accused are our rows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from trading.domain.order_state import RESTING, TERMINAL, OrderState

NOT_THERE = frozenset({OrderState.NEW, OrderState.DROPPED, OrderState.NOT_PLACED, OrderState.REJECTED})
# In these states we say that the venue has no such order.
UNSETTLED = frozenset(
    {OrderState.NEW, OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.CANCELLING, OrderState.NEEDS_HUMAN}
)


class Wrong(StrEnum):
    """How a promise can be broken."""

    LOST = "lost"  # it happened, or was promised, and we do not know of it
    DOUBLED = "doubled"  # it happened more often than it was decided
    PHANTOM = "phantom"  # we believe in what never happened
    STUCK = "stuck"  # it is neither done nor being done


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise, in words."""

    wrong: Wrong
    words: str


@dataclass(frozen=True, slots=True)
class OurOrder:
    """A row of ours. venue_id is empty until the venue has named it."""

    id: int
    client_id: str
    venue_id: str
    intent: str
    state: str


@dataclass(frozen=True, slots=True)
class TheirOrder:
    """An order in the venue's ledger; alive: it rests."""

    client_id: str
    venue_id: str
    alive: bool


@dataclass(frozen=True, slots=True)
class Execution:
    """One trade, on either side."""

    venue_id: str
    trade_id: str
    qty: Decimal
    price: Decimal
    fee: Decimal

    @property
    def key(self) -> tuple[str, str]:
        """What makes it one and not another."""
        return self.venue_id, self.trade_id


@dataclass(frozen=True, slots=True)
class Books:
    """Both sides' books of one account when the dust has settled."""

    ours: tuple[OurOrder, ...] = ()
    theirs: tuple[TheirOrder, ...] = ()
    our_fills: tuple[Execution, ...] = ()
    their_fills: tuple[Execution, ...] = ()


@dataclass(frozen=True, slots=True)
class Alerts:
    """What was promised and what is stored.

    promised: the ids that the door told, by the sender's own id. stored: the ids of the rows, by the same. outcomes,
    settled, pyramids: by a row's id, what it came to, how often that was said, and how often it entered.
    """

    promised: Mapping[str, frozenset[int]] = field(default_factory=dict)
    stored: Mapping[str, frozenset[int]] = field(default_factory=dict)
    outcomes: Mapping[int, str] = field(default_factory=dict)
    settled: Mapping[int, int] = field(default_factory=dict)
    pyramids: Mapping[int, int] = field(default_factory=dict)


def judge(books: Books) -> list[Finding]:
    """Everything that is wrong with an account's books."""
    return [*_orders(books), *_doubles(books), *_fills(books), *_stuck(books)]


def judge_alerts(alerts: Alerts) -> list[Finding]:
    """Everything that is wrong with what became of the alerts."""
    found = [*_kept(alerts)]
    found += [
        Finding(Wrong.STUCK, f"alert {i} has no outcome") for i, outcome in alerts.outcomes.items() if not outcome
    ]
    found += [Finding(Wrong.DOUBLED, f"alert {i} was settled {n} times") for i, n in alerts.settled.items() if n > 1]
    return found + [Finding(Wrong.DOUBLED, f"alert {i} entered {n} times") for i, n in alerts.pyramids.items() if n > 1]


def _kept(alerts: Alerts) -> Iterator[Finding]:
    """What the door has taken is stored, under the id that it told, and once, however often it was sent."""
    nowhere: frozenset[int] = frozenset()
    for name in sorted(alerts.promised.keys() | alerts.stored.keys()):
        told, stored = alerts.promised.get(name, nowhere), alerts.stored.get(name, nowhere)
        if name in alerts.promised and not stored:
            yield Finding(Wrong.LOST, f"alert {name} was promised and is not stored")
        elif told - stored:
            yield Finding(Wrong.LOST, f"alert {name} was promised as {sorted(told)} and is stored as {sorted(stored)}")
        if len(told | stored) > 1:
            yield Finding(Wrong.DOUBLED, f"alert {name} is there {len(told | stored)} times: {sorted(told | stored)}")


def _orders(books: Books) -> Iterator[Finding]:
    """What rests or rested on one side only."""
    theirs = {order.client_id: order for order in books.theirs}
    for order in books.ours:
        their = theirs.get(order.client_id)
        if their is None and order.state not in NOT_THERE | UNSETTLED:
            yield Finding(Wrong.PHANTOM, f"order {order.id} is {order.state} and was never there")
        elif their is not None and order.state in NOT_THERE:
            yield Finding(Wrong.LOST, f"order {order.id} is {order.state} and is there")
        elif their is not None and their.alive and order.state in TERMINAL:
            yield Finding(Wrong.LOST, f"order {order.id} is {order.state} and still rests there")
        elif their is not None and not their.alive and order.state in RESTING:
            yield Finding(Wrong.PHANTOM, f"order {order.id} is {order.state} and rests no more")


def _doubles(books: Books) -> Iterator[Finding]:
    """One order there for each intent and name, and none that we did not mean."""
    ours = {order.client_id: order for order in books.ours}
    names = Counter(order.client_id for order in books.theirs)
    yield from (Finding(Wrong.DOUBLED, f"{name} is there {n} times") for name, n in names.items() if n > 1)
    yield from (Finding(Wrong.DOUBLED, f"{name} is there and no order of ours") for name in names if name not in ours)
    intents = Counter(ours[name].intent for name in names if name in ours)
    yield from (Finding(Wrong.DOUBLED, f"intent {key} is there {n} times") for key, n in intents.items() if n > 1)


def _fills(books: Books) -> Iterator[Finding]:
    """Every execution is recorded once, to the last digit, and nothing else is."""
    theirs, ours = {fill.key: fill for fill in books.their_fills}, {fill.key: fill for fill in books.our_fills}
    yield from (Finding(Wrong.LOST, f"trade {key} is not recorded") for key in theirs if key not in ours)
    yield from (Finding(Wrong.PHANTOM, f"fill {key} was never executed") for key in ours if key not in theirs)
    both = [key for key in ours if key in theirs and ours[key] != theirs[key]]
    yield from (Finding(Wrong.PHANTOM, f"fill {key}: recorded {ours[key]}, executed {theirs[key]}") for key in both)
    counts = Counter(fill.key for fill in books.our_fills)
    yield from (Finding(Wrong.DOUBLED, f"fill {key} is recorded {n} times") for key, n in counts.items() if n > 1)


def _stuck(books: Books) -> Iterator[Finding]:
    """What should have come to its end by now, or waits for a person."""
    yield from (Finding(Wrong.STUCK, f"order {o.id} is {o.state}") for o in books.ours if o.state in UNSETTLED)
