"""Placing, cancelling and finding orders; sizes are whole contracts."""

import secrets
from typing import Any

from trading.paper.core.market import Desk
from trading.paper.core.orders import OrderType, Side, TimeInForce
from trading.paper.core.perps.commands import closes
from trading.paper.core.perps.contract import Contract
from trading.paper.core.perps.orders import (
    AlgoOrder,
    AlgoRequest,
    AlgoType,
    PerpOrder,
    PerpRequest,
    PositionSide,
)
from trading.paper.core.perps.state import PerpAccount, Perps
from trading.paper.core.refusals import Reason, Refused
from trading.paper.core.shelves import Window
from trading.paper.dialects.base import MOST_DIGITS
from trading.paper.dialects.kucoin_futures import shapes
from trading.paper.dialects.kucoin_futures.errors import SUCCESS, KuError, bad, translated
from trading.paper.dialects.kucoin_futures.params import Params, flag, integer, number, page, span, text
from trading.paper.dialects.kucoin_futures.venue import contract, side, tables
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]

WRONG_MODE = "The order's margin mode does not match the selected one. Please switch and try again."

STOP_PRICES = ("TP", "MP", "IP")

MOST_IN_BATCH = 20


def place(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST orders; with `stop` it waits for its price."""
    one = contract(exchange, params)
    params = _prepared(account, one, params)
    _set_leverage(exchange, account, one, params)
    if params.get("stop"):
        return _told(side(exchange).place_algo(_algo(account, one, params)))
    return _told(side(exchange).place(request(account, one, params)))


def _told(made: PerpOrder | AlgoOrder) -> Json:
    return {"orderId": shapes.shown_id(made), "clientOid": made.client_id}


def dry_run(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST orders/test: every check, no order."""
    one = contract(exchange, params)
    params = _prepared(account, one, params)
    if not params.get("stop"):
        side(exchange).check(request(account, one, params))
    return {"orderId": str(shapes.FIRST_ORDER_ID), "clientOid": params["clientOid"]}


def _prepared(account: PerpAccount, one: Contract, params: Params) -> Params:
    """A client id where there is none, the mode that fits, and the whole position where it is to be closed."""
    if params.get("marginMode", "") not in ("", shapes.margin_mode(account, one.symbol)):
        raise KuError("330005", WRONG_MODE)
    made = {"clientOid": secrets.token_hex(12)} if not params.get("clientOid") else {}
    return params | made | (_closing(account, one, params) if flag(params, "closeOrder") else {})


def _closing(account: PerpAccount, one: Contract, params: Params) -> Params:
    held = account.held(one.symbol)
    if not held:
        raise Refused(Reason.NO_POSITION)
    found = next((row for row in held if row.side.value == params.get("positionSide")), held[0])
    return {
        "side": "sell" if found.qty > 0 else "buy",
        "size": abs(found.qty) // one.multiplier,
        "positionSide": found.side.value,
        "reduceOnly": found.side is PositionSide.BOTH,
    }


def _set_leverage(exchange: Exchange, account: PerpAccount, one: Contract, params: Params) -> None:
    """An isolated order brings its leverage; a position that is open keeps the one it has."""
    wanted = integer(params, "leverage")
    free = one.symbol in account.isolated and not account.held(one.symbol)
    if free and wanted and wanted != account.leverage(one.symbol):
        side(exchange).set_leverage(account, one.symbol, wanted)


def request(account: PerpAccount, one: Contract, params: Params) -> PerpRequest:
    """What a client asks for."""
    kind = _type(params)
    buys, apart = _side(params), _position_side(account, params)
    return PerpRequest(
        account=account.name,
        symbol=one.symbol,
        side=buys,
        type=OrderType.LIMIT_MAKER if kind is OrderType.LIMIT and flag(params, "postOnly") else kind,
        time_in_force=_time_in_force(params),
        price=number(params, "price") if kind is OrderType.LIMIT else 0,
        qty=_qty(params, one),
        client_id=str(params["clientOid"]),
        position_side=apart,
        reduce_only=flag(params, "reduceOnly") if apart is PositionSide.BOTH else closes(buys, apart),
        close_position=flag(params, "closeOrder"),
    )


def _type(params: Params) -> OrderType:
    kind = str(params.get("type", "") or "limit").upper()
    if kind not in (OrderType.LIMIT, OrderType.MARKET):
        raise bad("type")
    if kind == OrderType.LIMIT and not number(params, "price"):
        raise bad("price")
    return OrderType(kind)


def _side(params: Params) -> Side:
    value = text(params, "side").upper()
    if value not in Side.__members__:
        raise bad("side")
    return Side(value)


def _position_side(account: PerpAccount, params: Params) -> PositionSide:
    value = str(params.get("positionSide", "") or PositionSide.BOTH)
    if value not in PositionSide.__members__:
        raise bad("positionSide")
    return PositionSide(value)


def _time_in_force(params: Params) -> TimeInForce:
    value = str(params.get("timeInForce", "") or TimeInForce.GTC)
    if value not in TimeInForce.__members__:
        raise bad("timeInForce")
    return TimeInForce(value)


def _qty(params: Params, one: Contract) -> int:
    """Contracts, base units or quote units, in base units."""
    if params.get("qty"):
        return number(params, "qty")
    size = integer(params, "size")
    if size <= 0:
        raise bad("size")
    return size * one.multiplier


def _algo(account: PerpAccount, one: Contract, params: Params) -> AlgoRequest:
    """`stop` says from which side the price comes; together with the order's side that is a stop or a take-profit."""
    if params["stop"] not in ("up", "down"):
        raise bad("stop")
    if params.get("stopPriceType") not in STOP_PRICES:
        raise bad("stopPriceType")
    base = request(account, one, params)
    stops = (params["stop"] == "up") is (base.side is Side.BUY)
    name = ("STOP" if stops else "TAKE_PROFIT") + ("" if base.price else "_MARKET")
    return AlgoRequest(
        account=account.name,
        symbol=one.symbol,
        side=base.side,
        type=AlgoType(name),
        time_in_force=base.time_in_force.value,
        price=base.price,
        qty=base.qty,
        client_id=base.client_id,
        position_side=base.position_side,
        reduce_only=base.reduce_only,
        trigger_price=number(params, "stopPrice"),
        working_type=str(params["stopPriceType"]),
    )


def place_with_exits(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST st-orders: an order, and a stop and a take-profit that close what it opens."""
    told = place(exchange, account, params)
    opposite = "sell" if text(params, "side") == "buy" else "buy"
    for name, stop in (("triggerStopUpPrice", "up"), ("triggerStopDownPrice", "down")):
        if params.get(name):
            shared = {key: params[key] for key in ("symbol", "size", "stopPriceType", "positionSide") if key in params}
            exit_ = {"side": opposite, "type": "market", "stop": stop, "stopPrice": params[name], "reduceOnly": True}
            place(exchange, account, shared | exit_)
    return told


def place_many(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """POST orders/multi: each order by itself."""
    rows: Any = params.get("rows")
    known = isinstance(rows, list) and 0 < len(rows) <= MOST_IN_BATCH
    if not known or not all(isinstance(row, dict) for row in rows):
        raise bad("orders")
    return [_one(exchange, account, row) for row in rows]


def _one(exchange: Exchange, account: PerpAccount, row: Params) -> Json:
    known: Json = {"clientOid": row.get("clientOid"), "symbol": row.get("symbol")}
    try:
        told: Json = place(exchange, account, row)
    except (KuError, Refused) as error:
        refused = translated(error) if isinstance(error, Refused) else error
        return known | {"orderId": None, "code": refused.code, "msg": refused.msg}
    return known | told | {"code": SUCCESS, "msg": "success"}


def cancel(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """DELETE orders/{orderId}, plain or conditional."""
    return {"cancelledOrderIds": [_cancel(exchange, find(exchange, account, params, Reason.CANCEL_UNKNOWN))]}


def _cancel(exchange: Exchange, found: PerpOrder | AlgoOrder) -> str:
    told = shapes.shown_id(found)
    if isinstance(found, AlgoOrder) and found.actual is not None:
        found = found.actual
    if isinstance(found, AlgoOrder):
        side(exchange).cancel_algo(found)
    else:
        side(exchange).cancel(found)
    return told


def cancel_named(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """DELETE orders/client-order/{clientOid}."""
    found = named(tables(exchange), account, params)
    if found is None:
        raise Refused(Reason.CANCEL_UNKNOWN)
    _cancel(exchange, found)
    return {"clientOid": found.client_id}


def cancel_many(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """DELETE orders/multi-cancel."""
    ids = params.get("orderIdsList")
    if not isinstance(ids, list):
        raise bad("orderIdsList")
    return [_cancel_one(exchange, account, str(order_id)) for order_id in ids]


def _cancel_one(exchange: Exchange, account: PerpAccount, order_id: str) -> Json:
    known = {"orderId": order_id, "clientOid": None}
    try:
        _cancel(exchange, find(exchange, account, {"orderId": order_id}, Reason.CANCEL_UNKNOWN))
    except (KuError, Refused) as error:
        refused = translated(error) if isinstance(error, Refused) else error
        return known | {"code": refused.code, "msg": refused.msg}
    return known | {"code": "200", "msg": "success"}


def cancel_all(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """DELETE orders of one contract or of all; conditional orders stay."""
    found = [one for one in _open(tables(exchange), account) if _wanted(one, params)]
    return {"cancelledOrderIds": [_cancel(exchange, one) for one in found]}


def cancel_stops(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """DELETE stopOrders of one contract or of all; plain orders stay."""
    found = [one for one in tables(exchange).open_algos(account.name) if _wanted(one, params)]
    return {"cancelledOrderIds": [_cancel(exchange, one) for one in found]}


def _wanted(one: PerpOrder | AlgoOrder, params: Params) -> bool:
    return params.get("symbol", "") in ("", one.instrument.symbol)


def _open(perps: Perps, account: PerpAccount) -> list[PerpOrder]:
    return [one for symbol in perps.contracts for one in perps.desk_open[(account.name, symbol)].values()]


def get(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET orders/{orderId}."""
    return _shape(tables(exchange), find(exchange, account, params, Reason.ORDER_UNKNOWN))


def get_named(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET orders/byClientOid."""
    found = named(tables(exchange), account, params)
    if found is None:
        raise Refused(Reason.ORDER_UNKNOWN)
    return _shape(tables(exchange), found)


def _shape(perps: Perps, found: PerpOrder | AlgoOrder) -> Json:
    return shapes.stop_order(perps, found) if isinstance(found, AlgoOrder) else shapes.order(perps, found)


def find(exchange: Exchange, account: PerpAccount, params: Params, unknown: Reason) -> PerpOrder | AlgoOrder:
    """The account's order of this id, plain or conditional."""
    perps = tables(exchange)
    number_ = str(params.get("orderId", ""))
    own_id = int(number_) - shapes.FIRST_ORDER_ID if number_.isdecimal() and len(number_) <= MOST_DIGITS else 0
    found = perps.orders.get(own_id) or perps.algos.get(own_id)
    if found is None or found.account != account.name:
        raise Refused(unknown)
    return found


def named(perps: Perps, account: PerpAccount, params: Params) -> PerpOrder | AlgoOrder | None:
    """The account's latest order of this client id, plain or conditional."""
    name = text(params, "clientOid")
    plain = (perps.orders.named((account.name, symbol), name) for symbol in perps.contracts)
    return next((one for one in plain if one), None) or perps.algos.named((account.name,), name)


def listed(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET orders, active or done."""
    perps, window = tables(exchange), Window(times=span(params, "startAt", "endAt"))
    active = params.get("status", "active") == "active"
    found = [
        one
        for symbol in perps.contracts
        for one in _of(perps, (account.name, symbol), window, active=active)
        if _wanted(one, params)
    ]
    return page([shapes.order(perps, one) for one in sorted(found, key=lambda one: one.id)], params)


def _of(perps: Perps, desk: Desk, window: Window, *, active: bool) -> list[PerpOrder]:
    if active:
        return [one for one in perps.desk_open[desk].values() if one.created_ms in window.times]
    return perps.orders.search(desk, window, lambda one: not one.open)


def recent_done(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET recentDoneOrders."""
    return listed(exchange, account, params | {"status": "done", "pageSize": 1000})["items"]


def listed_stops(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET stopOrders: those that still wait."""
    perps = tables(exchange)
    found = [one for one in perps.open_algos(account.name) if _wanted(one, params)]
    return page([shapes.stop_order(perps, one) for one in sorted(found, key=lambda one: one.id)], params)


def fills(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET fills, of one order where it is named, else of a contract or of all."""
    perps, times = tables(exchange), span(params, "startAt", "endAt")
    if params.get("orderId"):
        found = [one for one in _fills_of(exchange, account, params) if one.at_ms in times]
    else:
        found = [
            one
            for symbol in perps.contracts
            if params.get("symbol", "") in ("", symbol)
            for one in perps.fills((account.name, symbol), Window(times=times))
        ]
    return page([shapes.fill(perps, one) for one in found], params)


def _fills_of(exchange: Exchange, account: PerpAccount, params: Params) -> list[Any]:
    try:
        one = find(exchange, account, params, Reason.ORDER_UNKNOWN)
    except Refused:
        return []
    working = one.actual if isinstance(one, AlgoOrder) else one
    return list(working.fills) if working else []


def recent_fills(exchange: Exchange, account: PerpAccount, params: Params) -> Any:
    """GET recentFills."""
    return fills(exchange, account, params | {"pageSize": 1000})["items"]
