"""Who trades, and what follows at once. Generators: each event is applied before the next is decided."""

from collections.abc import Iterator, Sequence

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import Order, OrderType, Side, Status, TimeInForce
from trading.paper.core.perps import margin
from trading.paper.core.perps.events import (
    AlgoClosed,
    Insured,
    PerpAccepted,
    PerpClosed,
    PerpEvent,
    PerpFilled,
    PerpSwitched,
)
from trading.paper.core.perps.orders import LIQUIDATION, SETTLEMENT, AlgoStatus, PerpOrder
from trading.paper.core.perps.positions import Position, traded
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.core.prints import Print, reached

Events = Iterator[PerpEvent]

_NAMES = {LIQUIDATION: "autoclose", SETTLEMENT: "settlement_autoclose"}


def room(perps: Perps, order: Order) -> int:
    """How much of an order may still trade: a reduce-only one never more than its position."""
    found = perps.orders[order.id]
    if not found.open:
        return 0
    if not found.reduce_only:
        return found.leaves
    qty = perps.accounts[found.account].position(found.instrument.symbol, found.position_side).qty
    closable = max(0, -qty if found.side is Side.BUY else qty)
    return min(found.leaves, closable)


def take(perps: Perps, order_id: int, matches: Sequence[Match], *, now_ms: int) -> Events:
    """Trade an accepted order against its matches, and end it if it does not rest."""
    order = perps.orders[order_id]
    market = perps.markets[order.instrument.symbol]
    for match in matches:
        if not match.qty:
            yield from _prevent(perps, order, match, now_ms)
        trade_id = market.next_trade_id
        qty = min(match.qty, room(perps, order), room(perps, match.maker) if match.maker else match.qty)
        if qty:
            yield from _fill(perps, order, match.price, qty, trade_id, maker=False, now_ms=now_ms)
        if qty and match.maker:
            resting = perps.orders[match.maker.id]
            yield from _fill(perps, resting, match.price, qty, trade_id, maker=True, now_ms=now_ms)
    if order.open and not order.rests:
        yield PerpClosed(now_ms, order.id, Status.EXPIRED)


def _prevent(perps: Perps, order: PerpOrder, match: Match, now_ms: int) -> Events:
    """Self-trade prevention ends the maker, or without one the taker itself."""
    ended = perps.orders[match.maker.id] if match.maker else order
    if ended.open:
        yield PerpClosed(now_ms, ended.id, Status.EXPIRED_IN_MATCH)


def expire(perps: Perps, *, now_ms: int) -> Events:
    """End the orders whose time is over."""
    for order in [one for one in perps.timed.values() if one.good_till_ms <= now_ms]:
        yield PerpClosed(now_ms, order.id, Status.EXPIRED)


def printed(perps: Perps, market: Market, trade: Print) -> Events:
    """Fill the resting orders that a trade of strangers reaches, at their own prices."""
    for order, qty in reached(market, trade):
        mine = perps.orders[order.id]
        part = min(qty, room(perps, mine))
        if part:
            trade_id = market.next_trade_id
            yield from _fill(perps, mine, mine.price, part, trade_id, maker=True, now_ms=trade.at_ms)


def _fill(perps: Perps, order: PerpOrder, price: int, qty: int, trade_id: int, *, maker: bool, now_ms: int) -> Events:
    account = perps.accounts[order.account]
    position = account.position(order.instrument.symbol, order.position_side)
    change = traded(position, qty=qty if order.side is Side.BUY else -qty, price=price)
    fee = perps.rates(account, now_ms=now_ms).fee(atoms.times(price, qty), maker=maker)
    yield PerpFilled(now_ms, order.id, trade_id, price, qty, fee, int(maker), change.realised)
    if change.closed and not change.qty:
        yield from _void(perps, account, order, now_ms)


def _void(perps: Perps, account: PerpAccount, closer: PerpOrder, now_ms: int) -> Events:
    """With the position gone, its reduce-only orders have nothing left to reduce."""
    waiting = list(perps.desk_open[(account.name, closer.instrument.symbol)].values())
    for order in waiting:
        if order.reduce_only and order.position_side is closer.position_side and order.open:
            yield PerpClosed(now_ms, order.id, Status.EXPIRED)


