"""A market made of chance: strangers' orders arrive, trade at the touch, and move the price by their size.

Pure: the generator is seeded, times are seconds of the flow's own clock. Prices are kept as floats here and leave as
atoms on the instrument's tick.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Side
from trading.paper.market.chance import Beta, LogNormal, drift, gap_secs, impact

DAY_SECS = 86_400.0

NOTIONAL = LogNormal(median=20_000.0, sigma=1.2)
# Quote a trade.

REACHED = Beta(alpha=2.0, beta=5.0)
# The part of a trade that reaches customers at its price; the rest trades with strangers who were there before.


@dataclass(frozen=True, slots=True)
class Shape:
    """What the chance is like. Times are of the source, which runs `speed` times as fast as the wall clock."""

    rate_per_sec: float = 4 / 60
    # At a speed of 60 four trades a wall second.
    notional: LogNormal = NOTIONAL
    reached: Beta = REACHED
    day_volatility: float = 0.03
    strength: float = 0.7

    @property
    def day_notional(self) -> float:
        """Quote traded in a day, on average."""
        return self.rate_per_sec * DAY_SECS * self.notional.mean


@dataclass(frozen=True, slots=True)
class Arrival:
    """One stranger's trade: seconds of the flow's clock, atoms; customers may have `reached` of it, at least a lot."""

    at_secs: float
    price: int
    qty: int
    reached: int
    aggressor: Side


@dataclass(slots=True)
class Flow:
    """The strangers' trades of one market, one after the other."""

    instrument: Instrument
    shape: Shape
    random: Random
    middle: float
    at_secs: float = 0.0
    _waiting: Arrival | None = field(default=None)

    def until(self, secs: float) -> Iterator[Arrival]:
        """The trades up to a time."""
        while (arrival := self._waiting or self._next()).at_secs <= secs:
            self._waiting = None
            yield arrival
        self._waiting = arrival

    def push(self, side: Side, qty: int) -> None:
        """Somebody else's order has traded, and moves the price as any other."""
        notional = qty * self.middle / atoms.SCALE
        self._move(self._impact(side, notional))

    def _next(self) -> Arrival:
        random, shape = self.random, self.shape
        gap = gap_secs(random, rate_per_sec=shape.rate_per_sec)
        self.at_secs += gap
        side = random.choice((Side.BUY, Side.SELL))
        notional, ratio = shape.notional.draw(random), shape.reached.draw(random)
        self._move(drift(random, secs=gap, volatility=shape.day_volatility) + self._impact(side, notional))
        return self._arrival(side, notional, ratio)

    def _arrival(self, side: Side, notional: float, ratio: float) -> Arrival:
        lot = self.instrument.lot_step
        qty = max(lot, atoms.floor_to(int(notional / self.middle * atoms.SCALE), lot))
        return Arrival(self.at_secs, self.price, qty, max(lot, atoms.floor_to(int(qty * ratio), lot)), side)

    def _impact(self, side: Side, notional: float) -> float:
        participation = notional / self.shape.day_notional * (1 if side is Side.BUY else -1)
        return impact(participation, volatility=self.shape.day_volatility, strength=self.shape.strength)

    def _move(self, by: float) -> None:
        self.middle *= math.exp(by)

    @property
    def price(self) -> int:
        """The price now, atoms on a tick, at least one."""
        tick = self.instrument.tick_size
        return max(tick, round(self.middle * atoms.SCALE / tick) * tick)
