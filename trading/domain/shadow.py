"""Filling orders on paper against the best bid and ask. Pure; the prices are arguments.

The top of the book only: how much stands there is not known, so an order fills whole or not at all.
"""

from dataclasses import dataclass
from decimal import Decimal

from trading.domain.exit_view import Prices
from trading.domain.grid import InstrumentRules
from trading.domain.money import exact, to_atom
from trading.domain.vocabulary import MarketKind, OrderType, Side


@dataclass(frozen=True, slots=True)
class PaperFill:
    """What an order got: its price (quote), and the fee with its currency."""

    price: Decimal
    fee: Decimal
    fee_currency: str


def fill(
    *,
    side: Side,
    type: OrderType,  # noqa: A002 - the order's own word
    qty: Decimal,
    price: Decimal | None,
    rested: bool,
    prices: Prices,
    rules: InstrumentRules,
) -> PaperFill | None:
    """The fill of an order at these prices; None while it rests.

    A limit order that is crossed when it is placed takes the market's better price, as a taker; one that has rested
    gets its own price, as a maker, once the other side has come to it.
    """
    market = prices.ask if side == Side.BUY else prices.bid
    if type == OrderType.MARKET or price is None:
        return _paid(market, rules.taker_fee, side=side, qty=qty, rules=rules)
    crossed = market <= price if side == Side.BUY else market >= price
    if not crossed:
        return None
    return (
        _paid(price, rules.maker_fee, side=side, qty=qty, rules=rules)
        if rested
        else _paid(market, rules.taker_fee, side=side, qty=qty, rules=rules)
    )


@exact
def _paid(price: Decimal, rate: Decimal, *, side: Side, qty: Decimal, rules: InstrumentRules) -> PaperFill:
    """Spot purchases pay in what they bought, everything else in quote, as venues do without a discount coin."""
    if rules.kind == MarketKind.SPOT and side == Side.BUY:
        return PaperFill(price, to_atom(qty * rate), rules.base)
    return PaperFill(price, to_atom(rules.notional(qty, price) * rate), rules.quote)
