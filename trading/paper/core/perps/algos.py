"""Conditional orders: accepting them, following the price, and turning them into orders."""

from collections.abc import Iterator

from trading.paper.core import atoms
from trading.paper.core.commands import client_id_for
from trading.paper.core.orders import OrderType, Side, TimeInForce
from trading.paper.core.perps import commands, filters
from trading.paper.core.perps.events import AlgoAccepted, AlgoClosed, AlgoTracked, AlgoTriggered
from trading.paper.core.perps.orders import LIMITED, RISING, AlgoOrder, AlgoRequest, AlgoStatus, AlgoType, PerpRequest
from trading.paper.core.perps.state import Perps
from trading.paper.core.perps.trades import Events
from trading.paper.core.refusals import Reason, Refused

GTX = "GTX"

CALLBACK_RATES = range(atoms.SCALE // 1000, atoms.SCALE // 10 + 1)
# 0.1 % to 10 %.


def place(perps: Perps, request: AlgoRequest, *, now_ms: int) -> Events:
    """Accept a conditional order; one that would trigger at once is refused."""
    market = perps.market(request.symbol)
    commands.check_side(perps.accounts[request.account], request.position_side)
    _check(perps, request)
    _check_trigger(request, market.price)
    trails = request.type is AlgoType.TRAILING_STOP_MARKET and not request.activate_price
    return iter([_accepted(perps, request, extreme=market.price if trails else 0, now_ms=now_ms)])


def _check(perps: Perps, request: AlgoRequest) -> None:
    contract = perps.contracts[request.symbol]
    if not contract.trading:
        raise Refused(Reason.CLOSED)
    for price in filter(None, (request.price, request.trigger_price, request.activate_price)):
        filters.check_price(price, contract)
    if not request.close_position:
        filters.check_qty(request.qty, contract, most=contract.max_qty)
    earlier = perps.algos.live((request.account,), request.client_id)
    if earlier is not None and earlier.open:
        raise Refused(Reason.DUPLICATE)
    if len(perps.open_algos(request.account, request.symbol)) >= contract.max_algo_orders:
        raise Refused(Reason.MAX_ALGO_ORDERS)


def _check_trigger(request: AlgoRequest, price: int) -> None:
    if request.type is AlgoType.TRAILING_STOP_MARKET:
        _check_trailing(request, price)
    elif price and reached(request.type, request.side, request.trigger_price, price):
        raise Refused(Reason.WOULD_TRIGGER)


def _check_trailing(request: AlgoRequest, price: int) -> None:
    if request.callback_rate not in CALLBACK_RATES:
        raise Refused(Reason.CALLBACK_RATE)
    if request.activate_price and price and _active(request.side, request.activate_price, price):
        raise Refused(Reason.WOULD_TRIGGER)


def reached(kind: AlgoType, side: Side, trigger_price: int, price: int) -> bool:
    """True if a price triggers a stop or a take-profit."""
    return price >= trigger_price if (kind, side) in RISING else price <= trigger_price


def _active(side: Side, activate_price: int, price: int) -> bool:
    """True if a trailing order begins to trail: a sell once the price has risen so far, a buy once it has fallen."""
    return price >= activate_price if side is Side.SELL else price <= activate_price


def _accepted(perps: Perps, request: AlgoRequest, *, extreme: int, now_ms: int) -> AlgoAccepted:
    return AlgoAccepted(
        at_ms=now_ms,
        account=request.account,
        symbol=request.symbol,
        algo_id=perps.next_algo_id,
        client_id=request.client_id or client_id_for(perps.next_algo_id),
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        price=request.price,
        qty=request.qty,
        position_side=request.position_side,
        reduce_only=int(request.reduce_only),
        close_position=int(request.close_position),
        trigger_price=request.trigger_price,
        activate_price=request.activate_price,
        callback_rate=request.callback_rate,
        extreme=extreme,
        working_type=request.working_type,
    )


def cancel(algo: AlgoOrder, *, now_ms: int) -> Events:
    """End a conditional order that still waits."""
    if not algo.open:
        raise Refused(Reason.CANCEL_UNKNOWN)
    return iter([AlgoClosed(now_ms, algo.id, AlgoStatus.CANCELED)])


def fire(perps: Perps, symbol: str, *, now_ms: int) -> Events:
    """Follow the price with every waiting order of a contract, and release those it has triggered."""
    for algo in list(perps.algos_open[symbol].values()):
        if algo.open:
            yield from _follow(algo, perps.markets[symbol].price)
        if algo.open and _due(algo, perps.markets[symbol].price):
            yield from _release(perps, algo, now_ms)


def _follow(algo: AlgoOrder, price: int) -> Iterator[AlgoTracked]:
    if algo.type is not AlgoType.TRAILING_STOP_MARKET:
        return
    if not algo.extreme and not _active(algo.side, algo.activate_price, price):
        return
    best = max(algo.extreme, price) if algo.side is Side.SELL else min(algo.extreme or price, price)
    if best != algo.extreme:
        yield AlgoTracked(algo.id, best)


def _due(algo: AlgoOrder, price: int) -> bool:
    if algo.type is not AlgoType.TRAILING_STOP_MARKET:
        return reached(algo.type, algo.side, algo.trigger_price, price)
    if not algo.extreme:
        return False
    if algo.side is Side.SELL:
        return price * atoms.SCALE <= algo.extreme * (atoms.SCALE - algo.callback_rate)
    return price * atoms.SCALE >= algo.extreme * (atoms.SCALE + algo.callback_rate)


def _release(perps: Perps, algo: AlgoOrder, now_ms: int) -> Events:
    """The order it becomes, with an id of its own; what the book refuses ends it as REJECTED."""
    order_id = perps.next_order_id
    try:
        following = commands.place(perps, _request(perps, algo), now_ms=now_ms)
    except Refused:
        yield AlgoClosed(now_ms, algo.id, AlgoStatus.REJECTED)
        return
    yield next(following)
    yield AlgoTriggered(now_ms, algo.id, order_id)
    yield from following


def _request(perps: Perps, algo: AlgoOrder) -> PerpRequest:
    limited = algo.type in LIMITED
    post_only = algo.time_in_force == GTX
    position = perps.accounts[algo.account].position(algo.instrument.symbol, algo.position_side)
    return PerpRequest(
        account=algo.account,
        symbol=algo.instrument.symbol,
        side=algo.side,
        type=(OrderType.LIMIT_MAKER if post_only else OrderType.LIMIT) if limited else OrderType.MARKET,
        time_in_force=TimeInForce.GTC if post_only or not limited else TimeInForce(algo.time_in_force),
        price=algo.price,
        qty=abs(position.qty) if algo.close_position else algo.qty,
        position_side=algo.position_side,
        reduce_only=algo.reduce_only or algo.close_position,
        close_position=algo.close_position,
        origin=algo.type,
        stop_price=algo.trigger_price,
    )
