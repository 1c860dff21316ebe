"""Orders, fills and balances as Binance writes them."""

from typing import Any

from trading.paper.core.atoms import show
from trading.paper.core.orders import Fill, Order, OrderType, Side, Terms
from trading.paper.core.state import OrderList

Json = dict[str, Any]

NO_LIST = -1
# orderListId of an order that belongs to no list.


def _core(order: Order) -> Json:
    return {
        "symbol": order.instrument.symbol,
        "orderId": order.id,
        "orderListId": order.list_id or NO_LIST,
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
        "selfTradePreventionMode": order.terms.self_trade if order.terms else "NONE",
    } | (_terms(order.terms) if order.terms else {})


def _terms(terms: Terms) -> Json:
    """What only some orders have."""
    given: Json = {"stopPrice": show(terms.stop_price)} if terms.stop_price else {}
    if terms.trailing_bps:
        given["trailingDelta"] = terms.trailing_bps
    if terms.iceberg_qty:
        given["icebergQty"] = show(terms.iceberg_qty)
    return given


def accepted(order: Order, detail: str) -> Json:
    """The reply to a new order: ACK, RESULT or FULL."""
    if detail == "ACK":
        return _ack(order)
    reply = _core(order) | {"transactTime": order.updated_ms, "workingTime": order.working_ms or -1}
    if detail == "FULL":
        reply["fills"] = [_execution(fill) for fill in order.fills]
    return reply


def _ack(order: Order) -> Json:
    return {
        "symbol": order.instrument.symbol,
        "orderId": order.id,
        "orderListId": order.list_id or NO_LIST,
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
    return (
        {"stopPrice": show(0), "icebergQty": show(0)}
        | _core(found)
        | {
            "time": found.created_ms,
            "updateTime": found.updated_ms,
            "isWorking": not (found.waits or found.pends),
            "workingTime": found.working_ms or -1,
        }
    )


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
        "orderListId": fill.order.list_id or NO_LIST,
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
    return "FULL" if order_type in (OrderType.LIMIT, OrderType.MARKET) else "ACK"


def order_list(found: OrderList) -> Json:
    """An order list as the look-ups report it."""
    listed = found.listed
    return {
        "orderListId": listed.list_id,
        "contingencyType": listed.contingency,
        "listStatusType": "EXEC_STARTED" if found.open else "ALL_DONE",
        "listOrderStatus": "EXECUTING" if found.open else "ALL_DONE",
        "listClientOrderId": listed.client_id,
        "transactionTime": listed.at_ms,
        "symbol": listed.symbol,
        "orders": [
            {"symbol": listed.symbol, "orderId": one.id, "clientOrderId": one.client_id} for one in found.orders
        ],
    }
