"""What a trade does to a position. Cost is kept as Σ price × qty without division, so nothing is lost to rounding."""

from dataclasses import dataclass

from trading.paper.core import atoms
from trading.paper.core.perps.orders import PositionSide


@dataclass(slots=True)
class Position:
    """What an account holds of a contract. qty is signed, atoms; cost is Σ price × |qty| in squared atoms, ≥ 0."""

    symbol: str
    side: PositionSide
    qty: int = 0
    cost: int = 0
    isolated_wallet: int = 0
    updated_ms: int = 0

    @property
    def entry_price(self) -> int:
        """The average entry price, rounded down; 0 when flat."""
        return self.cost // abs(self.qty) if self.qty else 0

    def notional(self, mark: int) -> int:
        """Its worth at a price, quote atoms, rounded up."""
        return atoms.times_up(mark, abs(self.qty))

    def unrealised(self, mark: int) -> int:
        """Its open profit or loss at a price, quote atoms, rounded down."""
        return (self.qty * mark - sign(self.qty) * self.cost) // atoms.SCALE


@dataclass(frozen=True, slots=True)
class Change:
    """A position after a trade: what was closed and opened of it, and the profit or loss of the closed part."""

    qty: int
    cost: int
    closed: int
    opened: int
    realised: int


def sign(qty: int) -> int:
    """1, 0 or -1."""
    return (qty > 0) - (qty < 0)


def traded(position: Position, *, qty: int, price: int) -> Change:
    """The position after a trade of signed qty: the opposite side closes first, the rest opens."""
    held = abs(position.qty)
    closed = min(held, abs(qty)) if position.qty * qty < 0 else 0
    opened = abs(qty) - closed
    gone = position.cost * closed // held if held else 0
    return Change(
        qty=position.qty + qty,
        cost=position.cost - gone + price * opened,
        closed=closed,
        opened=opened,
        realised=sign(position.qty) * (price * closed - gone) // atoms.SCALE,
    )
