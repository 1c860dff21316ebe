"""What closing a quantity brings by the order book: level by level, the taker fee off, nothing invented. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from risk.domain.precision import exact

ZERO, ONE = Decimal(0), Decimal(1)
ATOM = Decimal("1E-18")
# The last decimal place of a money column: shares of a cost are rounded to it, as in the books.
BPS = Decimal(10_000)


class Level(NamedTuple):
    """A price of the book, quote, and what is offered there, base or contracts."""

    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """A market's rules as far as a close needs them: steps and minimums, the value of a unit, the taker fee (ratio)."""

    lot_step: Decimal
    min_qty: Decimal
    min_notional: Decimal
    contract_size: Decimal
    taker_fee: Decimal

    def lots(self, qty: Decimal) -> Decimal:
        """Whole lots of a quantity."""
        return max(qty, ZERO) // self.lot_step * self.lot_step

    def notional(self, qty: Decimal, price: Decimal) -> Decimal:
        """Value of a quantity at a price, quote."""
        return qty * price * self.contract_size

    def sellable(self, qty: Decimal, price: Decimal) -> bool:
        """Whether an order of this quantity stands above the venue's minimums."""
        return qty > 0 and qty >= self.min_qty and self.notional(qty, price) >= self.min_notional

    def least(self, price: Decimal, *, margin: Decimal = ONE) -> Decimal:
        """The smallest sellable whole lots at a price; margin: so many times the least value."""
        unit = price * self.contract_size
        wanted = max(self.min_qty, self.min_notional * margin / unit if unit > 0 else ZERO, self.lot_step)
        found = self.lots(wanted)
        return found if found >= wanted else found + self.lot_step


@dataclass(frozen=True, slots=True)
class Holding:
    """An open group as an offset sees it. sign: +1 LONG, −1 SHORT; cost: of the open quantity, quote.

    levels: the side of the book that closing meets, best first. price: the last one, at which minimums are judged.
    """

    group_id: int
    symbol: str
    sign: int
    qty: Decimal
    cost: Decimal
    price: Decimal
    market: Market
    levels: tuple[Level, ...]

    @property
    def lots(self) -> Decimal:
        """What an order can carry of it."""
        return self.market.lots(self.qty)

    @property
    @exact
    def unit_cost(self) -> Decimal:
        """What a unit cost, in the price's terms, quote."""
        return self.cost / (self.qty * self.market.contract_size)


@dataclass(frozen=True, slots=True)
class Sale:
    """A close at market as the book promises it. result: after the fee, against its share of the cost, quote.

    bound: by how much the result may differ while the order is on its way, quote. whole: the group closes with it.
    """

    group_id: int
    symbol: str
    qty: Decimal
    gross: Decimal
    fee: Decimal
    result: Decimal
    worst_price: Decimal
    bound: Decimal
    whole: bool

    @property
    def average_price(self) -> Decimal:
        """Value per unit, quote; for contracts worth more than one unit, per contract."""
        return self.gross / self.qty


@exact
def offered(levels: Sequence[Level]) -> Decimal:
    """Everything the levels hold."""
    return sum((level.qty for level in levels), ZERO)


@exact
def taken(levels: Sequence[Level], qty: Decimal) -> list[Level]:
    """The levels that a market order of this quantity meets, each with what it takes there; as far as they reach."""
    found: list[Level] = []
    for level in levels:
        if qty <= 0:
            break
        found.append(Level(level.price, min(level.qty, qty)))
        qty -= level.qty
    return found


@exact
def left(levels: Sequence[Level], qty: Decimal) -> tuple[Level, ...]:
    """The levels that stay after a market order of this quantity."""
    found: list[Level] = []
    for level in levels:
        gone = min(level.qty, qty)
        qty -= gone
        if level.qty > gone:
            found.append(Level(level.price, level.qty - gone))
    return tuple(found)


@exact
def sale(holding: Holding, qty: Decimal, *, bound_bps: Decimal) -> Sale | None:
    """Closing so much of a holding now; None where the book is too thin. Fee: taker rate × value."""
    met = taken(holding.levels, qty)
    if qty <= 0 or offered(met) < qty:
        return None
    market = holding.market
    gross = sum((market.notional(level.qty, level.price) for level in met), ZERO)
    fee = gross * max(market.taker_fee, ZERO)
    cost = holding.cost if qty == holding.qty else (holding.cost * qty / holding.qty).quantize(ATOM)
    return Sale(
        group_id=holding.group_id,
        symbol=holding.symbol,
        qty=qty,
        gross=gross,
        fee=fee,
        result=holding.sign * (gross - cost) - fee,
        worst_price=met[-1].price,
        bound=gross * bound_bps / BPS,
        whole=qty == holding.lots,
    )


@exact
def profitable(holding: Holding) -> Decimal:
    """The most whole lots of which each single one, sold into the book, still earns more than its cost and fee."""
    fee = max(holding.market.taker_fee, ZERO)
    gains = (x for x in holding.levels if holding.sign * (x.price - holding.unit_cost) > x.price * fee)
    return holding.market.lots(min(offered(tuple(gains)), holding.qty))
