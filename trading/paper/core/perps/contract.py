"""A perpetual contract and its leverage brackets, all in atoms."""

from dataclasses import dataclass

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Bracket:
    """Positions worth from floor to cap (quote): the greatest leverage, the maintenance rate, and its offset."""

    floor: int
    cap: int
    leverage: int
    rate: int
    offset: int


@dataclass(frozen=True, slots=True)
class Contract(Instrument):
    """A linear perpetual, settled in its quote asset; quantities are base units."""

    brackets: tuple[Bracket, ...] = ()
    multiplier: int = atoms.SCALE
    # Base units of one contract, where a venue counts in contracts.
    follows: str = ""
    # The spot pair whose prices it follows; empty = the pair of the same name.
    band_bps: int = 500
    # A buy limit may lie at most this far above the mark price, a sell limit at most this far below.
    max_algo_orders: int = 10
    liquidation_rate: int = 0
    # Of a liquidated position's notional goes to the insurance fund, as far as its margin reaches.

    @property
    def max_leverage(self) -> int:
        """The leverage of the smallest positions."""
        return self.brackets[0].leverage

    def bracket(self, notional: int) -> Bracket:
        """The bracket of a position's notional; beyond the last cap the last one."""
        return next((one for one in self.brackets if notional <= one.cap), self.brackets[-1])

    def cap(self, leverage: int) -> int:
        """The greatest notional that may be held at a leverage."""
        return max((one.cap for one in self.brackets if one.leverage >= leverage), default=0)

    def maintenance(self, notional: int) -> int:
        """The margin below which a position of this notional is liquidated."""
        found = self.bracket(notional)
        return max(0, atoms.times_up(notional, found.rate) - found.offset)


def brackets(rows: list[tuple[int, int, int]]) -> tuple[Bracket, ...]:
    """Brackets from (cap, greatest leverage, maintenance rate), each offset so that the margin never jumps."""
    made: list[Bracket] = []
    floor = offset = before = 0
    for cap, leverage, rate in rows:
        offset += atoms.times(floor, rate - before)
        made.append(Bracket(floor=floor, cap=cap, leverage=leverage, rate=rate, offset=offset))
        floor, before = cap, rate
    return tuple(made)
