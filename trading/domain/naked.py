"""The rule that every filled quantity has an exit: resting, watched, or waived by name. Pure.

A stop counts for less than a target: with a stop alone the position can only be lost, so it is mended and told, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from signals.listing import MarketState
from trading.domain.grid import InstrumentRules
from trading.domain.money import ZERO, exact
from trading.domain.take_profit import Remainder, remainder

SWEEP = timedelta(seconds=10)
# The exits sweep mends what it can; what it finds again after this long is told.


class Cover(StrEnum):
    """How a held quantity is covered."""

    COVERED = "COVERED"
    TOO_SMALL = "TOO_SMALL"  # no order can carry it: it waits for the next leg, or is dust
    WAIVED = "WAIVED"
    STOP_ONLY = "STOP_ONLY"  # a stop rests or is watched, nothing takes a profit
    NAKED = "NAKED"

    @property
    def wrong(self) -> bool:
        """Whether it has to be mended."""
        return self in (Cover.STOP_ONLY, Cover.NAKED)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a group holds and what would sell it; base or contracts.

    promised_qty: exits that rest, are on their way or undecided. late_qty: of exits that were decided and could not leave
    within a sweep; they promise nothing. reserved_qty: decided to be sold, targets make room for it. stopped: a stop
    rests at the venue or stands watched. waived_qty: a person has said, by name, that this much needs no exit.
    """

    qty: Decimal
    promised_qty: Decimal = ZERO
    late_qty: Decimal = ZERO
    reserved_qty: Decimal = ZERO
    stopped: bool = False
    waived_qty: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Covering:
    """The verdict; qty is what has no exit but at most a stop."""

    cover: Cover
    qty: Decimal


@exact
def covering(holding: Holding, *, price: Decimal, rules: InstrumentRules) -> Covering:
    """How the whole of a position is covered, judged by its worst part; price is quote."""
    bare = holding.qty - (holding.promised_qty - holding.late_qty) - holding.reserved_qty
    if bare <= 0:
        return Covering(Cover.COVERED, ZERO)
    left = remainder(bare, price=price, rules=rules)
    if left is not Remainder.SELLABLE:
        return Covering(Cover.TOO_SMALL, bare)
    if remainder(bare - holding.waived_qty, price=price, rules=rules) is not Remainder.SELLABLE:
        return Covering(Cover.WAIVED, bare)
    return Covering(Cover.STOP_ONLY if holding.stopped else Cover.NAKED, bare)


class Why(StrEnum):
    """What keeps the exit away, the cause that has to be mended first."""

    ACCOUNT = "ACCOUNT"
    DELISTED = "DELISTED"
    HALTED = "HALTED"
    REFUSED = "REFUSED"
    NOT_SENT = "NOT_SENT"
    PLANNED = "PLANNED"


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What may be in an exit's way. refused: what the venue answered to the last one; health: the account's code."""

    market: MarketState
    health: str = ""
    refused: str = ""
    late: bool = False


def why(found: Obstacles) -> Why:
    """The first obstacle: without an account nothing leaves, without a market nothing is taken."""
    if found.health in _NOTHING_LEAVES:
        return Why.ACCOUNT
    by_market = {MarketState.DELISTED: Why.DELISTED, MarketState.HALTED: Why.HALTED}.get(found.market)
    if by_market is not None:
        return by_market
    if found.refused:
        return Why.REFUSED
    return Why.NOT_SENT if found.late else Why.PLANNED


_NOTHING_LEAVES = frozenset(
    {"KEYS_REFUSED", "LIVE_NOT_ALLOWED", "MAINTENANCE", "UNSAFE_ENDPOINT", "UNSUPPORTED_VENUE"}
    | {"VAULT_CLOSED", "VENUE_NOT_REACHED"}
)
ADVICE: Mapping[Why, str] = MappingProxyType(
    {
        Why.ACCOUNT: "Nothing leaves for this account now; its line above says what to do. Sell by hand at the venue if "
        "you cannot wait: it is found here, and can be adopted.",
        Why.DELISTED: "The venue has closed this market: what it converts is written down here by itself.",
        Why.HALTED: "The venue has halted this market: the exit is sent when it trades again.",
        Why.REFUSED: "The venue refuses the exit; it is tried again, less and less often. Close the group at market, or sell "
        "by hand at the venue and adopt it here.",
        Why.NOT_SENT: "The exit is decided and has not left: look at the trading mode, and at the exits worker under Tasks.",
        Why.PLANNED: "An exit is being planned. If this lasts, close the group at market.",
    }
)


def may_tell(*, since: datetime, now: datetime) -> bool:
    """Whether a sweep has had its chance to mend it."""
    return now - since >= SWEEP
