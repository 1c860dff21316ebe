"""Changing an open order: cancel and replace, or make it smaller in its place."""

from typing import Any

from trading.paper.core.commands import client_id_for
from trading.paper.core.refusals import Reason, Refused
from trading.paper.dialects.binance_spot import orders, shapes
from trading.paper.dialects.binance_spot import params as read
from trading.paper.dialects.binance_spot.errors import WireError, body, missing, translated
from trading.paper.dialects.binance_spot.params import Params
from trading.paper.dialects.binance_spot.requests import request
from trading.paper.server.exchange import Exchange

SUCCESS, FAILURE, NOT_ATTEMPTED = "SUCCESS", "FAILURE", "NOT_ATTEMPTED"

_MODES = ("STOP_ON_FAILURE", "ALLOW_FAILURE")
_NAMES = {"cancelOrderId": "orderId", "cancelOrigClientOrderId": "origClientOrderId"}


def cancel_replace(exchange: Exchange, account: str, params: Params) -> Any:
    """POST order/cancelReplace: both halves answer for themselves."""
    mode = read.text(params, "cancelReplaceMode")
    if mode not in _MODES:
        raise WireError(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")
    request(exchange, account, params)  # what is malformed must not cost the old order
    cancelled, cancel_told = _cancel(exchange, account, params)
    if cancelled == FAILURE and mode == _MODES[0]:
        raise _failed(cancelled, cancel_told, NOT_ATTEMPTED, None)
    placed, place_told = _place(exchange, account, params)
    if FAILURE in (cancelled, placed):
        raise _failed(cancelled, cancel_told, placed, place_told)
    return _outcome(cancelled, cancel_told, placed, place_told)


def _outcome(cancelled: str, cancel_told: Any, placed: str, place_told: Any) -> dict[str, Any]:
    return {
        "cancelResult": cancelled,
        "newOrderResult": placed,
        "cancelResponse": cancel_told,
        "newOrderResponse": place_told,
    }


def _failed(cancelled: str, cancel_told: Any, placed: str, place_told: Any) -> WireError:
    data = _outcome(cancelled, cancel_told, placed, place_told)
    if SUCCESS in (cancelled, placed):
        return WireError(-2021, "Order cancel-replace partially failed.", status=409, data=data)
    return WireError(-2022, "Order cancel-replace failed.", data=data)


def _cancel(exchange: Exchange, account: str, params: Params) -> tuple[str, Any]:
    given = {"symbol": params["symbol"]}
    given |= {name: params[sent] for sent, name in _NAMES.items() if sent in params}
    if "cancelNewClientOrderId" in params:
        given["newClientOrderId"] = params["cancelNewClientOrderId"]
    if len(given) == 1:
        raise missing("cancelOrderId")
    try:
        return SUCCESS, orders.cancel(exchange, account, given)
    except Refused as error:
        return FAILURE, body(translated(error))


def _place(exchange: Exchange, account: str, params: Params) -> tuple[str, Any]:
    try:
        return SUCCESS, orders.place(exchange, account, params)
    except Refused as error:
        return FAILURE, body(translated(error))


def amend(exchange: Exchange, account: str, params: Params) -> Any:
    """PUT order/amend/keepPriority: a smaller quantity, the same place in the queue."""
    found = orders.find(exchange, account, params, Reason.ORDER_UNKNOWN)
    exchange.amend(found, read.number(params, "newQty"))
    return {
        "transactTime": found.updated_ms,
        "executionId": client_id_for(found.id),
        "amendedOrder": shapes.order(found),
    }
