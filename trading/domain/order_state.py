"""The life of an order: one transition table, what a venue's report makes of a state, and proof of absence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class OrderState(StrEnum):
    """Where an order stands in our books."""

    NEW = "NEW"
    SUBMITTING = "SUBMITTING"
    OPEN = "OPEN"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLING = "CANCELLING"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    NOT_PLACED = "NOT_PLACED"
    NEEDS_HUMAN = "NEEDS_HUMAN"
    DROPPED = "DROPPED"


class VenueStatus(StrEnum):
    """What a venue says of an order; a partial fill is OPEN with a filled quantity."""

    OPEN = "OPEN"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


S = OrderState

TERMINAL = frozenset({S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED, S.NOT_PLACED, S.DROPPED})
RESTING = frozenset({S.OPEN, S.PARTIALLY_FILLED, S.CANCELLING})
UNDECIDED = frozenset({S.SUBMITTING, S.UNKNOWN, S.NEEDS_HUMAN})
# An undecided order may be on the book: it holds its slot, its funds and its promised quantity.
SOUGHT = frozenset({S.UNKNOWN, S.NEEDS_HUMAN})
# Nobody is about to say what became of it: that may take a minute, or a person.
SOON = UNDECIDED - {S.NEEDS_HUMAN}
# What became of it is found out by us, in a minute at most; without those only a person is still waited for.
UNTOUCHABLE = UNDECIDED | {S.CANCELLING}
# It cannot be cancelled now: it is on its way to the book, or leaves it already. One that is still NEW can: it is dropped,
# and the venue never sees what no longer fits.

TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = MappingProxyType(
    {
        # DROPPED without a call: kill, stale, or the group closed before the order left.
        S.NEW: frozenset({S.SUBMITTING, S.DROPPED}),
        # CANCELED and EXPIRED at once: IOC, FOK, GTX and self-trade prevention end inside the call.
        S.SUBMITTING: frozenset({S.OPEN, S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED, S.UNKNOWN}),
        # REJECTED after it was accepted: a stop that triggers is judged once more, and the book may refuse it.
        # UNKNOWN, here and below: a stop that fired, or was forgotten, without a word of the order that it became.
        S.OPEN: frozenset({S.PARTIALLY_FILLED, S.FILLED, S.CANCELLING, S.CANCELED, S.EXPIRED, S.REJECTED, S.UNKNOWN}),
        S.PARTIALLY_FILLED: frozenset({S.FILLED, S.CANCELLING, S.CANCELED, S.EXPIRED, S.REJECTED}),
        # Back to OPEN or PARTIALLY_FILLED: the venue refused the cancel. FILLED: the fill was faster.
        S.CANCELLING: frozenset({S.CANCELED, S.FILLED, S.EXPIRED, S.REJECTED, S.OPEN, S.PARTIALLY_FILLED, S.UNKNOWN}),
        # Never back to SUBMITTING: an undecided order is looked up, not sent again.
        S.UNKNOWN: frozenset(
            {
                S.OPEN,
                S.PARTIALLY_FILLED,
                S.FILLED,
                S.CANCELED,
                S.EXPIRED,
                S.REJECTED,
                S.NOT_PLACED,
                S.NEEDS_HUMAN,
            }
        ),
        # Only a person ends it, and only for good.
        S.NEEDS_HUMAN: TERMINAL,
        # A late fill adds quantity to CANCELED, EXPIRED or any other end without leaving it.
        **dict.fromkeys(TERMINAL, frozenset[OrderState]()),
    }
)

_SAID: Mapping[VenueStatus, OrderState] = MappingProxyType(
    {
        VenueStatus.OPEN: S.OPEN,
        VenueStatus.FILLED: S.FILLED,
        VenueStatus.CANCELED: S.CANCELED,
        VenueStatus.EXPIRED: S.EXPIRED,
        VenueStatus.REJECTED: S.REJECTED,
    }
)


def allowed(current: OrderState, to: OrderState) -> bool:
    """Whether an order may go from one state to the other."""
    return to in TRANSITIONS[current]


def latest_filled(known: Decimal, reported: Decimal) -> Decimal:
    """Filled quantity after a report: it never falls, whatever a stale report says."""
    return max(known, reported)


def advance(
    current: OrderState,
    *,
    venue_status: VenueStatus,
    filled_qty: Decimal,
    qty: Decimal,
    cancel_refused: bool = False,
) -> OrderState:
    """The state after a venue's report; the current one where the report is stale or the order has ended.

    filled_qty is the largest quantity known so far (latest_filled), qty what was ordered, both base.
    cancel_refused: the venue declined our cancel, so an OPEN report takes CANCELLING back to the book.
    """
    reported = _reported(venue_status, filled_qty=filled_qty, qty=qty)
    if current == S.NEEDS_HUMAN or not allowed(current, reported):
        return current
    if current == S.CANCELLING and reported in RESTING and not cancel_refused:
        return current
    return reported


def _reported(status: VenueStatus, *, filled_qty: Decimal, qty: Decimal) -> OrderState:
    """What the report alone says: a whole fill is FILLED even when the status has not caught up."""
    if filled_qty >= qty:
        return S.FILLED
    if status == VenueStatus.OPEN and filled_qty > 0:
        return S.PARTIALLY_FILLED
    return _SAID[status]


@dataclass(frozen=True, slots=True)
class TimingProfile:
    """How long things may take. `validity` is how long a decided order may stay unsent."""

    name: str
    validity: timedelta
    receive_window: timedelta
    poll_interval: timedelta
    polls: int
    safety: timedelta
    margin: timedelta


PRODUCTION = TimingProfile(
    name="production",
    validity=timedelta(seconds=5),
    receive_window=timedelta(seconds=5),
    poll_interval=timedelta(seconds=5),
    polls=3,
    safety=timedelta(seconds=10),
    margin=timedelta(seconds=2),
)
FAST = TimingProfile(
    name="fast",
    validity=timedelta(milliseconds=500),
    receive_window=timedelta(milliseconds=500),
    poll_interval=timedelta(milliseconds=200),
    polls=3,
    safety=timedelta(milliseconds=200),
    margin=timedelta(milliseconds=50),
)
TIMING_PROFILES: Mapping[str, TimingProfile] = MappingProxyType({p.name: p for p in (FAST, PRODUCTION)})


class LookupVerdict(StrEnum):
    """What a look-up that found nothing makes of an UNKNOWN order."""

    KEEP_LOOKING = "KEEP_LOOKING"
    NOT_PLACED = "NOT_PLACED"
    NEEDS_HUMAN = "NEEDS_HUMAN"


@dataclass(frozen=True, slots=True)
class AbsenceEvidence:
    """What we know about an order the venue does not find by id.

    polls_without_trace counts look-ups by id at least one poll interval apart; request_expiry says that the venue
    refuses a signature older than its receive window; unexplained_change is one of balance or position;
    others_undecided says that it may be the doing of another order, which has not been looked for often enough yet, or
    of a kill whose sales are not booked yet.
    """

    venue_now: datetime
    valid_until: datetime
    receive_window: timedelta
    polls_without_trace: int
    in_open_orders: bool
    in_trades: bool
    unexplained_change: bool
    request_expiry: bool
    others_undecided: bool = False


def dead_at(*, valid_until: datetime, receive_window: timedelta, timing: TimingProfile) -> datetime:
    """When a request signed at the last moment can no longer be accepted, on the venue's clock."""
    return valid_until + receive_window + timing.safety + timing.margin


def after_lookup(evidence: AbsenceEvidence, *, timing: TimingProfile) -> LookupVerdict:
    """Proof of absence: all of time, polls, books and balance, or the search goes on, or a person decides.

    A trace in open orders or trades means it exists: the next look-up by the id found there settles it.
    """
    deadline = dead_at(valid_until=evidence.valid_until, receive_window=evidence.receive_window, timing=timing)
    if evidence.in_open_orders or evidence.in_trades:
        return LookupVerdict.KEEP_LOOKING
    if evidence.polls_without_trace < timing.polls or evidence.venue_now <= deadline:
        return LookupVerdict.KEEP_LOOKING
    if evidence.unexplained_change and evidence.others_undecided:
        return LookupVerdict.KEEP_LOOKING
    provable = evidence.request_expiry and not evidence.unexplained_change
    return LookupVerdict.NOT_PLACED if provable else LookupVerdict.NEEDS_HUMAN


def next_poll_at(polled_at: datetime, *, timing: TimingProfile) -> datetime:
    """When the next look-up is far enough from the last one to count as its own."""
    return polled_at + timing.poll_interval
