"""The order book and the last trades beside a chart, as text and shares. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from dashboard import formats
from trading.gateways.base import TradeReport
from trading.services.chart_feed import Level

LEVELS = 10
TRADES = 12
NEAR = Decimal("0.01")
# How far from the middle counts as near: one percent, as the heat has it.


@dataclass(frozen=True, slots=True)
class Rung:
    """A level of one side; share: of everything shown on the fuller side, down to this level, 0 to 1."""

    price: str
    qty: str
    share: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """Both sides, the best first, and what rests within a percent of the middle, quote."""

    bids: tuple[Rung, ...]
    asks: tuple[Rung, ...]
    spread: str
    near_bids: str
    near_asks: str


@dataclass(frozen=True, slots=True)
class Print:
    """One trade as text; tone `up` where a buyer took, `down` where a seller did."""

    at: str
    price: str
    qty: str
    tone: str


@dataclass(frozen=True, slots=True)
class Precision:
    """How a market's numbers are written."""

    tick_size: Decimal
    lot_step: Decimal
    contract_size: Decimal
    quote: str


def ladder(bids: Sequence[Level], asks: Sequence[Level], precision: Precision) -> Ladder | None:
    """The best levels of a book; None for an empty one."""
    if not bids or not asks:
        return None
    most = max(sum((qty for _, qty in side[:LEVELS]), Decimal(0)) for side in (bids, asks))
    middle = (bids[0][0] + asks[0][0]) / 2
    near = [_near(side, middle) * precision.contract_size for side in (bids, asks)]
    return Ladder(
        bids=_rungs(bids[:LEVELS], most, precision),
        asks=_rungs(asks[:LEVELS], most, precision),
        spread=formats.price(asks[0][0] - bids[0][0], precision.tick_size),
        near_bids=formats.amount(near[0], precision.quote),
        near_asks=formats.amount(near[1], precision.quote),
    )


def _near(side: Sequence[Level], middle: Decimal) -> Decimal:
    return sum((price * qty for price, qty in side if abs(price - middle) <= NEAR * middle), Decimal(0))


def _rungs(side: Sequence[Level], most: Decimal, precision: Precision) -> tuple[Rung, ...]:
    found, total = list[Rung](), Decimal(0)
    for price, qty in side:
        total += qty
        share = round(float(total / most), 3) if most else 0.0
        found.append(Rung(formats.price(price, precision.tick_size), formats.qty(qty, precision.lot_step), share))
    return tuple(found)


def prints(trades: Sequence[TradeReport], precision: Precision) -> tuple[Print, ...]:
    """The last trades, the newest first."""
    return tuple(
        Print(
            at=trade.at.astimezone(UTC).strftime("%H:%M:%S"),
            price=formats.price(trade.price, precision.tick_size),
            qty=formats.qty(trade.qty, precision.lot_step),
            tone="up" if trade.side == "BUY" else "down",
        )
        for trade in reversed(trades[-TRADES:])
    )
