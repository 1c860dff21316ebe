"""What the futures side decides: each command checks at once, then returns the events that carry it out.

The events are generated one by one: the caller applies each before it asks for the next.
"""

from collections.abc import Sequence
from dataclasses import replace

from trading.paper.core import atoms, matching
from trading.paper.core.commands import client_id_for
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import OrderType, Side, Status, TimeInForce
from trading.paper.core.perps import events, filters, margin, trades
from trading.paper.core.perps.margin import Extra
from trading.paper.core.perps.orders import PRICE_MATCHES, PerpOrder, PerpRequest, PositionSide
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.core.perps.trades import Events
from trading.paper.core.refusals import Reason, Refused


def place(perps: Perps, request: PerpRequest, *, now_ms: int) -> Events:
    """Accept an order and everything that follows at once."""
    market = perps.market(request.symbol)
    account = perps.accounts[request.account]
    check_side(account, request.position_side)
    request = _priced(market, request)
    _check_request(perps, request)
    _check_reducing(account, request)
    matches = matching.take(market, request)
    _check_matches(request, matches)
    _check_margin(perps, account, request, matches)
    return _carry_on(perps, request, matches, now_ms)


def _priced(market: Market, request: PerpRequest) -> PerpRequest:
    """The request with the price that it wishes to have from the book."""
    if not request.price_match:
        return request
    opposite, number = PRICE_MATCHES[request.price_match]
    side = request.side if opposite else matching.opposite(request.side)
    price = matching.level(market, side, number)
    if not price:
        raise Refused(Reason.NO_LEVEL)
    return replace(request, price=price)


def _carry_on(perps: Perps, request: PerpRequest, matches: Sequence[Match], now_ms: int) -> Events:
    order_id = perps.next_order_id
    yield _accepted(perps, request, matches, now_ms)
    yield from trades.take(perps, order_id, matches, now_ms=now_ms)


def _accepted(perps: Perps, request: PerpRequest, matches: Sequence[Match], now_ms: int) -> events.PerpAccepted:
    market = perps.markets[request.symbol]
    waits = not matches and request.type is not OrderType.MARKET
    return events.PerpAccepted(
        at_ms=now_ms,
        account=request.account,
        symbol=request.symbol,
        order_id=perps.next_order_id,
        client_id=request.client_id or client_id_for(perps.next_order_id),
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        price=request.price,
        qty=request.qty,
        queue_ahead=matching.queue_ahead(market, request.side, request.price) if waits else 0,
        position_side=request.position_side,
        reduce_only=int(request.reduce_only),
        close_position=int(request.close_position),
        origin=request.origin,
        stop_price=request.stop_price,
        good_till_ms=request.good_till_ms,
        price_match=request.price_match,
        self_trade=request.terms.self_trade if request.terms else "",
    )


def check_side(account: PerpAccount, side: PositionSide) -> None:
    """BOTH in one-way mode, LONG or SHORT in hedge mode."""
    if account.dual is (side is PositionSide.BOTH):
        raise Refused(Reason.POSITION_SIDE)


def closes(side: Side, position_side: PositionSide) -> bool:
    """True if an order of hedge mode can only close: a sell of a long, a buy of a short."""
    return (side, position_side) in ((Side.SELL, PositionSide.LONG), (Side.BUY, PositionSide.SHORT))


def _check_request(perps: Perps, request: PerpRequest) -> None:
    desk = (request.account, request.symbol)
    contract, mark = perps.contracts[request.symbol], margin.mark(perps, request.symbol)
    filters.check(request, contract, mark=mark, open_orders=len(perps.desk_open[desk]))
    earlier = perps.orders.live(desk, request.client_id)
    if earlier is not None and earlier.open:
        raise Refused(Reason.DUPLICATE)


def _check_reducing(account: PerpAccount, request: PerpRequest) -> None:
    if not request.reduce_only:
        return
    qty = account.position(request.symbol, request.position_side).qty
    if (qty >= 0) if request.side is Side.BUY else (qty <= 0):
        raise Refused(Reason.REDUCE_ONLY)


def _check_matches(request: PerpRequest, matches: Sequence[Match]) -> None:
    if request.type is OrderType.LIMIT_MAKER and matches:
        raise Refused(Reason.WOULD_TAKE)
    if request.time_in_force is TimeInForce.FOK and sum(match.qty for match in matches) < request.qty:
        raise Refused(Reason.UNFILLABLE)


def _check_margin(
    perps: Perps, account: PerpAccount, request: PerpRequest, matches: Sequence[Match], *, already: int = 0
) -> None:
    """Whatever adds to the exposure must be covered: its margin, the loss against the mark price, the fees.

    `already` is the notional that an order which is being changed binds now.
    """
    if request.reduce_only:
        return
    mark = margin.mark(perps, request.symbol)
    extra = Extra(request.side, request.position_side, _notional(request, matches, mark) - already)
    before = margin.total_initial(perps, account, request.symbol)
    added = margin.total_initial(perps, account, request.symbol, extra) - before
    if added <= 0:
        return
    _check_cap(perps, account, request.symbol, extra)
    if margin.summary(perps, account).available < added + _costs(perps, request, matches, mark):
        raise Refused(Reason.MARGIN)


def _notional(request: PerpRequest, matches: Sequence[Match], mark: int) -> int:
    worst = max([mark, request.price, *(match.price for match in matches)])
    return atoms.times_up(worst, request.qty)


