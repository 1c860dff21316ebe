"""Spot orders that wait for a price: accepting them, following the price, and setting them to work.

A waiting order keeps its id when it begins to work. What it may spend is locked from the start.
"""

from collections.abc import Iterator

from trading.paper.core import atoms, commands, matching
from trading.paper.core.events import Accepted, Closed, Event, Tracked, Triggered
from trading.paper.core.market import Market
from trading.paper.core.orders import AT_MARKET, Order, OrderType, Request, Side, Status, Terms
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State

MAX_WAITING = 5
# Conditional orders an account may have waiting per pair: MAX_NUM_ALGO_ORDERS.

BPS = 10_000

RISING = frozenset(
    {
        (OrderType.STOP_LOSS, Side.BUY),
        (OrderType.STOP_LOSS_LIMIT, Side.BUY),
        (OrderType.TAKE_PROFIT, Side.SELL),
        (OrderType.TAKE_PROFIT_LIMIT, Side.SELL),
    }
)
# These begin at or above their stop price, the others at or below.


def wait(state: State, request: Request, market: Market, *, now_ms: int) -> list[Event]:
    """Accept an order that waits; one whose price is already there is refused."""
    check(state, request, market)
    locked = needs(request, market)
    if state.accounts[request.account].free(spends(request, market)) < locked:
        raise Refused(Reason.BALANCE)
    return accepted(state, request, market, locked=locked, now_ms=now_ms)


def check(state: State, request: Request, market: Market) -> None:
    """A place is free among the waiting orders, and the price is not there yet."""
    waiting = [one for one in state.waiting[request.symbol].values() if one.account == request.account]
    if len(waiting) >= MAX_WAITING:
        raise Refused(Reason.MAX_ALGO_ORDERS)
    stop = _terms(request).stop_price
    if stop and market.price and reached(request.type, request.side, stop, market.price):
        raise Refused(Reason.WOULD_TRIGGER)


def accepted(state: State, request: Request, market: Market, *, locked: int, now_ms: int) -> list[Event]:
    """The events that make it wait; a trailing order without a stop price trails from now on."""
    order = commands.accept(state, request, qty=request.qty, now_ms=now_ms)
    terms = _terms(request)
    trails = terms.trailing_bps and not terms.stop_price
    extreme = market.price if trails else 0
    return [terms._replace(order_id=order.order_id, locked=locked, extreme=extreme), order]


def _terms(request: Request) -> Terms:
    return request.terms or Terms(0)


def spends(request: Request, market: Market) -> str:
    """The asset the order pays with."""
    return market.instrument.quote if request.side is Side.BUY else market.instrument.base


def needs(request: Request, market: Market) -> int:
    """What the order locks while it waits; a market buy at its stop price, or at the price of now."""
    if request.side is Side.SELL:
        return request.qty
    price = request.price or _terms(request).stop_price or market.price
    return atoms.times_up(price, request.qty)


def reached(kind: OrderType, side: Side, stop_price: int, price: int) -> bool:
    """True if the price is where the order begins to work, or to trail."""
    return price >= stop_price if (kind, side) in RISING else price <= stop_price


def fire(state: State, symbol: str, *, now_ms: int) -> Iterator[Event]:
    """Follow the price with every waiting order of a pair, and set to work those it has reached."""
    market = state.markets[symbol]
    for order in list(state.waiting[symbol].values()):
        if order.open and order.waits:
            yield from _follow(order, market.price)
        if order.open and order.waits and _due(order, market.price):
            yield from _work(state, market, order, now_ms)


def _follow(order: Order, price: int) -> Iterator[Tracked]:
    terms = order.terms or Terms(order.id)
    if not terms.trailing_bps:
        return
    if not order.extreme and not reached(order.type, order.side, terms.stop_price, price):
        return
    best = max(order.extreme, price) if order.side is Side.SELL else min(order.extreme or price, price)
    if best != order.extreme:
        yield Tracked(order.id, best)


def _due(order: Order, price: int) -> bool:
    terms = order.terms or Terms(order.id)
    if not terms.trailing_bps:
        return reached(order.type, order.side, terms.stop_price, price)
    if not order.extreme:
        return False
    if order.side is Side.SELL:
        return price * BPS <= order.extreme * (BPS - terms.trailing_bps)
    return price * BPS >= order.extreme * (BPS + terms.trailing_bps)


def _work(state: State, market: Market, order: Order, now_ms: int) -> Iterator[Event]:
    """Out of the waiting room into the book, and its matches at once; the others of its list end first."""
    for other in state.siblings(order):
        yield Closed(now_ms, other.id, Status.EXPIRED)
    request = as_request(order)
    matches = matching.take(market, request)
    ahead = 0 if matches or order.type in AT_MARKET else matching.queue_ahead(market, order.side, order.price)
    yield Triggered(now_ms, order.id, ahead)
    yield from commands.executed(state, market, as_taker(order, now_ms), affordable(state, order, matches))


def as_request(order: Order) -> Request:
    """What a waiting order asks of the book once it works."""
    return Request(
        account=order.account,
        symbol=order.instrument.symbol,
        side=order.side,
        type=OrderType.MARKET if order.type in AT_MARKET else OrderType.LIMIT,
        time_in_force=order.time_in_force,
        price=order.price,
        qty=order.qty,
        terms=order.terms,
    )


def as_taker(order: Order, now_ms: int) -> Accepted:
    """The order as if it came in now."""
    return Accepted(
        at_ms=now_ms,
        account=order.account,
        symbol=order.instrument.symbol,
        order_id=order.id,
        client_id=order.client_id,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        price=order.price,
        qty=order.qty,
        quote_qty=0,
        queue_ahead=0,
    )


def affordable(state: State, order: Order, matches: list[matching.Match]) -> list[matching.Match]:
    """A market buy takes no more than the account can pay for: the market may have run past its stop."""
    if order.side is Side.SELL or order.type not in AT_MARKET:
        return matches
    taken: list[matching.Match] = []
    free = state.accounts[order.account].free(order.spends)
    for match in matches:
        affordable = atoms.floor_to(free * atoms.SCALE // match.price, order.instrument.lot_step)
        part = min(match.qty, affordable)
        if part or not match.qty:
            taken.append(matching.Match(price=match.price, qty=part, maker=match.maker))
        if part < match.qty:
            break
        free -= atoms.times(match.price, part)
    return taken
