"""Futures orders and trades as Binance writes them."""

from typing import Any

from trading.paper.core.orders import OrderType, Side
from trading.paper.core.perps.orders import AlgoOrder, PerpFill, PerpOrder
from trading.paper.dialects.binance_usdm.numbers import plain

Json = dict[str, Any]

POST_ONLY = "GTX"
UNTIL = "GTD"
NONE = "NONE"


def order(found: PerpOrder) -> Json:
    """An order as placing, cancelling and looking up report it."""
    post_only = found.type is OrderType.LIMIT_MAKER
    kind = "LIMIT" if post_only else found.type.value
    return {
        "orderId": found.id,
        "symbol": found.instrument.symbol,
        "status": found.status.value,
        "clientOrderId": found.client_id,
        "price": plain(found.price),
        "avgPrice": plain(_average(found)),
        "origQty": plain(found.qty),
        "executedQty": plain(found.filled),
        "cumQty": plain(found.filled),
        "cumQuote": plain(found.filled_quote),
        "timeInForce": _time_in_force(found),
        "type": kind,
        "origType": found.origin or kind,
        "reduceOnly": found.reduce_only,
        "closePosition": found.close_position,
        "side": found.side.value,
        "positionSide": found.position_side.value,
        "stopPrice": plain(found.stop_price),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": found.price_match or NONE,
        "selfTradePreventionMode": found.terms.self_trade if found.terms else NONE,
        "goodTillDate": found.good_till_ms,
        "time": found.created_ms,
        "updateTime": found.updated_ms,
    }


def _time_in_force(found: PerpOrder) -> str:
    if found.type is OrderType.LIMIT_MAKER:
        return POST_ONLY
    if found.good_till_ms:
        return UNTIL
    return "GTC" if found.type is OrderType.MARKET else found.time_in_force.value


def _average(found: PerpOrder) -> int:
    worth = sum(fill.price * fill.qty for fill in found.fills)
    return worth // found.filled if found.filled else 0


def acknowledged(found: PerpOrder) -> Json:
    """The reply to a new order that was asked to say no more than that it is in."""
    return order(found) | {"status": "NEW", "avgPrice": "0", "executedQty": "0", "cumQty": "0", "cumQuote": "0"}


def user_trade(fill: PerpFill, found: PerpOrder) -> Json:
    """One of the account's own trades."""
    return {
        "symbol": found.instrument.symbol,
        "id": fill.trade_id,
        "orderId": found.id,
        "side": found.side.value,
        "positionSide": found.position_side.value,
        "price": plain(fill.price),
        "qty": plain(fill.qty),
        "quoteQty": plain(fill.notional),
        "realizedPnl": plain(fill.realised),
        "commission": plain(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.at_ms,
        "buyer": found.side is Side.BUY,
        "maker": fill.maker,
    }


def algo(found: AlgoOrder) -> Json:
    """A conditional order; once triggered it names the order it became."""
    actual = found.actual
    return {
        "algoId": found.id,
        "clientAlgoId": found.client_id,
        "algoType": "CONDITIONAL",
        "orderType": found.type.value,
        "symbol": found.instrument.symbol,
        "side": found.side.value,
        "positionSide": found.position_side.value,
        "timeInForce": found.time_in_force,
        "quantity": plain(found.qty),
        "algoStatus": found.stage.value,
        "actualOrderId": str(actual.id) if actual else "",
        "actualPrice": plain(_average(actual)) if actual else "0",
        "triggerPrice": plain(found.trigger_price),
        "price": plain(found.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "NONE",
        "workingType": found.working_type,
        "priceMatch": "NONE",
        "closePosition": found.close_position,
        "priceProtect": False,
        "reduceOnly": found.reduce_only,
        "activatePrice": plain(found.activate_price),
        "callbackRate": plain(found.callback_rate * 100),
        "createTime": found.created_ms,
        "updateTime": found.updated_ms,
        "triggerTime": found.triggered_ms,
        "goodTillDate": 0,
    }
