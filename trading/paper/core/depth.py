"""The synthetic market side: levels of liquidity around the current price.

It refills after every order, so it needs no memory and a restart finds it unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import Side


@dataclass(frozen=True, slots=True)
class Depth:
    """The shape of the market side."""

    spread_ticks: int = 2
    levels: int = 20
    level_notional: int = 250_000 * atoms.SCALE
    step_bps: int = 1
    # Distance between neighbouring levels, at least one tick.


@dataclass(frozen=True, slots=True)
class Quote:
    """One price level: qty offered at price, atoms."""

    price: int
    qty: int


def levels(side: Side, *, price: int, instrument: Instrument, depth: Depth) -> Iterator[Quote]:
    """Levels that an order of `side` can take, best first: asks for a BUY, bids for a SELL."""
    if price <= 0:
        return
    tick = instrument.tick_size
    sign = 1 if side is Side.BUY else -1
    half_spread = (depth.spread_ticks + 1) // 2 * tick
    step = max(tick, atoms.floor_to(price * depth.step_bps // 10_000, tick))
    for index in range(depth.levels):
        at = price + sign * (half_spread + index * step)
        if at <= 0:
            return
        qty = atoms.floor_to(depth.level_notional * atoms.SCALE // at, instrument.lot_step)
        if qty:
            yield Quote(price=at, qty=qty)
