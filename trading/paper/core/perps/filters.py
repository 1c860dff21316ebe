"""The futures filters: which orders are well formed at all."""

from trading.paper.core import atoms
from trading.paper.core.orders import OrderType, Side
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.orders import PerpRequest
from trading.paper.core.refusals import Reason, Refused


def check(request: PerpRequest, contract: Contract, *, mark: int, open_orders: int) -> None:
    """Raise Refused with the first filter the request fails."""
    if not contract.trading:
        raise Refused(Reason.CLOSED)
    market = request.type is OrderType.MARKET
    if not market:
        check_price(request.price, contract)
        _check_band(request, contract, mark)
    check_qty(request.qty, contract, most=contract.max_market_qty if market else contract.max_qty)
    if not request.reduce_only:
        _check_notional(atoms.times(mark if market else request.price, request.qty), contract)
    if open_orders >= contract.max_open_orders:
        raise Refused(Reason.MAX_NUM_ORDERS)


def check_price(price: int, contract: Contract) -> None:
    """A price within the contract's bounds and on its ticks."""
    if price <= 0:
        raise Refused(Reason.INVALID_PRICE)
    if price < contract.min_price:
        raise Refused(Reason.PRICE_MIN)
    if price > contract.max_price:
        raise Refused(Reason.PRICE_MAX)
    if price % contract.tick_size:
        raise Refused(Reason.TICK_SIZE)


def check_qty(qty: int, contract: Contract, *, most: int) -> None:
    """A quantity within the contract's bounds and on its steps."""
    if qty <= 0:
        raise Refused(Reason.INVALID_QUANTITY)
    if qty < contract.min_qty:
        raise Refused(Reason.QTY_LOW)
    if qty > most:
        raise Refused(Reason.QTY_HIGH)
    if qty % contract.lot_step:
        raise Refused(Reason.STEP_SIZE)


def _check_band(request: PerpRequest, contract: Contract, mark: int) -> None:
    highest = mark * (10_000 + contract.band_bps) // 10_000
    lowest = -(-mark * (10_000 - contract.band_bps) // 10_000)
    if mark and request.side is Side.BUY and request.price > highest:
        raise Refused(Reason.PRICE_HIGH, detail=atoms.show(highest))
    if mark and request.side is Side.SELL and request.price < lowest:
        raise Refused(Reason.PRICE_LOW, detail=atoms.show(lowest))


def _check_notional(notional: int, contract: Contract) -> None:
    if notional < contract.min_notional:
        raise Refused(Reason.NOTIONAL, detail=str(contract.min_notional // atoms.SCALE))