def _costs(perps: Perps, request: PerpRequest, matches: Sequence[Match], mark: int) -> int:
    side = 1 if request.side is Side.BUY else -1
    lost = sum(max(0, side * (match.price - mark)) * match.qty // atoms.SCALE + 1 for match in matches)
    fees = sum(perps.fees.fee(atoms.times(match.price, match.qty), maker=False) + 1 for match in matches)
    return lost + fees


def _check_cap(perps: Perps, account: PerpAccount, symbol: str, extra: Extra | None) -> None:
    cap = perps.contracts[symbol].cap(account.leverage(symbol))
    if margin.exposure(perps, account, symbol, extra) > cap:
        raise Refused(Reason.MAX_POSITION)


def turned_away(perps: Perps, request: PerpRequest, *, now_ms: int) -> Events:
    """An order that never works: it takes nothing and rests nowhere, but it has an id and an end."""
    order_id = perps.next_order_id
    yield _accepted(perps, replace(request, time_in_force=TimeInForce.IOC), (), now_ms)
    yield events.PerpClosed(now_ms, order_id, Status.CANCELED)


def cancel(order: PerpOrder, *, now_ms: int) -> Events:
    """Take an open order out of the book."""
    if not order.open:
        raise Refused(Reason.CANCEL_UNKNOWN)
    return iter([events.PerpClosed(now_ms, order.id, Status.CANCELED)])


def amend(perps: Perps, order: PerpOrder, request: PerpRequest, *, now_ms: int) -> Events:
    """Give an open limit order another price or quantity; `request` is the order as it shall be."""
    if not order.open:
        raise Refused(Reason.ORDER_UNKNOWN)
    request = _priced(perps.market(request.symbol), request)
    if (order.price, order.qty) == (request.price, request.qty):
        raise Refused(Reason.AMEND_SAME)
    if request.qty <= order.filled:
        return cancel(order, now_ms=now_ms)
    market = perps.market(request.symbol)
    filters.check(request, perps.contracts[request.symbol], mark=margin.mark(perps, request.symbol), open_orders=0)
    left = replace(request, qty=request.qty - order.filled)
    matches = matching.take(market, left)
    _check_matches(left, matches)
    held = atoms.times_up(order.price, order.leaves) if not order.reduce_only else 0
    _check_margin(perps, perps.accounts[order.account], left, matches, already=held)
    return _change(perps, order, request, matches, now_ms)


def _change(perps: Perps, order: PerpOrder, request: PerpRequest, matches: Sequence[Match], now_ms: int) -> Events:
    market = perps.markets[request.symbol]
    ahead = 0 if matches else matching.queue_ahead(market, request.side, request.price)
    yield events.PerpAmended(now_ms, order.id, request.price, request.qty, ahead)
    yield from trades.take(perps, order.id, matches, now_ms=now_ms)


def set_leverage(perps: Perps, account: PerpAccount, symbol: str, leverage: int, *, now_ms: int) -> Events:
    """Change the leverage of a contract; lower only as far as the margin reaches."""
    contract = perps.contracts[symbol]
    if not 1 <= leverage <= contract.max_leverage:
        raise Refused(Reason.LEVERAGE, detail=str(leverage))
    if margin.exposure(perps, account, symbol) > contract.cap(leverage):
        raise Refused(Reason.MAX_POSITION)
    if symbol in account.isolated and account.held(symbol) and leverage < account.leverage(symbol):
        raise Refused(Reason.LEVERAGE_ISOLATED)
    held = margin.exposure(perps, account, symbol)
    more = -(-held // leverage) - margin.total_initial(perps, account, symbol)
    if more > 0 and margin.summary(perps, account).available < more:
        raise Refused(Reason.LEVERAGE_MARGIN)
    return iter([events.Leveraged(now_ms, account.name, symbol, leverage)])


def set_isolated(perps: Perps, account: PerpAccount, symbol: str, *, isolated: bool, now_ms: int) -> Events:
    """Change the margin type of a contract; only while nothing is open there."""
    if (symbol in account.isolated) is isolated:
        raise Refused(Reason.MARGIN_MODE_SAME)
    if perps.desk_open[(account.name, symbol)] or perps.open_algos(account.name, symbol):
        raise Refused(Reason.MARGIN_MODE_ORDERS)
    if account.held(symbol):
        raise Refused(Reason.MARGIN_MODE_POSITION)
    return iter([events.Isolated(now_ms, account.name, symbol, int(isolated))])


def set_dual(perps: Perps, account: PerpAccount, *, dual: bool, now_ms: int) -> Events:
    """Change between one-way and hedge mode; only while nothing is open anywhere."""
    if account.dual is dual:
        raise Refused(Reason.SIDES_SAME)
    if perps.open_algos(account.name) or any(perps.desk_open[(account.name, name)] for name in perps.contracts):
        raise Refused(Reason.SIDES_ORDERS)
    if account.held():
        raise Refused(Reason.SIDES_POSITION)
    return iter([events.Sided(now_ms, account.name, int(dual))])


def move_margin(
    perps: Perps, account: PerpAccount, symbol: str, side: PositionSide, amount: int, *, now_ms: int
) -> Events:
    """Move margin into an isolated position, or out of it (negative) as far as its initial margin allows."""
    check_side(account, side)
    position = account.position(symbol, side)
    if not position.qty or symbol not in account.isolated:
        raise Refused(Reason.NO_POSITION)
    spare = position.isolated_wallet + min(0, position.unrealised(margin.mark(perps, symbol)))
    free = margin.summary(perps, account).available
    if amount > free or -amount > spare - margin.position_initial(perps, account, position):
        raise Refused(Reason.MARGIN)
    return iter([events.Margined(now_ms, account.name, symbol, side, amount)])
