"""What the exchange decides: each command checks, then returns the events that carry it out.

Commands read the tables and change none of them; the caller applies the events, in order and at once.
"""

import hashlib
from dataclasses import replace

from trading.paper.core import atoms, conditional, filters, matching
from trading.paper.core.charges import Charges
from trading.paper.core.events import Accepted, Amended, Closed, Deposited, Discounted, Event, Filled, Switched
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import AT_MARKET, CONDITIONAL, Order, OrderType, Request, Side, Status, TimeInForce
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State


def deposit(account: str, amounts: dict[str, int], *, now_ms: int) -> list[Event]:
    """Put funds into an account, opening it if need be."""
    return [Deposited(now_ms, account, asset, amount) for asset, amount in amounts.items()]


def place(state: State, request: Request, *, now_ms: int) -> list[Event]:
    """Accept an order and everything that follows at once: its fills, and its end if it does not rest."""
    market = state.market(request.symbol)
    check_request(state, request, market)
    if request.type in CONDITIONAL:
        return conditional.wait(state, request, market, now_ms=now_ms)
    matches = matching.take(market, request)
    check_matches(state, request, market, matches)
    accepted = accept(state, request, qty=request.qty or _total(matches), now_ms=now_ms)
    if not matches and request.type is not OrderType.MARKET:
        accepted = accepted._replace(queue_ahead=matching.queue_ahead(market, request.side, request.price))
    terms = [request.terms._replace(order_id=accepted.order_id)] if request.terms else []
    return [*terms, accepted, *executed(state, market, accepted, matches)]


def executed(state: State, market: Market, taker: Accepted, matches: list[Match]) -> list[Event]:
    """What follows an order's matches: its trades, and its end if it does not rest."""
    if taker.time_in_force == TimeInForce.FOK and _total(matches) < taker.qty:
        matches = []
    return [*_fills(state, market, taker, matches), *_end(taker, matches)]


def turned_away(state: State, request: Request, *, now_ms: int) -> list[Event]:
    """An order that never works: it takes nothing, rests nowhere and locks nothing, but it has an id and an end."""
    accepted = accept(state, replace(request, time_in_force=TimeInForce.IOC), qty=request.qty, now_ms=now_ms)
    terms = [request.terms._replace(order_id=accepted.order_id)] if request.terms else []
    return [*terms, accepted, Closed(now_ms, accepted.order_id, Status.CANCELED)]


def cancel(order: Order, *, now_ms: int) -> list[Event]:
    """Take an open order out of the book."""
    if not order.open:
        raise Refused(Reason.CANCEL_UNKNOWN)
    return [Closed(now_ms, order.id, Status.CANCELED)]


def cancel_with_list(state: State, order: Order, *, now_ms: int) -> list[Event]:
    """Take an open order out of the book, and with it what is left of its order list."""
    closed: list[Event] = [*cancel(order, now_ms=now_ms)]
    return closed + [Closed(now_ms, other.id, Status.CANCELED) for other in state.mates(order)]


def amend(order: Order, qty: int, *, now_ms: int) -> list[Event]:
    """Make an open order smaller; it keeps its place in the queue."""
    if not order.open or order.pends:
        raise Refused(Reason.CANCEL_UNKNOWN)
    if not order.filled < qty < order.qty:
        raise Refused(Reason.AMEND_QTY)
    filters.check_qty(qty, order.instrument)
    return [Amended(now_ms, order.id, qty)]


def discount(account: str, *, on: bool, now_ms: int) -> list[Event]:
    """Pay fees with the discount coin from now on, or no longer."""
    return [Discounted(now_ms, account, int(on))]


def switch(state: State, symbol: str, *, trading: bool, now_ms: int) -> list[Event]:
    """Halt or resume a pair; a halt ends its open orders."""
    ids = sorted(order_id for (_, name), found in state.desk_open.items() if name == symbol for order_id in found)
    ended = [] if trading else [Closed(now_ms, order_id, Status.EXPIRED) for order_id in ids]
    return [*ended, Switched(now_ms, symbol, int(trading))]


def client_id_for(order_id: int) -> str:
    """The client order id the exchange gives where the client gave none: 22 characters, always the same."""
    return hashlib.sha256(f"order {order_id}".encode()).hexdigest()[:22]


