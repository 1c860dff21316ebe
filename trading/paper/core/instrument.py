"""A tradable spot market with its limits, all in atoms."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """One spot pair; the bounds are those of the venue's filters."""

    symbol: str
    base: str
    quote: str
    tick_size: int
    lot_step: int
    min_price: int
    max_price: int
    min_qty: int
    max_qty: int
    max_market_qty: int
    min_notional: int
    max_notional: int = 9_000_000 * 10**8
    price_multiplier_up: int = 5
    price_divisor_down: int = 5
    # A price may be at most 5 times, and at least a fifth, of the current one.
    max_open_orders: int = 200
    trading: bool = True
