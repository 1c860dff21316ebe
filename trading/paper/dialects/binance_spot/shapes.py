"""Orders, fills and balances as Binance writes them."""

from typing import Any

from trading.paper.core.atoms import show
from trading.paper.core.orders import Fill, Order, OrderType, Side

Json = dict[str, Any]

NO_LIST = -1
# orderListId of an order that belongs to no list.


def _core(order: Order) -> Json:
    return {
        "symbol": order.instrument.symbol,
        "orderId": order.id,
        "orderListId": NO_LIST,
        "clientOrderId": order.client_id,
        "price": show(order.price),
        "origQty": show(order.qty),
        "executedQty": show(order.filled),
        "origQuoteOrderQty": show(order.quote_qty),
        "cummulativeQuoteQty": show(order.filled_quote),
        "status": order.status.value,
        "timeInForce": order.time_in_force.value,
        "type": order.type.value,
        "side": order.side.value,
        "selfTradePreventionMode": "NONE",
    }


def accepted(order: Order, detail: str) -> Json:
    """The reply to a new order: ACK, RESULT or FULL."""
    if detail == "ACK":
        return _ack(order)
    reply = _core(order) | {"transactTime": order.updated_ms, "workingTime": order.created_ms}
    if detail == "FULL":
        reply["fills"] = [_execution(fill) for fill in order.fills]
    return reply


def _ack(order: Order) -> Json:
    return {
        "symbol": order.instrument.symbol,
        "orderId": order.id,
        "orderListId": NO_LIST,
        "clientOrderId": order.client_id,
        "transactTime": order.updated_ms,
    }


def _execution(fill: Fill) -> Json:
    return {
        "price": show(fill.price),
        "qty": show(fill.qty),
        "commission": show(fill.fee),
        "commissionAsset": fill.fee_asset,
        "tradeId": fill.trade_id,
    }


def order(found: Order) -> Json:
    """An order as the look-ups report it."""
    return _core(found) | {
        "stopPrice": show(0),
        "icebergQty": show(0),
        "time": found.created_ms,
        "updateTime": found.updated_ms,
        "isWorking": True,
        "workingTime": found.created_ms,
    }


def canceled(found: Order, cancel_id: str) -> Json:
    """The reply to a cancel; the order's own client id moves to origClientOrderId."""
    return _core(found) | {
        "origClientOrderId": found.client_id,
        "clientOrderId": cancel_id,
        "transactTime": found.updated_ms,
    }


def my_trade(fill: Fill) -> Json:
    """One of the account's own trades."""
    buyer = fill.order.side is Side.BUY
    return {
        "symbol": fill.order.instrument.symbol,
        "id": fill.trade_id,
        "orderId": fill.order.id,
        "orderListId": NO_LIST,
        "price": show(fill.price),
        "qty": show(fill.qty),
        "quoteQty": show(fill.notional),
        "commission": show(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.at_ms,
        "isBuyer": buyer,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def default_detail(order_type: OrderType) -> str:
    """How much a reply says unless asked: FULL for LIMIT and MARKET, ACK for the rest."""
    return "ACK" if order_type is OrderType.LIMIT_MAKER else "FULL"
