"""Orders and executions as Bybit writes them."""

from typing import Any

from trading.paper.core import atoms
from trading.paper.core.conditional import RISING
from trading.paper.core.fees import FeeRates
from trading.paper.core.orders import AT_MARKET, Fill, Order, OrderType, SelfTrade, Side, Status
from trading.paper.core.perps import orders as perps_orders
from trading.paper.core.perps.orders import AlgoOrder, AlgoStatus, PerpFill, PerpOrder, PositionSide
from trading.paper.dialects.bybit import ids
from trading.paper.dialects.bybit.asked import SELF_TRADE
from trading.paper.dialects.bybit.params import Json, plain

RISES, FALLS = 1, 2

POSITION_IDX = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}

_OPEN = {Status.NEW: "New", Status.PARTIALLY_FILLED: "PartiallyFilled", Status.FILLED: "Filled"}

_ALGO = {
    AlgoStatus.NEW: "Untriggered",
    AlgoStatus.TRIGGERED: "Triggered",
    AlgoStatus.CANCELED: "Deactivated",
    AlgoStatus.EXPIRED: "Deactivated",
    AlgoStatus.REJECTED: "Rejected",
}


def spot_order(order: Order) -> Json:
    """A spot order, waiting or not."""
    stop = order.terms.stop_price if order.terms else 0
    rising = (order.type, order.side) in RISING
    return _common(order, ids.spot_id(order)) | {
        "category": "spot",
        "orderType": "Market" if order.type in AT_MARKET else "Limit",
        "orderStatus": spot_status(order),
        "qty": plain(order.quote_qty or order.qty),
        "marketUnit": _unit(order),
        "stopOrderType": "Stop" if stop else "",
        "triggerPrice": plain(stop),
        "triggerDirection": (RISES if rising else FALLS) if stop else 0,
        "smpType": _smp(order),
        "isLeverage": "0",
        "positionIdx": 0,
        "reduceOnly": False,
        "closeOnTrigger": False,
    }


def _unit(order: Order) -> str:
    if order.type not in AT_MARKET:
        return ""
    return "quoteCoin" if order.quote_qty else "baseCoin"


def _smp(order: Order) -> str:
    mode = order.terms.self_trade if order.terms else SelfTrade.NONE
    return next(name for name, known in SELF_TRADE.items() if known == mode)


def spot_status(order: Order) -> str:
    """Where a spot order stands."""
    if order.waits:
        return "Untriggered" if order.open else "Deactivated"
    if order.status in _OPEN:
        return _OPEN[order.status]
    return "PartiallyFilledCanceled" if order.filled else "Cancelled"


def _fees(order: Order) -> dict[str, int]:
    """What was paid, by coin."""
    paid: dict[str, int] = {}
    for fill in order.fills:
        paid[fill.fee_asset] = paid.get(fill.fee_asset, 0) + fill.fee
    return {coin: fee for coin, fee in paid.items() if fee}