def check_request(state: State, request: Request, market: Market) -> None:
    """The filters, and that the client order id is free."""
    desk = (request.account, request.symbol)
    open_orders = len(state.desk_open[desk])
    filters.check(request, market.instrument, price_now=market.price, open_orders=open_orders)
    earlier = state.orders.live(desk, request.client_id)
    if earlier is not None and earlier.open:
        raise Refused(Reason.DUPLICATE)


def check_matches(state: State, request: Request, market: Market, matches: list[Match]) -> None:
    """A maker takes nothing, and the account can pay."""
    if request.type is OrderType.LIMIT_MAKER and matches:
        raise Refused(Reason.WOULD_TAKE)
    account = state.accounts[request.account]
    spends = market.instrument.quote if request.side is Side.BUY else market.instrument.base
    if account.free(spends) < _needs(request, matches):
        raise Refused(Reason.BALANCE)


def _needs(request: Request, matches: list[Match]) -> int:
    if request.type is OrderType.MARKET and request.side is Side.BUY:
        return max(request.quote_qty, sum(atoms.times(match.price, match.qty) for match in matches))
    if request.side is Side.BUY:
        return limit_cost(request.price, request.qty)
    return request.qty or _total(matches)


def limit_cost(price: int, qty: int) -> int:
    """What a buy at a price locks."""
    return atoms.times_up(price, qty)


def _total(matches: list[Match]) -> int:
    return sum(match.qty for match in matches)


def accept(state: State, request: Request, *, qty: int, now_ms: int) -> Accepted:
    """The event that makes the request an order, with the next id."""
    return Accepted(
        at_ms=now_ms,
        account=request.account,
        symbol=request.symbol,
        order_id=state.next_order_id,
        client_id=request.client_id or client_id_for(state.next_order_id),
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        price=request.price,
        qty=qty,
        quote_qty=request.quote_qty,
        queue_ahead=0,
    )


def _fills(state: State, market: Market, taker: Accepted, matches: list[Match]) -> list[Event]:
    if not matches:
        return []
    events: list[Event] = []
    ended: set[int] = set()
    trade_id, now_ms = market.next_trade_id, taker.at_ms
    charges = Charges(state, market, now_ms=now_ms)
    for match in matches:
        resting = match.maker
        if match.qty:
            events.append(fill(charges, taker, taker.order_id, match, trade_id, maker=False, now_ms=now_ms))
        if match.qty and resting is not None:
            events.append(fill(charges, resting, resting.id, match, trade_id, maker=True, now_ms=now_ms))
        trade_id += match.qty > 0
        if resting is not None and (resting.terms or not match.qty) and resting.id not in ended:
            ended.add(resting.id)
            events += _after_meeting(state, resting, match, now_ms)
    return events


def _after_meeting(state: State, resting: Order, match: Match, now_ms: int) -> list[Event]:
    """A maker that was met ends the others of its list, and itself where self-trade prevention wants that."""
    ended = state.siblings(resting)
    events: list[Event] = [Closed(now_ms, other.id, Status.EXPIRED) for other in ended]
    if not match.qty:
        events.append(Closed(now_ms, resting.id, Status.EXPIRED_IN_MATCH))
    return events


def fill(
    charges: Charges, who: Accepted | Order, order_id: int, match: Match, trade_id: int, *, maker: bool, now_ms: int
) -> Filled:
    """The event of one side of a trade, its fee included."""
    fee, asset = charges.fee(who.account, who.side, match, maker=maker)
    return Filled(now_ms, order_id, trade_id, match.price, match.qty, fee, int(maker), asset)


def _end(accepted: Accepted, matches: list[Match]) -> list[Closed]:
    if 0 < accepted.qty == _total(matches):
        return []
    if matches and not matches[-1].qty and matches[-1].maker is None:
        return [Closed(accepted.at_ms, accepted.order_id, Status.EXPIRED_IN_MATCH)]
    if accepted.type not in AT_MARKET and accepted.time_in_force == TimeInForce.GTC:
        return []
    return [Closed(accepted.at_ms, accepted.order_id, Status.EXPIRED)]
