"""Maker and taker fees, taken out of the received asset."""

from dataclasses import dataclass

from trading.paper.core import atoms

BPS = atoms.SCALE // 10_000
# One basis point as a rate in atoms.


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Rates in atoms of 1, so 100 000 is 0.1 %."""

    maker: int = 10 * BPS
    taker: int = 10 * BPS

    def fee(self, received: int, *, maker: bool) -> int:
        """The fee on a received amount, rounded down to an atom."""
        return atoms.times(received, self.maker if maker else self.taker)