def _common(order: Order, shown_id: str) -> Json:
    filled_cost = sum(fill.price * fill.qty for fill in order.fills)
    fees, leaves = _fees(order), order.leaves if order.open else 0
    return {
        "symbol": order.instrument.symbol,
        "orderId": shown_id,
        "orderLinkId": ids.link_id(order),
        "blockTradeId": "",
        "price": plain(order.price),
        "side": side(order),
        "cancelType": _cancel_type(order),
        "rejectReason": _reject_reason(order),
        "avgPrice": plain(filled_cost // order.filled) if order.filled else "",
        "leavesQty": plain(leaves),
        "leavesValue": plain(atoms.times(order.price, leaves)),
        "cumExecQty": plain(order.filled),
        "cumExecValue": plain(order.filled_quote),
        "cumExecFee": plain(sum(fees.values())),
        "cumFeeDetail": {coin: plain(fee) for coin, fee in fees.items()},
        "timeInForce": time_in_force(order),
        "orderIv": "",
        "createType": "CreateByUser",
        "takeProfit": "",
        "stopLoss": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerBy": "",
        "lastPriceOnCreated": "",
        "placeType": "",
        "smpGroup": 0,
        "smpOrderId": "",
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
    }


def side(order: Order | AlgoOrder) -> str:
    """Buy or Sell."""
    return "Buy" if order.side is Side.BUY else "Sell"


def time_in_force(order: Order) -> str:
    """GTC, IOC, FOK or PostOnly."""
    if order.type in AT_MARKET:
        return "IOC"
    return "PostOnly" if order.type is OrderType.LIMIT_MAKER else order.time_in_force.value


def _cancel_type(order: Order) -> str:
    return "CancelByUser" if order.status is Status.CANCELED and order.rests else "UNKNOWN"


def _reject_reason(order: Order) -> str:
    if order.status is Status.CANCELED and not order.rests:  # turned away: what works at once leaves nothing to cancel
        return "EC_PostOnlyWillTakeLiquidity" if order.type is OrderType.LIMIT_MAKER else "EC_CancelForNoFullFill"
    if order.status is Status.CANCELED:
        return "EC_PerCancelRequest"
    if order.status is Status.EXPIRED_IN_MATCH:
        return "EC_BySelfMatch"
    return "EC_NoImmediateQtyToFill" if order.status is Status.EXPIRED else "EC_NoError"


def linear_order(order: PerpOrder) -> Json:
    """A linear order."""
    return (
        _common(order, ids.linear_id(order.id))
        | _linear(order.position_side)
        | {
            "orderType": "Market" if order.type is OrderType.MARKET else "Limit",
            "orderStatus": _OPEN.get(order.status, "Cancelled"),
            "smpType": _smp(order),
            "createType": "CreateByLiq" if order.origin == perps_orders.LIQUIDATION else "CreateByUser",
            "qty": plain(order.qty),
            "reduceOnly": order.reduce_only,
            "closeOnTrigger": order.close_position,
        }
    )


def _linear(position_side: PositionSide) -> Json:
    return {
        "category": "linear",
        "isLeverage": "",
        "marketUnit": "",
        "positionIdx": POSITION_IDX[position_side],
        "stopOrderType": "",
        "triggerPrice": "",
        "triggerDirection": 0,
        "tpslMode": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "ocoTriggerBy": "",
        "smpType": "None",
    }


def linear_algo(algo: AlgoOrder) -> Json:
    """A conditional linear order; it keeps its id and its link id when it is triggered."""
    own = {
        "orderId": ids.linear_id(algo.id),
        "orderLinkId": ids.link_id(algo),
        "stopOrderType": "Stop",
        "triggerPrice": plain(algo.trigger_price),
        "triggerDirection": RISES if rising(algo) else FALLS,
        "triggerBy": algo.working_type,
        "createdTime": str(algo.created_ms),
    }
    return (linear_order(algo.actual) if algo.actual else _waiting(algo)) | own


def rising(algo: AlgoOrder) -> bool:
    """Whether it waits for the price to rise to it."""
    return (algo.type, algo.side) in perps_orders.RISING


_EMPTY = [
    *("avgPrice", "blockTradeId", "lastPriceOnCreated", "orderIv", "placeType"),
    *("slTriggerBy", "smpOrderId", "stopLoss", "takeProfit", "tpTriggerBy"),
]


def _waiting(algo: AlgoOrder) -> Json:
    zeros = dict.fromkeys(("cumExecQty", "cumExecValue", "cumExecFee"), "0")
    empty = dict.fromkeys(_EMPTY, "")
    return (
        _linear(algo.position_side)
        | zeros
        | empty
        | {
            "symbol": algo.instrument.symbol,
            "price": plain(algo.price),
            "qty": plain(algo.qty),
            "leavesQty": plain(algo.qty if algo.open else 0),
            "leavesValue": plain(atoms.times(algo.price, algo.qty)) if algo.open else "0",
            "side": side(algo),
            "orderType": "Limit" if algo.price else "Market",
            "timeInForce": _algo_time(algo),
            "orderStatus": _ALGO[algo.status],
            "cancelType": "CancelByUser" if algo.status is AlgoStatus.CANCELED else "UNKNOWN",
            "rejectReason": "EC_NoError",
            "createType": "CreateByUser",
            "cumFeeDetail": {},
            "smpGroup": 0,
            "reduceOnly": algo.reduce_only,
            "closeOnTrigger": algo.close_position,
            "updatedTime": str(algo.updated_ms),
        }
    )


def _algo_time(algo: AlgoOrder) -> str:
    if not algo.price:
        return "IOC"
    return "PostOnly" if algo.time_in_force == "GTX" else algo.time_in_force


def execution(fill: Fill, shown: Json, rates: FeeRates) -> Json:
    """One of the account's own executions; `shown` is its order as the look-ups report it."""
    realised = fill.realised if isinstance(fill, PerpFill) else 0
    names = ("category", "symbol", "orderId", "orderLinkId", "side", "orderType", "orderQty", "orderPrice")
    order = shown | {"orderQty": shown["qty"], "orderPrice": shown["price"]}
    told: dict[str, Any] = {name: order[name] for name in names}
    return told | {
        "stopOrderType": shown["stopOrderType"] or "UNKNOWN",
        "leavesQty": shown["leavesQty"],
        "execId": ids.fill_id(fill, spot=shown["category"] == "spot"),
        "execType": "BustTrade" if shown["createType"] == "CreateByLiq" else "Trade",
        "execPrice": plain(fill.price),
        "execQty": plain(fill.qty),
        "execValue": plain(fill.notional),
        "execFee": plain(fill.fee),
        "feeRate": plain(rates.maker if fill.maker else rates.taker),
        "feeCurrency": fill.fee_asset,
        "execTime": str(fill.at_ms),
        "isMaker": fill.maker,
        "isLeverage": shown["isLeverage"],
        "closedSize": plain(fill.qty) if realised else "",
        "execPnl": plain(realised),
        "createType": shown["createType"],
        "markPrice": plain(fill.price),
        "indexPrice": "",
        "underlyingPrice": "",
        "markIv": "",
        "tradeIv": "",
        "blockTradeId": "",
        "seq": fill.trade_id,
    }
