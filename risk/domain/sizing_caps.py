"""Every upper limit on a pyramid's capital, each with the name the page shows when it binds. Pure.

Each function makes one Cap; sizing.capital() takes them all and names the one that bound.
"""

from decimal import Decimal

from risk.domain.heat import largest_notional
from risk.domain.kelly import Kelly
from risk.domain.precision import exact
from risk.domain.sizing import Cap

ZERO = Decimal(0)
BPS = Decimal(10_000)


@exact
def risk_per_trade(*, equity: Decimal, risk_bps: Decimal, price: Decimal, stop_distance: Decimal) -> Cap:
    """The position that loses risk_bps of equity at its stop; stop_distance is |entry − stop| > 0, quote per base."""
    return Cap("risk per trade", _at_risk(equity * risk_bps / BPS, price, stop_distance))


@exact
def kelly(found: Kelly, *, equity: Decimal, price: Decimal, stop_distance: Decimal) -> Cap:
    """The position that loses the Kelly fraction of equity at its stop."""
    return Cap("Kelly", _at_risk(equity * found.fraction, price, stop_distance))


@exact
def volatility_target(asked: Decimal, *, scale: Decimal) -> Cap:
    """What is asked, quote, times the target's scale: a calm market never makes it larger than asked."""
    return Cap("volatility target", asked * scale)


@exact
def confidence(asked: Decimal, *, confidence: Decimal) -> Cap:
    """What is asked, quote, times the signal's own confidence, 0–1."""
    return Cap("confidence", asked * min(max(confidence, ZERO), Decimal(1)))


@exact
def exposure(name: str, *, equity: Decimal, limit_pct: Decimal, held: Decimal) -> Cap:
    """Room, quote, under a limit on what is held of a symbol, venue, strategy, sector or cluster."""
    return Cap(name, max(max(equity, ZERO) * limit_pct / 100 - held, ZERO))


@exact
def leverage(*, equity: Decimal, max_leverage: Decimal, held: Decimal) -> Cap:
    """Room, quote, until everything held is max_leverage times the equity."""
    return Cap("leverage", max(max(equity, ZERO) * max_leverage - held, ZERO))


@exact
def heat(
    *, equity: Decimal, max_heat: Decimal, others: Decimal, held: Decimal, vol_annual: Decimal, depth: Decimal
) -> Cap | None:
    """Room, quote, under the heat limit; None where nothing bounds it. others: the heat of all other symbols."""
    whole = largest_notional(room=max_heat - others, equity=equity, vol_annual=vol_annual, depth=depth)
    return None if whole is None else Cap("portfolio heat", max(whole - held, ZERO))


def _at_risk(risk_quote: Decimal, price: Decimal, stop_distance: Decimal) -> Decimal:
    """The position, quote, that loses risk_quote when the price goes the whole way to the stop."""
    return max(risk_quote, ZERO) / stop_distance * price
