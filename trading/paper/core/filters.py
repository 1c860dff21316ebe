"""The venue's filters: which orders are well formed at all. Order of checks as Binance reports them."""

from trading.paper.core import atoms
from trading.paper.core.instrument import Instrument
from trading.paper.core.orders import AT_MARKET, Request, Terms
from trading.paper.core.refusals import Reason, Refused

TRAILING_BPS = range(10, 2_001)
# 0.1 % to 20 %.

MOST_ICEBERG_PARTS = 10


def check(request: Request, instrument: Instrument, *, price_now: int, open_orders: int) -> None:
    """Raise Refused with the first filter the request fails."""
    if not instrument.trading:
        raise Refused(Reason.CLOSED)
    if request.terms is not None:
        _check_terms(request, request.terms, instrument)
    if request.type in AT_MARKET:
        _check_market(request, instrument, price_now)
        return
    _check_price(request.price, instrument, price_now)
    check_qty(request.qty, instrument)
    _check_notional(atoms.times(request.price, request.qty), instrument)
    if open_orders >= instrument.max_open_orders:
        raise Refused(Reason.MAX_NUM_ORDERS)


def _check_market(request: Request, instrument: Instrument, price_now: int) -> None:
    if request.quote_qty:
        _check_notional(request.quote_qty, instrument)
        return
    check_qty(request.qty, instrument)
    if instrument.max_market_qty and request.qty > instrument.max_market_qty:
        raise Refused(Reason.MARKET_LOT_SIZE)
    if price_now:
        _check_notional(atoms.times(price_now, request.qty), instrument)


def _check_price(price: int, instrument: Instrument, price_now: int) -> None:
    if price <= 0:
        raise Refused(Reason.INVALID_PRICE)
    if not instrument.min_price <= price <= instrument.max_price or price % instrument.tick_size:
        raise Refused(Reason.PRICE_FILTER)
    too_high = price > price_now * instrument.price_multiplier_up
    too_low = price * instrument.price_divisor_down < price_now
    if price_now and (too_high or too_low):
        raise Refused(Reason.PERCENT_PRICE)


def _check_terms(request: Request, terms: Terms, instrument: Instrument) -> None:
    stop = terms.stop_price
    if stop and (not instrument.min_price <= stop <= instrument.max_price or stop % instrument.tick_size):
        raise Refused(Reason.PRICE_FILTER)
    if terms.trailing_bps and terms.trailing_bps not in TRAILING_BPS:
        raise Refused(Reason.TRAILING_DELTA)
    if terms.iceberg_qty:
        _check_iceberg(request.qty, terms.iceberg_qty, instrument)


def _check_iceberg(qty: int, shown: int, instrument: Instrument) -> None:
    if shown % instrument.lot_step or shown < instrument.min_qty:
        raise Refused(Reason.LOT_SIZE)
    if -(-qty // shown) > MOST_ICEBERG_PARTS:
        raise Refused(Reason.ICEBERG_PARTS)


def check_qty(qty: int, instrument: Instrument) -> None:
    """A quantity within the bounds and on the lot steps."""
    if qty <= 0:
        raise Refused(Reason.INVALID_QUANTITY)
    if not instrument.min_qty <= qty <= instrument.max_qty or qty % instrument.lot_step:
        raise Refused(Reason.LOT_SIZE)


def _check_notional(notional: int, instrument: Instrument) -> None:
    if not instrument.min_notional <= notional <= instrument.max_notional:
        raise Refused(Reason.NOTIONAL)
