"""Stops: where they stand, when they fire, and which of several binds. Pure; the price is an argument."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from signals.intent import Level, LevelKind
from trading.domain.grid import InstrumentRules
from trading.domain.money import HUNDRED, ZERO, ceil_to, exact, floor_to, pct_of
from trading.domain.refusal import Refusal, plain
from trading.domain.vocabulary import PositionSide


class StopKind(StrEnum):
    """What a stop follows."""

    FIXED = "fixed"
    ATR = "atr"
    SUPPORT = "support"
    TRAILING = "trailing"
    BREAK_EVEN = "break_even"
    EMERGENCY = "emergency"
    ALERT = "alert"  # the one that the entry's alert brought along


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
def own(*, side: PositionSide, average_entry: Decimal, level: Level, rules: InstrumentRules) -> Stop:
    """The stop that an alert asked for: a price stays where it is, a distance is counted from the average entry."""
    if level.kind is LevelKind.PRICE:
        return Stop(StopKind.ALERT, stop_price(side=side, reference=level.value, pct=ZERO, rules=rules))
    pct = level.value if level.kind is LevelKind.PCT else level.value / average_entry * HUNDRED
    return Stop(StopKind.ALERT, stop_price(side=side, reference=average_entry, pct=pct, rules=rules))


def support(*, side: PositionSide, level: Decimal, rules: InstrumentRules) -> Stop:
    """The support below a LONG, the resistance above a SHORT, chosen when it was entered."""
    return Stop(StopKind.SUPPORT, stop_price(side=side, reference=level, pct=ZERO, rules=rules))


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


def fired(stop: Stop | None, *, side: PositionSide, price: Decimal) -> bool:
    """Whether a price has reached the stop."""
    return stop is not None and side.sign * (price - stop.price) <= 0


@exact
def distance(
    *,
    side: PositionSide,
    entry: Decimal,
    kinds: Collection[StopKind],
    fixed_pct: Decimal,
    emergency_pct: Decimal,
    rules: InstrumentRules,
    level: Level | None = None,
    atr_quote: Decimal | None = None,
    atr_multiplier: Decimal = ZERO,
    support_price: Decimal | None = None,
) -> Decimal | Refusal:
    """How far, quote per base, an entry's first stop stands: what a size by risk and R are counted with.

    The tightest of the alert's own level, the chosen fixed, ATR and support stops and the emergency stop. Stops that
    stand only later (trailing, break-even) or whose number is not known count for nothing, nor does a support that a
    later pyramid's entry has passed. Legs below the entry bring the average nearer to a stop at a price, so the risk is
    never counted too small.
    """
    if entry <= 0:
        return Refusal(
            "PRICE_NOT_POSITIVE", "price", entry, ZERO, "A stop is counted from a price: none is known.", rules.quote
        )
    if level is not None and not level.is_near(entry):
        return _far_off(level, entry=entry, rules=rules)
    standing = [
        None if level is None else own(side=side, average_entry=entry, level=level, rules=rules),
        None
        if atr_quote is None or StopKind.ATR not in kinds
        else atr(side=side, average_entry=entry, atr_quote=atr_quote, multiplier=atr_multiplier, rules=rules),
        _below(support_price, side=side, entry=entry, rules=rules) if StopKind.SUPPORT in kinds else None,
        fixed(side=side, average_entry=entry, pct=fixed_pct, rules=rules) if StopKind.FIXED in kinds else None,
        emergency(side=side, average_entry=entry, pct=emergency_pct, rules=rules),
    ]
    wrong = next((stop for stop in standing if stop is not None and not _protects(stop, side=side, entry=entry)), None)
    if wrong is not None:
        return _wrong_side(wrong, side=side, entry=entry, rules=rules)
    return min(abs(entry - stop.price) for stop in standing if stop is not None)


def _below(level: Decimal | None, *, side: PositionSide, entry: Decimal, rules: InstrumentRules) -> Stop | None:
    """The support stop of an entry that is not beyond it already."""
    stop = None if level is None else support(side=side, level=level, rules=rules)
    return stop if stop is not None and _protects(stop, side=side, entry=entry) else None


def _protects(stop: Stop, *, side: PositionSide, entry: Decimal) -> bool:
    """Whether a stop fires neither at the entry itself nor only when as much as the whole entry is lost."""
    return not fired(stop, side=side, price=entry) and abs(entry - stop.price) < entry


def _far_off(level: Level, *, entry: Decimal, rules: InstrumentRules) -> Refusal:
    """A stop of 2 where the price is 61,000 is a percentage without its sign."""
    said = f"The alert's stop at {plain(level.value)} {rules.quote} can be no price of an entry at {plain(entry)}."
    advice = 'Send a price near it, or a distance with its sign, such as "2%".'
    return Refusal("STOP_FAR_OFF", "stop", level.value, entry, advice, rules.quote, said=said)


def _wrong_side(stop: Stop, *, side: PositionSide, entry: Decimal, rules: InstrumentRules) -> Refusal:
    """A stop that would fire at the entry itself, or too late to save anything."""
    where = "below" if side == PositionSide.LONG else "above"
    advice = (
        f"The {stop.kind} stop of a {side} stands {where} its entry, by less than 100 % of it; "
        "correct the alert's stop or the setting."
    )
    return Refusal("STOP_WRONG_SIDE", "stop", stop.price, entry, advice, rules.quote)
