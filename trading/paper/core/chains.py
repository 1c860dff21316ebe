"""One triggers the other: orders that begin once the working order of their list is filled, alone or as a pair."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from trading.paper.core import commands, conditional, lists, matching
from trading.paper.core.events import Closed, Event, Filled, Listed, Released
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import AT_MARKET, CONDITIONAL, Order, OrderType, Request, Role, Side, Status, Terms
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import OrderList, State

OTO = "OTO"

WORKING = frozenset({OrderType.LIMIT, OrderType.LIMIT_MAKER})


def place_oto(
    state: State, working: Request, pending: Sequence[Request], *, client_id: str, now_ms: int
) -> Iterator[Event]:
    """Accept a list of two or three orders, or nothing; only the working order locks and trades for now."""
    market = state.market(working.symbol)
    if working.type not in WORKING:
        raise Refused(Reason.ILLEGAL)
    for one in (working, *pending):
        commands.check_request(state, one, market)
    names = [one.client_id for one in (working, *pending) if one.client_id]
    if len(set(names)) < len(names):
        raise Refused(Reason.DUPLICATE)
    if len(pending) > 1:
        lists.check_levels(*pending)
    matches = matching.take(market, working)
    commands.check_matches(state, working, market, matches)
    return _begin(state, working, pending, matches, client_id=client_id, now_ms=now_ms)


def _begin(
    state: State, working: Request, pending: Sequence[Request], matches: list[Match], *, client_id: str, now_ms: int
) -> Iterator[Event]:
    list_id, market = len(state.lists) + 1, state.markets[working.symbol]
    name = client_id or commands.client_id_for(-list_id)
    yield Listed(now_ms, working.account, working.symbol, list_id, name, OTO)
    order_id = state.next_order_id
    ahead = 0 if matches else matching.queue_ahead(market, working.side, working.price)
    yield from _accepted(state, working, Terms(0, list_id=list_id, role=Role.WORKING), ahead=ahead, now_ms=now_ms)
    for leg, locked in _locks(pending, market):
        terms = Terms(0, list_id=list_id, role=Role.PENDING, locked=locked)
        yield from _accepted(state, leg, terms, ahead=0, now_ms=now_ms)
    yield from commands.executed(state, market, conditional.as_taker(state.orders[order_id], now_ms), matches)


def _locks(pending: Sequence[Request], market: Market) -> list[tuple[Request, int]]:
    """What each of them locks once it waits; of a pair the second one only what it needs beyond the first."""
    locked = 0
    rows: list[tuple[Request, int]] = []
    for leg in sorted(pending, key=lambda one: one.type in CONDITIONAL):
        need = conditional.needs(leg, market)
        rows.append((leg, max(0, need - locked)))
        locked = max(locked, need)
    return rows


def _accepted(state: State, asked: Request, more: Terms, *, ahead: int, now_ms: int) -> Iterator[Event]:
    given = asked.terms or Terms(0)
    terms = given._replace(list_id=more.list_id, role=int(more.role), locked=more.locked)
    order = commands.accept(state, replace(asked, terms=terms), qty=asked.qty, now_ms=now_ms)
    yield terms._replace(order_id=order.order_id)
    yield order._replace(queue_ahead=ahead)


def followed(state: State, events: Iterable[Event]) -> Iterator[Event]:
    """The events, and what begins or ends because a working order has ended with them."""
    ended: list[Order] = []
    for event in events:
        yield event
        if state.pending and isinstance(event, Filled | Closed):
            order = state.orders[event.order_id]
            if order.role == Role.WORKING and not order.open:
                ended.append(order)
    for order in ended:
        found = state.lists[order.list_id]
        yield from followed(state, release(state, found, filled=order.status is Status.FILLED, now_ms=order.updated_ms))


def release(state: State, found: OrderList, *, filled: bool, now_ms: int) -> Iterator[Event]:
    """Begin what has waited, if its working order was filled and the account can pay; else it expires."""
    legs = [order for order in found.orders if order.pends]
    if not legs:
        return
    cost = sum(_cost(order) for order in legs)
    if not filled or state.accounts[legs[0].account].free(legs[0].spends) < cost:
        yield from (Closed(now_ms, order.id, Status.EXPIRED) for order in legs)
        return
    for order in legs:
        if order.pends:  # the other of its pair may have traded at once, and ended it
            yield from _enter(state, order, now_ms)
    yield from conditional.fire(state, legs[0].instrument.symbol, now_ms=now_ms)


def _cost(order: Order) -> int:
    if order.waits and order.terms:
        return order.terms.locked
    if order.side is Side.SELL:
        return order.qty
    return commands.limit_cost(order.price, order.qty)


def _enter(state: State, order: Order, now_ms: int) -> Iterator[Event]:
    """An order that waits begins to wait; any other meets the book at once."""
    market = state.markets[order.instrument.symbol]
    if order.waits:
        yield Released(now_ms, order.id, 0)
        return
    matches = matching.take(market, conditional.as_request(order))
    if order.type is OrderType.LIMIT_MAKER and matches:
        yield Closed(now_ms, order.id, Status.EXPIRED)
        return
    if matches:
        yield from (
            Closed(now_ms, other.id, Status.EXPIRED) for other in state.mates(order) if other.role == order.role
        )
    ahead = 0 if matches or order.type in AT_MARKET else matching.queue_ahead(market, order.side, order.price)
    yield Released(now_ms, order.id, ahead)
    taken = conditional.affordable(state, order, matches)
    yield from commands.executed(state, market, conditional.as_taker(order, now_ms), taken)
