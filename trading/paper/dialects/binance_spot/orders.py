"""Placing, cancelling and finding orders."""

from typing import Any

from trading.paper.core import packing
from trading.paper.core.commands import client_id_for
from trading.paper.core.orders import Fill, Order, OrderType
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import Window
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot import shapes
from trading.paper.dialects.binance_spot.errors import WireError
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_spot.requests import request
from trading.paper.server.exchange import Exchange


def place(exchange: Exchange, account: str, params: Params) -> Any:
    """POST order."""
    asked = request(exchange, account, params)
    detail = _detail(params, asked.type)
    return shapes.accepted(exchange.place(asked), detail)


def dry_run(exchange: Exchange, account: str, params: Params) -> Any:
    """POST order/test: every check, no order."""
    exchange.check(request(exchange, account, params))
    return {}


def _detail(params: Params, order_type: OrderType) -> str:
    wanted = params.get("newOrderRespType", "") or shapes.default_detail(order_type)
    if wanted not in ("ACK", "RESULT", "FULL"):
        raise WireError(-1137, "Invalid newOrderRespType.")
    return wanted


def cancel(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE order."""
    found = find(exchange, account, params, Reason.CANCEL_UNKNOWN)
    cancel_id = read.client_id(params) or client_id_for(-found.id)
    exchange.cancel(found)
    return shapes.canceled(found, cancel_id)


def cancel_all(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE openOrders of one symbol; an error if there is none."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    found = list(exchange.state.desk_open[(account, symbol)].values())
    if not found:
        raise Refused(Reason.CANCEL_UNKNOWN)
    for order in found:
        if order.open:  # the others of an order list go with its first
            exchange.cancel(order)
    return [shapes.canceled(order, client_id_for(-order.id)) for order in found]


def get(exchange: Exchange, account: str, params: Params) -> Any:
    """GET order."""
    return shapes.order(find(exchange, account, params, Reason.ORDER_UNKNOWN))


def find(exchange: Exchange, account: str, params: Params, unknown: Reason) -> Order:
    """The account's order that orderId or origClientOrderId names; Refused(unknown) without one."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    order_id = read.maybe_integer(params, "orderId")
    client_id = params.get("origClientOrderId", "")
    if order_id is None and not client_id:
        raise WireError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    found = _lookup(exchange, (account, symbol), order_id, client_id)
    if found is None:
        raise Refused(unknown)
    return found


def _lookup(exchange: Exchange, desk: tuple[str, str], order_id: int | None, client_id: str) -> Order | None:
    state = exchange.state
    if order_id is None:
        return state.orders.named(desk, client_id)
    found = state.orders.get(order_id)
    mine = found is not None and (found.account, found.instrument.symbol) == desk
    return found if mine else None


def open_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET openOrders, of one symbol or of all."""
    wanted = params.get("symbol", "")
    if wanted:
        exchange.state.market(wanted)
    symbols = [wanted] if wanted else list(exchange.state.markets)
    found = [order for symbol in symbols for order in exchange.state.desk_open[(account, symbol)].values()]
    return [shapes.order(order) for order in sorted(found, key=lambda order: order.id)]


def all_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET allOrders: from an order id on, or the latest within the times."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    window = read.window(params, first=read.maybe_integer(params, "orderId"))
    return [shapes.order(order) for order in exchange.state.orders.page((account, symbol), window)]


def my_trades(exchange: Exchange, account: str, params: Params) -> Any:
    """GET myTrades: of an order, from a trade id on, or the latest within the times."""
    symbol = read.text(params, "symbol")
    exchange.state.market(symbol)
    window = read.window(params, first=read.maybe_integer(params, "fromId"))
    fills = _fills(exchange, (account, symbol), read.maybe_integer(params, "orderId"), window)
    return [shapes.my_trade(fill) for fill in fills]


def _fills(exchange: Exchange, desk: tuple[str, str], order_id: int | None, window: Window) -> list[Fill]:
    if order_id is None:
        return exchange.state.fills(desk, window)
    found = _lookup(exchange, desk, order_id, "")
    return packing.fills([found], window) if found else []
