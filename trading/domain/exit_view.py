"""What is known when a group's exits are decided, and what such a decision says. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from risk.domain.limits import CLOCKS_APART_SECS
from signals.intent import Level
from trading.domain.grid import InstrumentRules, target_price
from trading.domain.money import ZERO, total
from trading.domain.position import Position
from trading.domain.settings_groups import ExitSettings
from trading.domain.swings import Swing
from trading.domain.take_profit import Cancel, Held, LegHolding, Place, RestingTarget
from trading.domain.vocabulary import MarketKind, PositionSide


class ExitReason(StrEnum):
    """Why a watched exit closes a group; the group's close reason."""

    AGGREGATE_TARGET = "AGGREGATE_TARGET"
    STOP_ALERT = "STOP_ALERT"
    STOP_ATR = "STOP_ATR"
    STOP_BREAK_EVEN = "STOP_BREAK_EVEN"
    STOP_EMERGENCY = "STOP_EMERGENCY"
    STOP_FIXED = "STOP_FIXED"
    STOP_SUPPORT = "STOP_SUPPORT"
    STOP_TRAILING = "STOP_TRAILING"
    TIME_EXIT = "TIME_EXIT"


@dataclass(frozen=True, slots=True)
class Prices:
    """A market's prices, quote. mark is futures' only; where it is not known, last stands in for it.

    at: when they were asked for; None: just now.
    """

    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal | None = None
    at: datetime | None = None

    def triggering(self, kind: MarketKind) -> Decimal:
        """The price that stops look at: last on spot, mark on futures, so that a single wild trade fires none."""
        return self.mark if kind.derivative and self.mark is not None else self.last

    def leaving(self, side: PositionSide) -> Decimal:
        """What closing at market would get: the bid for a LONG, the ask for a SHORT."""
        return self.bid if side == PositionSide.LONG else self.ask

    def since(self, fill_at: datetime | None, *, now: datetime) -> bool:
        """Whether they know of the last fill: the average has moved with it, and what was before says nothing of it."""
        if self.at is None or fill_at is None or fill_at > now + CLOCKS_APART:
            return True
        return self.at >= fill_at

    def young(self, stale_after: timedelta | None, *, now: datetime) -> bool:
        """Whether they are not older than that, and not from the future; None: age does not matter."""
        return self.at is None or stale_after is None or -CLOCKS_APART <= now - self.at <= stale_after


CLOCKS_APART = timedelta(seconds=CLOCKS_APART_SECS)
# A fill further ahead than that was written by another clock: waiting for a later price would leave the stops asleep.
# A price further ahead was written before the clock was set back: nobody knows how old it is.


@dataclass(frozen=True, slots=True)
class Levels:
    """What the market's history said when the group was entered, quote, as far as it was asked.

    All of it stays as it is for the group's life: a stop that widens because the market has become wild protects
    nobody, and sizes were counted with these numbers. risk_quote is R, the distance from the entry to its first stop.
    """

    atr_quote: Decimal | None = None
    support: Decimal | None = None  # a SHORT's resistance
    risk_quote: Decimal | None = None
    swing: Swing | None = None
    timeframe_secs: int | None = None  # of the candles it was read from


NOTHING_KNOWN = Levels()


@dataclass(frozen=True, slots=True)
class RungState:
    """A rung of the exit ladder: what its targets have taken out, base, and those that rest, at one price.

    One order carries a rung, or as many as it takes where the venue takes less at once.
    """

    number: int  # from 0
    closed_qty: Decimal
    resting: tuple[RestingTarget, ...] = ()

    @property
    def resting_qty(self) -> Decimal:
        """What its targets still promise, base."""
        return total(order.qty for order in self.resting)


@dataclass(frozen=True, slots=True)
class ExitView:
    """A group as its exits see it.

    peak: the best price since the trailing stop was armed, None before; it is kept between calls (new_peak).
    targets_taken: how many targets have filled (take_profit.taken). last_fill: the price of the fill that changed the
    position last, entry or exit; last_fill_at: when that was, by the venue. aggregate: the resting target for the whole group, kept here until all its fills
    are recorded. alert_stop: the stop that the entry's alert asked for. reserved_qty: base set aside for a reduction
    that is decided and not filled; targets make room for it. rungs: those of the exit ladder that ever had a target.
    """

    side: PositionSide
    holdings: tuple[LegHolding, ...]
    position: Position
    opened_at: datetime
    peak: Decimal | None = None
    targets_taken: int = 0
    last_fill: Decimal | None = None
    aggregate: RestingTarget | None = None
    alert_stop: Level | None = None
    reserved_qty: Decimal = ZERO
    rungs: tuple[RungState, ...] = ()
    last_fill_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlaceAggregate:
    """Rest one target for everything that is held."""

    qty: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class PlaceRung:
    """Rest a target for one rung of the exit ladder; part: which of those that are placed for it at once, from 0."""

    number: int
    qty: Decimal
    price: Decimal
    part: int = 0


ExitAction = Place | PlaceAggregate | PlaceRung | Cancel


@dataclass(frozen=True, slots=True)
class Watched:
    """An exit that rests nowhere and is fired by us. trigger_price None: it does not stand yet, note says why."""

    kind: ExitReason
    trigger_price: Decimal | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """The group is to be closed now. trigger_price is None for a time exit, live_price where no price is known."""

    reason: ExitReason
    trigger_price: Decimal | None
    live_price: Decimal | None
    words: str


@dataclass(frozen=True, slots=True)
class ExitDecision:
    """What to place and take back, what is watched, and what has fired; with fired there are no actions.

    waiting: what is held but too small for an order of its own, so that nothing is without a name.
    """

    actions: tuple[ExitAction, ...]
    fired: Fired | None
    watch: tuple[Watched, ...]
    new_peak: Decimal | None
    waiting: Held | None


def aggregate_price(group: ExitView, *, settings: ExitSettings, rules: InstrumentRules) -> Decimal | None:
    """The average entry and the target's percentage, on the tick in our favour; None while nothing is held."""
    average = group.position.average_entry
    if average is None or group.position.qty <= 0:
        return None
    return target_price(side=group.side, price=average, take_profit_pct=settings.tp_aggregate_pct, rules=rules)
