"""What an event does to the tables. The live exchange and the recovery from the ledger run this same code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trading.paper.core import events
from trading.paper.core.accounts import Account, charge, exchanged, relock
from trading.paper.core.fees import VOLUME_QUOTES
from trading.paper.core.market import Desk, Market
from trading.paper.core.orders import Fill, Order, OrderType, Side, Status, Terms, TimeInForce
from trading.paper.core.perps import apply as perps_apply
from trading.paper.core.perps.events import PerpEvent
from trading.paper.core.state import OrderList, State

_SIDES = {side.value: side for side in Side}
_TYPES = {kind.value: kind for kind in OrderType}
_TIMES = {time.value: time for time in TimeInForce}
# Looked up rather than called: an enumeration takes ten times as long to find its member.


def apply(state: State, event: events.Event) -> None:
    """Change the tables by one event."""
    _APPLIERS[type(event)](state, event)


def _account(state: State, name: str) -> Account:
    found = state.accounts.get(name)
    if found is None:
        found = state.accounts[name] = Account(name)
    return found


def _deposited(state: State, event: events.Deposited) -> None:
    account = _account(state, event.account)
    account.balance(event.asset).free += event.amount
    account.updated_ms = event.at_ms
    state.deposits[event.account].append(event)


def _accepted(state: State, event: events.Accepted) -> None:
    order = _order(state, event)
    if order.terms is not None:
        _with_terms(state, order, order.terms)
    account = _account(state, event.account)
    desk = (event.account, event.symbol)
    state.orders.add(order)
    state.desk_open[desk][order.id] = order
    if order.id >= state.next_order_id:
        state.next_order_id = order.id + 1
    if order.rests or order.waits:
        relock(account.balance(order.spends), order, spent=0, locked=order.lock_for(order.qty))
    account.updated_ms = event.at_ms
    if order.pends:
        state.pending += 1
    else:
        _begin(state, order)


def _begin(state: State, order: Order) -> None:
    """Into the waiting room, or into the book."""
    symbol = order.instrument.symbol
    if order.waits:
        state.waiting[symbol][order.id] = order
    elif order.rests:
        state.markets[symbol].book.half(order.side).add(order)


def _with_terms(state: State, order: Order, terms: Terms) -> None:
    order.extreme = terms.extreme
    order.shown = min(terms.iceberg_qty, order.qty)
    if terms.list_id:
        state.lists[terms.list_id].orders.append(order)


def _termed(state: State, event: Terms) -> None:
    state.terms[event.order_id] = event


def _listed(state: State, event: events.Listed) -> None:
    state.lists.add(OrderList(event))


def _triggered(state: State, event: events.Triggered) -> None:
    order = state.orders[event.order_id]
    symbol = order.instrument.symbol
    order.waits = False
    order.working_ms = order.updated_ms = event.at_ms
    order.queue_ahead = event.queue_ahead
    del state.waiting[symbol][order.id]
    balance = state.accounts[order.account].balance(order.spends)
    relock(balance, order, spent=0, locked=order.lock_for(order.leaves))
    if order.rests:
        state.markets[symbol].book.half(order.side).add(order)


def _released(state: State, event: events.Released) -> None:
    order = state.orders[event.order_id]
    order.pends, order.status = False, Status.NEW
    order.updated_ms, order.queue_ahead = event.at_ms, event.queue_ahead
    order.working_ms = 0 if order.waits else event.at_ms
    state.pending -= 1
    relock(state.accounts[order.account].balance(order.spends), order, spent=0, locked=order.lock_for(order.qty))
    _begin(state, order)


def _tracked(state: State, event: events.Tracked) -> None:
    state.orders[event.order_id].extreme = event.extreme


def _amended(state: State, event: events.Amended) -> None:
    order = state.orders[event.order_id]
    half = state.markets[order.instrument.symbol].book.half(order.side)
    order.qty, order.updated_ms = event.qty, event.at_ms
    balance = state.accounts[order.account].balance(order.spends)
    relock(balance, order, spent=0, locked=order.lock_for(order.leaves))
    if order.shown and order.rests and not order.waits:
        half.remove(order)
        order.shown = min(order.shown, order.leaves)
        half.add(order)


def _order(state: State, event: events.Accepted) -> Order:
    return Order(
        id=event.order_id,
        account=event.account,
        instrument=state.markets[event.symbol].instrument,
        client_id=event.client_id,
        side=_SIDES[event.side],
        type=_TYPES[event.type],
        time_in_force=_TIMES[event.time_in_force],
        price=event.price,
        qty=event.qty,
        quote_qty=event.quote_qty,
        created_ms=event.at_ms,
        updated_ms=event.at_ms,
        queue_ahead=event.queue_ahead,
        terms=state.terms.pop(event.order_id, None),
    )


def _filled(state: State, event: events.Filled) -> None:
    order = state.orders[event.order_id]
    fill = _settle(state, order, event)
    order.fills.append(fill)
    symbol = order.instrument.symbol
    market = state.markets[symbol]
    if event.trade_id >= market.next_trade_id:
        market.next_trade_id = event.trade_id + 1
    order.updated_ms = event.at_ms
    order.status = Status.PARTIALLY_FILLED if order.leaves else Status.FILLED
    if not order.leaves:
        _leave(state, order)
    elif order.shown:
        _show_next(market, order, event.qty)


def _show_next(market: Market, order: Order, taken: int) -> None:
    """An iceberg whose slice is gone shows the next one, behind the others at its price."""
    half = market.book.half(order.side)
    resting = order.rests and order.shown <= taken
    if resting:
        half.remove(order)
    order.shown = order.shown - taken if order.shown > taken else min(order.iceberg_qty, order.leaves)
    if resting:
        half.add(order)


def _settle(state: State, order: Order, event: events.Filled) -> Fill:
    account = state.accounts[order.account]
    spent, received = exchanged(order.side, price=event.price, qty=event.qty)
    receives = order.receives
    order.filled += event.qty
    notional = spent if order.side is Side.BUY else received
    order.filled_quote += notional
    relock(account.balance(order.spends), order, spent=spent, locked=order.lock_for(order.qty - order.filled))
    if event.fee_asset:
        account.balance(receives).free += received
        charge(account.balance(event.fee_asset), event.fee)
    else:
        account.balance(receives).free += received - event.fee
    if state.tiers and order.instrument.quote in VOLUME_QUOTES:
        account.traded.add(event.at_ms, notional)
    account.updated_ms = event.at_ms
    return Fill(
        order=order,
        trade_id=event.trade_id,
        at_ms=event.at_ms,
        price=event.price,
        qty=event.qty,
        notional=notional,
        fee=event.fee,
        fee_asset=event.fee_asset or receives,
        maker=bool(event.maker),
    )


def _discounted(state: State, event: events.Discounted) -> None:
    _account(state, event.account).burns = bool(event.on)


def _closed(state: State, event: events.Closed) -> None:
    order = state.orders[event.order_id]
    account = state.accounts[order.account]
    relock(account.balance(order.spends), order, spent=0, locked=0)
    order.status = Status(event.status)
    order.updated_ms = account.updated_ms = event.at_ms
    _leave(state, order)


def _leave(state: State, order: Order) -> None:
    symbol = order.instrument.symbol
    desk: Desk = (order.account, symbol)
    del state.desk_open[desk][order.id]
    if order.pends:
        order.pends = False
        state.pending -= 1
    elif order.waits:
        del state.waiting[symbol][order.id]
    elif order.rests:
        state.markets[symbol].book.half(order.side).remove(order)
    state.orders.end(order)
    if order.terms is not None and order.list_id:
        _end_list(state, state.lists[order.list_id])


def _end_list(state: State, found: OrderList) -> None:
    if not found.open:
        state.lists.end(found)


def _reserved(state: State, event: events.Reserved) -> None:
    market = state.markets[event.symbol]
    market.next_trade_id = max(market.next_trade_id, event.upto)


def _priced(state: State, event: events.Priced) -> None:
    state.markets[event.symbol].price = event.price


def _switched(state: State, event: events.Switched) -> None:
    market = state.markets[event.symbol]
    market.instrument = replace(market.instrument, trading=bool(event.trading))


def _positioned(state: State, event: events.Positioned) -> None:
    state.replay_step = event.step
    state.replay_started_ms = state.replay_started_ms or event.at_ms


def _perps(state: State, event: PerpEvent) -> None:
    perps_apply.apply(state.perps, event)


def _at_venue(state: State, event: events.AtVenue) -> None:
    perps_apply.apply(state.venues[event.venue], event.event)


_APPLIERS: dict[type, Callable[[State, Any], None]] = {
    Terms: _termed,
    events.Accepted: _accepted,
    events.Amended: _amended,
    events.AtVenue: _at_venue,
    events.Closed: _closed,
    events.Deposited: _deposited,
    events.Discounted: _discounted,
    events.Filled: _filled,
    events.Listed: _listed,
    events.Positioned: _positioned,
    events.Priced: _priced,
    events.Released: _released,
    events.Reserved: _reserved,
    events.Switched: _switched,
    events.Tracked: _tracked,
    events.Triggered: _triggered,
}
_APPLIERS.update(dict.fromkeys(perps_apply.APPLIERS, _perps))