def liquidate(perps: Perps, symbol: str, *, now_ms: int) -> Events:
    """Close what its margin no longer carries after the contract's price has moved."""
    for account in list(perps.accounts.values()):
        if account.held(symbol):
            isolated = symbol in account.isolated
            yield from (_isolated if isolated else _cross)(perps, account, symbol, now_ms)
        if account.cross_wallet < 0 and all(one.symbol in account.isolated for one in account.held()):
            # Its own stop was too late: the price had leapt past what it had.
            yield from _insure(perps, account, symbol, account.cross_wallet, 0, now_ms)


def _isolated(perps: Perps, account: PerpAccount, symbol: str, now_ms: int) -> Events:
    for position in account.held(symbol):
        worth = position.isolated_wallet + position.unrealised(margin.mark(perps, symbol))
        if worth <= margin.position_maintenance(perps, position):
            yield from _cancel_all(perps, account, symbol, now_ms)
            behind, wallet = position.isolated_wallet, account.wallet
            worth = position.notional(margin.mark(perps, symbol))
            yield from _close_out(perps, account, position, now_ms)
            yield from _insure(perps, account, symbol, behind + account.wallet - wallet, worth, now_ms)


def _cross(perps: Perps, account: PerpAccount, symbol: str, now_ms: int) -> Events:
    found = margin.summary(perps, account)
    if found.cross_wallet + found.cross_unrealised > found.cross_maintenance:
        return
    for name in perps.contracts:
        yield from _cancel_all(perps, account, name, now_ms)
    held = [one for one in account.held() if one.symbol not in account.isolated]
    worth = sum(one.notional(margin.mark(perps, one.symbol)) for one in held)
    for position in held:
        yield from _close_out(perps, account, position, now_ms)
    yield from _insure(perps, account, symbol, account.cross_wallet, worth, now_ms)


def _cancel_all(perps: Perps, account: PerpAccount, symbol: str, now_ms: int) -> Events:
    for order in list(perps.desk_open[(account.name, symbol)].values()):
        yield PerpClosed(now_ms, order.id, Status.CANCELED)


def switch(perps: Perps, symbol: str, *, trading: bool, now_ms: int) -> Events:
    """Halt or resume a contract; a halt ends its open orders and settles every position at the mark price."""
    if not trading:
        for algo in list(perps.algos_open[symbol].values()):
            yield AlgoClosed(now_ms, algo.id, AlgoStatus.EXPIRED)
        for account in list(perps.accounts.values()):
            yield from _cancel_all(perps, account, symbol, now_ms)
            for position in account.held(symbol):
                yield from _close_out(perps, account, position, now_ms, origin=SETTLEMENT)
    yield PerpSwitched(now_ms, symbol, int(trading))


def clear(perps: Perps, account: PerpAccount, *, now_ms: int) -> Events:
    """End every order of an account, and settle its positions at the mark price."""
    for algo in perps.open_algos(account.name):
        yield AlgoClosed(now_ms, algo.id, AlgoStatus.CANCELED)
    for symbol in perps.contracts:
        yield from _cancel_all(perps, account, symbol, now_ms)
    for position in account.held():
        yield from _close_out(perps, account, position, now_ms, origin=SETTLEMENT)


def _close_out(
    perps: Perps, account: PerpAccount, position: Position, now_ms: int, *, origin: str = LIQUIDATION
) -> Events:
    """The exchange's own order: the whole position at the mark price, as taker."""
    price, order_id = margin.mark(perps, position.symbol), perps.next_order_id
    yield PerpAccepted(
        at_ms=now_ms,
        account=account.name,
        symbol=position.symbol,
        order_id=order_id,
        client_id=f"{_NAMES[origin]}-{now_ms}-{order_id}",
        side=Side.SELL if position.qty > 0 else Side.BUY,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        price=0,
        qty=abs(position.qty),
        queue_ahead=0,
        position_side=position.side,
        reduce_only=1,
        close_position=0,
        origin=origin,
        stop_price=0,
    )
    yield from take(perps, order_id, [Match(price=price, qty=abs(position.qty))], now_ms=now_ms)


def _insure(perps: Perps, account: PerpAccount, symbol: str, left: int, worth: int, now_ms: int) -> Events:
    """What is missing is paid by the fund, as far as it reaches; of what is left it takes its fee."""
    fee = min(max(0, left), atoms.times(worth, perps.contracts[symbol].liquidation_rate))
    paid = min(max(0, -left), perps.insurance) - fee
    if paid:
        yield Insured(now_ms, account.name, symbol, paid)
