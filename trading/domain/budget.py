"""A venue's rate limit as one budget: a bucket that refills, of which each kind of call leaves a part to the next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

BURST_SHARE = 0.25
# Of the limit: so much at once, the rest as it refills. Burst and refill of any stretch together are the limit.


class Call(StrEnum):
    """What a call at a venue is for."""

    READ = "read"
    ENTRY = "entry"
    EXIT = "exit"
    CANCEL = "cancel"


FLOORS: Mapping[Call, float] = MappingProxyType({Call.READ: 0.4, Call.ENTRY: 0.3, Call.EXIT: 0.1, Call.CANCEL: 0.0})
# Of the bucket: what a call must leave there. Whatever reads and entries use, exits and cancels have the last 30 %, and
# whatever exits use, cancels the last 10 %: an exit often waits for one, as it sells what a resting target holds.
KEPT_FOR_EXITS = frozenset({Call.EXIT, Call.CANCEL})
LOCAL_SHARE = 0.1
# Of the limit, for a process that cannot ask the others: about ten of them ask the venue.


@dataclass(frozen=True, slots=True)
class Budget:
    """A bucket; tokens are the venue's own request weight."""

    burst: float
    per_sec: float

    def floor(self, call: Call, weight: float) -> float:
        """What must be left after a call; one heavier than the bucket may have it whole."""
        return min(FLOORS[call] * self.burst, max(0.0, self.burst - weight))

    def share(self, part: float) -> "Budget":
        """A part of it."""
        return Budget(self.burst * part, self.per_sec * part)


@dataclass(frozen=True, slots=True)
class Bucket:
    """How full it is, at a time in seconds of any steady clock."""

    tokens: float
    at: float


def of_limit(weight: float, secs: float = 60.0) -> Budget:
    """The budget that keeps every stretch of so many seconds within a limit."""
    return Budget(weight * BURST_SHARE, weight * (1 - BURST_SHARE) / secs)


def take(bucket: Bucket, budget: Budget, *, call: Call, weight: float, at: float) -> tuple[Bucket, float]:
    """Spend, or say in how many seconds it may be tried again; 0: it was spent.

    A weight above the bucket is spent when the bucket is full, and paid off afterwards.
    """
    tokens = min(budget.burst, bucket.tokens + max(0.0, at - bucket.at) * budget.per_sec)
    asked = Bucket(tokens, max(at, bucket.at))
    lacking = min(weight, budget.burst) + budget.floor(call, weight) - tokens
    if lacking > 1e-9:
        return asked, lacking / budget.per_sec
    return Bucket(tokens - weight, asked.at), 0.0
