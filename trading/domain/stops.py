"""Stops: where they stand, when they fire, and which of several binds. Pure; the price is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading.domain.grid import InstrumentRules
from trading.domain.money import HUNDRED, ZERO, ceil_to, exact, floor_to, pct_of
from trading.domain.vocabulary import PositionSide


class StopKind(StrEnum):
    """What a stop follows."""

    FIXED = "fixed"
    ATR = "atr"
    SUPPORT = "support"
    TRAILING = "trailing"
    BREAK_EVEN = "break_even"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Stop:
    """A price, quote, at which the position is closed."""

    kind: StopKind
    price: Decimal


@dataclass(frozen=True, slots=True)
class Trail:
    """What a trailing stop remembers: the best price since it was armed, None until its activation."""

    best: Decimal | None = None


@exact
def stop_price(*, side: PositionSide, reference: Decimal, pct: Decimal, rules: InstrumentRules) -> Decimal:
    """A price pct percent on the losing side of the reference, on the tick that is nearer to it (loses less)."""
    raw = reference - side.sign * pct_of(reference, pct)
    return ceil_to(raw, rules.tick_size) if side == PositionSide.LONG else floor_to(raw, rules.tick_size)


def fixed(*, side: PositionSide, average_entry: Decimal, pct: Decimal, rules: InstrumentRules) -> Stop:
    """A fixed percentage from the average entry; averaging moves it, because the average is an argument."""
    return Stop(StopKind.FIXED, stop_price(side=side, reference=average_entry, pct=pct, rules=rules))


def emergency(*, side: PositionSide, average_entry: Decimal, pct: Decimal, rules: InstrumentRules) -> Stop:
    """The last resort that stands whatever the other stops are."""
    return Stop(StopKind.EMERGENCY, stop_price(side=side, reference=average_entry, pct=pct, rules=rules))


@exact
def atr(
    *, side: PositionSide, average_entry: Decimal, atr_quote: Decimal, multiplier: Decimal, rules: InstrumentRules
) -> Stop:
    """So many average true ranges (quote) from the average entry."""
    pct = atr_quote * multiplier / average_entry * HUNDRED
    return Stop(StopKind.ATR, stop_price(side=side, reference=average_entry, pct=pct, rules=rules))


def break_even(
    *,
    side: PositionSide,
    break_even_price: Decimal | None,
    targets_closed: int,
    after_targets: int,
    rules: InstrumentRules,
) -> Stop | None:
    """A stop at the price where net PnL is 0, once so many targets have closed; after_targets 0 = never."""
    if break_even_price is None or after_targets == 0 or targets_closed < after_targets:
        return None
    price = stop_price(side=side, reference=break_even_price, pct=ZERO, rules=rules)
    return Stop(StopKind.BREAK_EVEN, price)


@exact
def trail(
    state: Trail, *, side: PositionSide, average_entry: Decimal, price: Decimal, activation_pct: Decimal
) -> Trail:
    """What a trailing stop remembers after a price: armed at the activation gain, then the best price since."""
    if state.best is not None:
        return Trail(max(state.best, price) if side == PositionSide.LONG else min(state.best, price))
    gain_pct = side.sign * (price - average_entry) / average_entry * HUNDRED
    return Trail(price) if gain_pct >= activation_pct else state


def trailing(state: Trail, *, side: PositionSide, distance_pct: Decimal, rules: InstrumentRules) -> Stop | None:
    """The stop that follows the best price at a distance; None until armed."""
    if state.best is None:
        return None
    return Stop(StopKind.TRAILING, stop_price(side=side, reference=state.best, pct=distance_pct, rules=rules))


def tightest(stops: Iterable[Stop | None], *, side: PositionSide) -> Stop | None:
    """The stop that fires first: the highest for LONG, the lowest for SHORT; the first given wins a tie."""
    standing = [stop for stop in stops if stop is not None]
    return max(standing, key=lambda stop: side.sign * stop.price, default=None)


def fired(stop: Stop | None, *, side: PositionSide, price: Decimal) -> bool:
    """Whether a price has reached the stop."""
    return stop is not None and side.sign * (price - stop.price) <= 0
