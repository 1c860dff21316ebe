"""One-cancels-the-other: two orders of which at most one side fills."""

from collections.abc import Iterator
from dataclasses import replace

from trading.paper.core import commands, conditional, matching
from trading.paper.core.events import Event, Listed
from trading.paper.core.market import Market
from trading.paper.core.orders import CONDITIONAL, OrderType, Request, Side, Terms
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import State

STOPS = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})

OCO = "OCO"


def place_oco(state: State, above: Request, below: Request, *, client_id: str, now_ms: int) -> Iterator[Event]:
    """Accept both orders or neither. What the second locks beyond the first is all it locks."""
    market = state.market(above.symbol)
    first, second = sorted((above, below), key=lambda leg: leg.type in CONDITIONAL)
    _check_prices(above, below, market)
    for leg in (first, second):
        _check_leg(state, leg, market)
    if first.client_id and first.client_id == second.client_id:
        raise Refused(Reason.DUPLICATE)
    need, more = _need(first, market), _need(second, market)
    if state.accounts[first.account].free(conditional.spends(first, market)) < max(need, more):
        raise Refused(Reason.BALANCE)
    return _begin(state, (first, need), (second, max(0, more - need)), client_id, now_ms)


def check_levels(above: Request, below: Request) -> None:
    """A sell takes its profit above and stops below, a buy the other way round."""
    profit, stop = (above, below) if above.side is Side.SELL else (below, above)
    if stop.type not in STOPS or profit.type in STOPS or _level(above) <= _level(below):
        raise Refused(Reason.LIST_PRICES)


def _check_prices(above: Request, below: Request, market: Market) -> None:
    """The market lies between the two."""
    check_levels(above, below)
    if market.price and not _level(below) < market.price < _level(above):
        raise Refused(Reason.LIST_PRICES)


def _level(leg: Request) -> int:
    return leg.terms.stop_price if leg.terms and leg.type in CONDITIONAL else leg.price


def _check_leg(state: State, leg: Request, market: Market) -> None:
    commands.check_request(state, leg, market)
    if leg.type in CONDITIONAL:
        conditional.check(state, leg, market)
    elif matching.take(market, leg):
        raise Refused(Reason.WOULD_TAKE)


def _need(leg: Request, market: Market) -> int:
    return conditional.needs(leg, market)


def _begin(
    state: State, first: tuple[Request, int], second: tuple[Request, int], client_id: str, now_ms: int
) -> Iterator[Event]:
    list_id = len(state.lists) + 1
    request = first[0]
    name = client_id or commands.client_id_for(-list_id)
    yield Listed(now_ms, request.account, request.symbol, list_id, name, OCO)
    market = state.markets[request.symbol]
    for leg, locked in (first, second):
        terms = (leg.terms or Terms(0))._replace(list_id=list_id)
        yield from _accepted(state, market, replace(leg, terms=terms), locked, now_ms)


def _accepted(state: State, market: Market, leg: Request, locked: int, now_ms: int) -> list[Event]:
    if leg.type in CONDITIONAL:
        return conditional.accepted(state, leg, market, locked=locked, now_ms=now_ms)
    order = commands.accept(state, leg, qty=leg.qty, now_ms=now_ms)
    ahead = matching.queue_ahead(market, leg.side, leg.price)
    terms = (leg.terms or Terms(0))._replace(order_id=order.order_id)
    return [terms, order._replace(queue_ahead=ahead)]
