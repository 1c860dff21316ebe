"""Placing, cancelling and finding futures orders."""

import json
from collections.abc import Callable
from typing import Any

from trading.paper.core import packing
from trading.paper.core.orders import OrderType, SelfTrade, Side, Terms, TimeInForce
from trading.paper.core.perps.commands import closes
from trading.paper.core.perps.orders import LIQUIDATION, PRICE_MATCHES, AlgoType, PerpOrder, PerpRequest, PositionSide
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import Window
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import WireError, missing, unwanted
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_usdm import numbers, shapes
from trading.paper.dialects.binance_usdm.errors import invalid, not_here, translated
from trading.paper.dialects.binance_usdm.reading import client_id, forgotten, member, position_side
from trading.paper.server.exchange import Exchange

MOST_IN_BATCH = 10
# Binance takes five orders and ten cancels; ten are fine here for both.

DONE = {"code": 200, "msg": "The operation of cancel all open order is done."}

_NEEDS = {OrderType.LIMIT: ("timeInForce", "quantity"), OrderType.MARKET: ("quantity",)}
_REFUSES = {OrderType.LIMIT: (), OrderType.MARKET: ("timeInForce", "price")}

LEAST_LIFE_MS = 600_000
LAST_MS = 253_402_300_799_000
# An order that ends by itself lives at least ten minutes, and not beyond the year 9999.


def place(exchange: Exchange, account: str, params: Params) -> Any:
    """POST order."""
    detail = params.get("newOrderRespType", "") or "ACK"
    if detail not in ("ACK", "RESULT"):
        raise WireError(-1137, "Invalid newOrderRespType.")
    placed = exchange.futures.place(request(exchange, account, params))
    return shapes.order(placed) if detail == "RESULT" else shapes.acknowledged(placed)


def dry_run(exchange: Exchange, account: str, params: Params) -> Any:
    """POST order/test: every check, no order."""
    exchange.futures.check(request(exchange, account, params))
    return {}


def request(exchange: Exchange, account: str, params: Params) -> PerpRequest:
    """What a client asks for."""
    symbol = read.text(params, "symbol")
    contract = exchange.state.perps.market(symbol).instrument
    side = member(Side, read.text(params, "side"), WireError(-1117, "Invalid side."))
    order_type = _type(params)
    time_in_force, kind = _time_in_force(params, order_type)
    apart = position_side(params)
    return PerpRequest(
        account=account,
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force=time_in_force,
        good_till_ms=_good_till_ms(params, now_ms=exchange.told_ms()),
        price_match=_price_match(params, order_type),
        terms=_terms(params),
        price=numbers.price(params, "price", contract),
        qty=numbers.qty(params, "quantity", contract),
        client_id=client_id(params, "newClientOrderId"),
        position_side=apart,
        reduce_only=_reduces(params, side, apart),
    )


def _type(params: Params) -> OrderType:
    value = read.text(params, "type")
    if value in AlgoType.__members__:
        raise not_here(value)
    if value not in (OrderType.LIMIT, OrderType.MARKET):
        raise WireError(-1116, "Invalid orderType.")
    if numbers.flag(params, "closePosition"):
        raise WireError(-4136, f"Target strategy invalid for orderType {value},closePosition true")
    _check_params(OrderType(value), params)
    return OrderType(value)


def _check_params(order_type: OrderType, params: Params) -> None:
    for name in _NEEDS[order_type]:
        read.text(params, name)
    for name in _REFUSES[order_type]:
        if name in params:
            raise unwanted(name)


