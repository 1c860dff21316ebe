"""What closing trades brought, where a venue does not say it with its executions. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from trading.domain.money import ZERO

STEP = Decimal("0.00000001")
# Wallets count in it; which way a venue rounds it does not say, so a closing trade may be one step off.


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution: qty contracts, > 0 bought and < 0 sold; value what it cost or brought, quote, ≥ 0."""

    qty: Decimal
    value: Decimal


def realised(trades: Iterable[Trade]) -> Decimal:
    """The sum of all closed results of one position at average entry, before fees, quote; trades in their order.

    What a person struck out has no quantity left, and brought nothing.
    """
    held = cost = brought = ZERO
    for trade in trades:
        if not trade.qty:
            continue
        closed = min(abs(held), abs(trade.qty)) if held * trade.qty < 0 else ZERO
        gone = cost * closed / abs(held) if held else ZERO
        share = trade.value * closed / abs(trade.qty)
        result = share - gone if held > 0 else gone - share
        brought += result.quantize(STEP, ROUND_FLOOR)
        cost += trade.value - share - gone
        held += trade.qty
    return brought
