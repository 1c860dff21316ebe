"""What the exchange decides: each command checks, then returns the events that carry it out.

Commands read the tables and change none of them; the caller applies the events, in order and at once.
"""

import hashlib

from trading.paper.core import atoms, filters, matching
from trading.paper.core.events import Accepted, Closed, Deposited, Event, Filled
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import Order, OrderType, Request, Side, Status, TimeInForce
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State


def deposit(account: str, amounts: dict[str, int], *, now_ms: int) -> list[Event]:
    """Put funds into an account, opening it if need be."""
    return [Deposited(now_ms, account, asset, amount) for asset, amount in amounts.items()]


def place(state: State, request: Request, *, now_ms: int) -> list[Event]:
    """Accept an order and everything that follows at once: its fills, and its end if it does not rest."""
    market = state.market(request.symbol)
    _check_request(state, request, market)
    matches = matching.take(market, request)
    _check_matches(state, request, market, matches)
    accepted = _accept(state, request, market, matches, now_ms)
    if request.time_in_force is TimeInForce.FOK and _total(matches) < request.qty:
        matches = []
    return [accepted, *_fills(state, market, accepted, matches), *_end(accepted, matches)]


def cancel(order: Order, *, now_ms: int) -> list[Event]:
    """Take an open order out of the book."""
    if not order.open:
        raise Refused(Reason.CANCEL_UNKNOWN)
    return [Closed(now_ms, order.id, Status.CANCELED)]


def client_id_for(order_id: int) -> str:
    """The client order id the exchange gives where the client gave none: 22 characters, always the same."""
    return hashlib.sha256(f"order {order_id}".encode()).hexdigest()[:22]


def _check_request(state: State, request: Request, market: Market) -> None:
    desk = (request.account, request.symbol)
    open_orders = len(state.desk_open[desk])
    filters.check(request, market.instrument, price_now=market.price, open_orders=open_orders)
    earlier = state.by_client_id.get((*desk, request.client_id))
    if earlier is not None and earlier.open:
        raise Refused(Reason.DUPLICATE)


def _check_matches(state: State, request: Request, market: Market, matches: list[Match]) -> None:
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
        return atoms.times_up(request.price, request.qty)
    return request.qty or _total(matches)


def _total(matches: list[Match]) -> int:
    return sum(match.qty for match in matches)


def _accept(state: State, request: Request, market: Market, matches: list[Match], now_ms: int) -> Accepted:
    ahead = 0 if matches or request.type is OrderType.MARKET else _ahead(market, request)
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
        qty=request.qty or _total(matches),
        quote_qty=request.quote_qty,
        queue_ahead=ahead,
    )


def _ahead(market: Market, request: Request) -> int:
    return matching.queue_ahead(market, request.side, request.price)


def _fills(state: State, market: Market, taker: Accepted, matches: list[Match]) -> list[Filled]:
    events: list[Filled] = []
    for trade_id, match in enumerate(matches, start=market.next_trade_id):
        events.append(fill(state, taker.side, taker.order_id, match, trade_id, maker=False, now_ms=taker.at_ms))
        if match.maker is not None:
            resting = match.maker
            events.append(fill(state, resting.side, resting.id, match, trade_id, maker=True, now_ms=taker.at_ms))
    return events


def fill(state: State, side: str, order_id: int, match: Match, trade_id: int, *, maker: bool, now_ms: int) -> Filled:
    """The event of one side of a trade, its fee included."""
    received = match.qty if side == Side.BUY else atoms.times(match.price, match.qty)
    fee = state.fees.fee(received, maker=maker)
    return Filled(now_ms, order_id, trade_id, match.price, match.qty, fee, int(maker))


def _end(accepted: Accepted, matches: list[Match]) -> list[Closed]:
    rests = accepted.type != OrderType.MARKET and accepted.time_in_force == TimeInForce.GTC
    filled = accepted.qty > 0 and _total(matches) == accepted.qty
    if rests or filled:
        return []
    return [Closed(accepted.at_ms, accepted.order_id, Status.EXPIRED)]
