"""Order lists: one cancels the other."""

from typing import Any

from trading.paper.core.chains import WORKING
from trading.paper.core.commands import client_id_for
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.state import OrderList
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot import shapes
from trading.paper.dialects.binance_spot.errors import WireError, unwanted
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_spot.requests import request
from trading.paper.server.exchange import Exchange

_OF_LEG = {
    "Type": "type",
    "Price": "price",
    "StopPrice": "stopPrice",
    "TrailingDelta": "trailingDelta",
    "TimeInForce": "timeInForce",
    "IcebergQty": "icebergQty",
    "ClientOrderId": "newClientOrderId",
}
_SHARED = ("symbol", "side", "quantity", "selfTradePreventionMode")


def place_oco(exchange: Exchange, account: str, params: Params) -> Any:
    """POST orderList/oco: an order above the market and one below."""
    above, below = (request(exchange, account, _leg(params, side)) for side in ("above", "below"))
    return _placed(exchange.place_oco(above, below, client_id=params.get("listClientOrderId", "")))


def _leg(params: Params, side: str) -> Params:
    read.text(params, f"{side}Type")
    given = {name: params[name] for name in _SHARED if name in params}
    return given | {name: params[side + sent] for sent, name in _OF_LEG.items() if side + sent in params}


def place_oto(exchange: Exchange, account: str, params: Params) -> Any:
    """POST orderList/oto: an order, and one that begins once it is filled."""
    return _placed(_oto(exchange, account, params, "pending"))


def place_otoco(exchange: Exchange, account: str, params: Params) -> Any:
    """POST orderList/otoco: an order, and a pair that begins once it is filled."""
    return _placed(_oto(exchange, account, params, "pendingAbove", "pendingBelow"))


def _oto(exchange: Exchange, account: str, params: Params, *pending: str) -> OrderList:
    working = request(exchange, account, _part(params, "working", "working"))
    if working.type not in WORKING:
        raise WireError(-1106, "Parameter 'workingType' sent when not required.")
    if "quoteOrderQty" in params:
        raise unwanted("quoteOrderQty")
    legs = [request(exchange, account, _part(params, name, "pending")) for name in pending]
    return exchange.place_oto(working, legs, client_id=params.get("listClientOrderId", ""))


def _part(params: Params, prefix: str, whole: str) -> Params:
    """The parameters of one order; side and quantity are told once for all pending ones."""
    read.text(params, f"{prefix}Type")
    shared = {name: params[name] for name in ("symbol", "selfTradePreventionMode") if name in params}
    sent = {f"{whole}Side": "side", f"{whole}Quantity": "quantity"}
    return shared | _renamed(params, sent | {prefix + name: ours for name, ours in _OF_LEG.items()})


def place_old_oco(exchange: Exchange, account: str, params: Params) -> Any:
    """POST order/oco, the older form: a limit maker and a stop."""
    shared = {name: params[name] for name in _SHARED if name in params}
    limit = (
        shared
        | {"type": "LIMIT_MAKER"}
        | _renamed(params, {"price": "price", "limitClientOrderId": "newClientOrderId"})
    )
    names = {"stopPrice": "stopPrice", "stopClientOrderId": "newClientOrderId", "trailingDelta": "trailingDelta"}
    stop = shared | {"type": "STOP_LOSS"} | _renamed(params, names)
    if "stopLimitPrice" in params:
        limited = {"stopLimitPrice": "price", "stopLimitTimeInForce": "timeInForce"}
        stop |= {"type": "STOP_LOSS_LIMIT"} | _renamed(params, limited)
    above, below = (limit, stop) if params.get("side") == "SELL" else (stop, limit)
    legs = [request(exchange, account, leg) for leg in (above, below)]
    return _placed(exchange.place_oco(*legs, client_id=params.get("listClientOrderId", "")))


def _renamed(params: Params, names: dict[str, str]) -> Params:
    return {name: params[sent] for sent, name in names.items() if sent in params}


def _placed(made: OrderList) -> Any:
    return shapes.order_list(made) | {"orderReports": [shapes.accepted(one, "RESULT") for one in made.orders]}


def cancel(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE orderList."""
    found = _find(exchange, account, params, Reason.CANCEL_UNKNOWN)
    ended = [order for order in found.orders if order.open]
    if not ended:
        raise Refused(Reason.CANCEL_UNKNOWN)
    exchange.cancel(ended[0])
    reports = [shapes.canceled(order, client_id_for(-order.id)) for order in ended]
    return shapes.order_list(found) | {"orderReports": reports}


def get(exchange: Exchange, account: str, params: Params) -> Any:
    """GET orderList."""
    return shapes.order_list(_find(exchange, account, params, Reason.LIST_UNKNOWN))


def _find(exchange: Exchange, account: str, params: Params, unknown: Reason) -> OrderList:
    list_id = read.maybe_integer(params, "orderListId")
    name = params.get("origClientOrderId", "") or params.get("listClientOrderId", "")
    if list_id is None and not name:
        raise WireError(-1102, "Param 'origClientOrderId' or 'orderListId' must be sent, but both were empty/null!")
    mine = [one for one in _lists(exchange, account) if list_id in (None, one.listed.list_id)]
    found = [one for one in mine if list_id is not None or one.listed.client_id == name]
    if not found:
        raise Refused(unknown)
    return found[-1]


def _lists(exchange: Exchange, account: str) -> list[OrderList]:
    return [one for one in exchange.state.lists.values() if one.listed.account == account]


def open_lists(exchange: Exchange, account: str, _params: Params) -> Any:
    """GET openOrderList."""
    return [shapes.order_list(one) for one in _lists(exchange, account) if one.open]


def all_lists(exchange: Exchange, account: str, params: Params) -> Any:
    """GET allOrderList: the latest within the times, or from an id on."""
    span, first_id = read.span(params), read.maybe_integer(params, "fromId")
    found = [
        one for one in _lists(exchange, account) if one.listed.at_ms in span and one.listed.list_id >= (first_id or 0)
    ]
    return [shapes.order_list(one) for one in read.page(found, params, from_start=first_id is not None)]