def _price_match(params: Params, order_type: OrderType) -> str:
    """Where the price comes from, empty for the client itself."""
    wanted = params.get("priceMatch", "") or shapes.NONE
    if wanted != shapes.NONE and wanted not in PRICE_MATCHES:
        raise WireError(-5037, "Invalid price match.")
    if wanted == shapes.NONE:
        if order_type is OrderType.LIMIT:
            read.text(params, "price")
        return ""
    if order_type is not OrderType.LIMIT:
        raise WireError(-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT.")
    if "price" in params:
        raise unwanted("price")
    return wanted


def _good_till_ms(params: Params, *, now_ms: int) -> int:
    """When a GTD order ends; whole seconds count. 0 for every other order."""
    if params.get("timeInForce") != shapes.UNTIL:
        return 0
    until = read.maybe_integer(params, "goodTillDate")
    if until is None:
        raise missing("goodTillDate")
    if not now_ms + LEAST_LIFE_MS < until < LAST_MS:
        raise WireError(
            -5040,
            "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than "
            "253402300799000.",
        )
    return until // 1000 * 1000


def _terms(params: Params) -> Terms | None:
    mode = params.get("selfTradePreventionMode", "") or shapes.NONE
    if mode not in SelfTrade.__members__:
        raise WireError(-5039, "Invalid self trade prevention mode.")
    return None if mode == shapes.NONE else Terms(0, self_trade=mode)


def _time_in_force(params: Params, order_type: OrderType) -> tuple[TimeInForce, OrderType]:
    """GTX, post only, is a type of its own inside; GTD rests like GTC, until its time."""
    value = params.get("timeInForce", TimeInForce.GTC)
    if value == shapes.POST_ONLY:
        return TimeInForce.GTC, OrderType.LIMIT_MAKER
    if value == shapes.UNTIL:
        return TimeInForce.GTC, order_type
    return member(TimeInForce, value, WireError(-1115, "Invalid timeInForce.")), order_type


def _reduces(params: Params, side: Side, apart: PositionSide) -> bool:
    """In hedge mode an order that can only close is reduce only by itself, and must not say so."""
    if apart is PositionSide.BOTH:
        return numbers.flag(params, "reduceOnly")
    if "reduceOnly" in params:
        raise unwanted("reduceonly")
    return closes(side, apart)


def batch_place(exchange: Exchange, account: str, params: Params) -> Any:
    """POST batchOrders: each order by itself, a refused one does not stop the others."""
    rows = _rows(params, "batchOrders")
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("batchOrders")
    return [_one(exchange, account, row, place) for row in rows]


def _one(exchange: Exchange, account: str, row: dict[str, Any], verb: Callable[[Exchange, str, Params], Any]) -> Any:
    try:
        return verb(exchange, account, {name: str(value) for name, value in row.items()})
    except Refused as error:
        refused = translated(error)
    except WireError as error:
        refused = error
    return {"code": refused.code, "msg": refused.msg}


def _rows(params: Params, name: str) -> list[Any]:
    try:
        rows = json.loads(read.text(params, name))
    except (ValueError, RecursionError) as error:
        raise invalid(name) from error
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_IN_BATCH:
        raise invalid(name)
    return rows


def cancel(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE order."""
    found = _find(exchange, account, params, Reason.CANCEL_UNKNOWN)
    exchange.futures.cancel(found)
    return shapes.order(found)


def amend(exchange: Exchange, account: str, params: Params) -> Any:
    """PUT order: another price and quantity under the same id."""
    found = _find(exchange, account, params, Reason.ORDER_UNKNOWN)
    for name in ("side", "quantity"):
        read.text(params, name)
    if params["side"] != found.side:
        raise WireError(-1117, "Invalid side.")
    changed = PerpRequest(
        account=account,
        symbol=found.instrument.symbol,
        side=found.side,
        type=found.type,
        time_in_force=found.time_in_force,
        price=numbers.price(params, "price", found.instrument),
        qty=numbers.qty(params, "quantity", found.instrument),
        position_side=found.position_side,
        reduce_only=found.reduce_only,
        terms=found.terms,
        price_match=_price_match(params, OrderType.LIMIT),
    )
    exchange.futures.amend(found, changed)
    return shapes.order(found)


def batch_amend(exchange: Exchange, account: str, params: Params) -> Any:
    """PUT batchOrders: each by itself."""
    rows = _rows(params, "batchOrders")
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("batchOrders")
    return [_one(exchange, account, row, amend) for row in rows]


def batch_cancel(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE batchOrders, by order ids or by client order ids."""
    by_id = next((name for name in ("orderIdList", "orderidlist") if name in params), "")
    field, listed = ("orderId", by_id) if by_id else ("origClientOrderId", _client_list(params))
    base = {"symbol": read.text(params, "symbol")}
    return [_cancel_one(exchange, account, base | {field: str(value)}) for value in _rows(params, listed)]


def _client_list(params: Params) -> str:
    return next((name for name in ("origClientOrderIdList", "origclientorderidlist") if name in params), "orderIdList")


def _cancel_one(exchange: Exchange, account: str, params: Params) -> Any:
    try:
        return cancel(exchange, account, params)
    except Refused as error:
        refused = translated(error)
    return {"code": refused.code, "msg": refused.msg}


def cancel_all(exchange: Exchange, account: str, params: Params) -> Any:
    """DELETE allOpenOrders of one contract; conditional orders stay."""
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    for order in list(exchange.state.perps.desk_open[(account, symbol)].values()):
        exchange.futures.cancel(order)
    return DONE


def countdown(exchange: Exchange, account: str, params: Params) -> Any:
    """POST countdownCancelAll: the dead man's switch of one contract."""
    symbol, in_ms = read.text(params, "symbol"), read.maybe_integer(params, "countdownTime")
    exchange.state.perps.market(symbol)
    if in_ms is None:
        raise missing("countdownTime")
    exchange.futures.count_down(account, symbol, in_ms)
    return {"symbol": symbol, "countdownTime": str(in_ms)}


def get(exchange: Exchange, account: str, params: Params) -> Any:
    """GET order."""
    return shapes.order(_find(exchange, account, params, Reason.ORDER_UNKNOWN))


def get_open(exchange: Exchange, account: str, params: Params) -> Any:
    """GET openOrder: like order, but only while it is open."""
    found = _find(exchange, account, params, Reason.ORDER_UNKNOWN)
    if not found.open:
        raise Refused(Reason.ORDER_UNKNOWN)
    return shapes.order(found)


def _find(exchange: Exchange, account: str, params: Params, reason: Reason) -> PerpOrder:
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    order_id, name = read.maybe_integer(params, "orderId"), params.get("origClientOrderId", "")
    if order_id is None and not name:
        raise missing("orderId")
    found = _lookup(exchange, (account, symbol), order_id, name)
    if found is None or _forgotten(exchange, found):
        raise Refused(reason)
    return found


def _forgotten(exchange: Exchange, order: PerpOrder) -> bool:
    return forgotten(order.status, filled=order.filled, created_ms=order.created_ms, now_ms=exchange.told_ms())


def _lookup(exchange: Exchange, desk: tuple[str, str], order_id: int | None, name: str) -> PerpOrder | None:
    perps = exchange.state.perps
    if order_id is None:
        return perps.orders.named(desk, name)
    found = perps.orders.get(order_id)
    mine = found is not None and (found.account, found.instrument.symbol) == desk
    return found if mine else None


def open_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET openOrders, of one contract or of all."""
    perps, wanted = exchange.state.perps, params.get("symbol", "")
    if wanted:
        perps.market(wanted)
    symbols = [wanted] if wanted else list(perps.contracts)
    found = [order for symbol in symbols for order in perps.desk_open[(account, symbol)].values()]
    return [shapes.order(order) for order in sorted(found, key=lambda order: order.id)]


def all_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET allOrders: from an order id on, or the latest within the times."""
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    window = read.window(params, first=read.maybe_integer(params, "orderId"))
    found = exchange.state.perps.orders.page((account, symbol), window)
    return [shapes.order(order) for order in found if not _forgotten(exchange, order)]


def forced_orders(exchange: Exchange, account: str, params: Params) -> Any:
    """GET forceOrders: the liquidations."""
    perps, wanted, window = exchange.state.perps, params.get("symbol", ""), read.window(params)
    found = [
        order
        for symbol in ([wanted] if wanted else perps.contracts)
        for order in perps.orders.search((account, symbol), window, lambda order: order.origin == LIQUIDATION)
    ]
    return [shapes.order(order) for order in read.page(found, params, from_start=False)]


def user_trades(exchange: Exchange, account: str, params: Params) -> Any:
    """GET userTrades: of an order, from a trade id on, or the latest within the times."""
    symbol = read.text(params, "symbol")
    exchange.state.perps.market(symbol)
    window = read.window(params, first=read.maybe_integer(params, "fromId"))
    fills = _fills(exchange, (account, symbol), read.maybe_integer(params, "orderId"), window)
    return [shapes.user_trade(fill, fill.order) for fill in fills]


def _fills(exchange: Exchange, desk: tuple[str, str], order_id: int | None, window: Window) -> list[Any]:
    if order_id is None:
        return exchange.state.perps.fills(desk, window)
    found = _lookup(exchange, desk, order_id, "")
    return packing.fills([found], window) if found else []
