"""Bybit's codes and words for every refusal; nearly all come with HTTP 200. Spot and linear number them apart."""

from trading.paper.core.refusals import Reason, Refused

PARAMS = 10001
# "Something in the request is wrong": the code of everything that has none of its own.


class ByError(Exception):
    """A refusal in Bybit's own terms."""

    def __init__(self, code: int, msg: str, *, status: int = 200) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg
        self.status = status


_LINEAR: dict[Reason, tuple[int, str]] = {
    Reason.AMEND_SAME: (PARAMS, "The order remains unchanged as the parameters entered match the existing ones."),
    Reason.CANCEL_UNKNOWN: (110001, "order not exists or too late to cancel"),
    Reason.CLOSED: (110074, "This contract is not live"),
    Reason.DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    Reason.INVALID_PRICE: (PARAMS, "Price invalid"),
    Reason.INVALID_QUANTITY: (PARAMS, "Qty invalid"),
    Reason.LEVERAGE: (110013, "cannot set leverage [{detail}] gt maxLeverage by risk limit"),
    Reason.LEVERAGE_ISOLATED: (110044, "Available margin is insufficient"),
    Reason.LEVERAGE_MARGIN: (110044, "Available margin is insufficient"),
    Reason.MARGIN: (110007, "ab not enough for new order"),
    Reason.MARGIN_MODE_ORDERS: (110073, "Set margin mode failed"),
    Reason.MARGIN_MODE_POSITION: (110073, "Set margin mode failed"),
    Reason.MAX_ALGO_ORDERS: (110009, "The number of stop orders exceeds the maximum allowable limit"),
    Reason.MAX_NUM_ORDERS: (110020, "Not allowed to have more than the maximum of active orders"),
    Reason.MAX_POSITION: (110016, "Requested quantity of contracts exceeds risk limit"),
    Reason.NO_POSITION: (110034, "There is no net position"),
    Reason.NOTIONAL: (110094, "Order does not meet minimum order value {detail}USDT"),
    Reason.ORDER_UNKNOWN: (110001, "order not exists or too late to replace"),
    Reason.POSITION_SIDE: (PARAMS, "position idx not match position mode"),
    Reason.PRICE_HIGH: (110003, "Order price exceeds the allowable range: above {detail}"),
    Reason.PRICE_LOW: (110003, "Order price exceeds the allowable range: below {detail}"),
    Reason.PRICE_MAX: (110003, "Order price exceeds the allowable range"),
    Reason.PRICE_MIN: (110003, "Order price exceeds the allowable range"),
    Reason.QTY_HIGH: (PARAMS, "The number of contracts exceeds maximum limit allowed: too large"),
    Reason.QTY_LOW: (PARAMS, "The number of contracts exceeds minimum limit allowed"),
    Reason.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.SIDES_ORDERS: (110028, "Open orders exist, so you cannot change position mode"),
    Reason.SIDES_POSITION: (110024, "You have an existing position, so the position mode cannot be switched"),
    Reason.SIDES_SAME: (110025, "Position mode is not modified"),
    Reason.STEP_SIZE: (PARAMS, "Qty invalid"),
    Reason.SYMBOL: (PARAMS, "params error: symbol invalid"),
    Reason.TICK_SIZE: (PARAMS, "Price invalid"),
    Reason.WOULD_TRIGGER: (110092, "expect Rising or Falling, but the trigger price has been passed"),
}

_SPOT: dict[Reason, tuple[int, str]] = {
    Reason.AMEND_QTY: (PARAMS, "params error: qty must be less than the order's, and more than what is filled"),
    Reason.BALANCE: (170131, "Insufficient balance."),
    Reason.CANCEL_UNKNOWN: (170213, "Order does not exist."),
    Reason.CLOSED: (170151, "The trading pair is not available yet."),
    Reason.DUPLICATE: (170141, "Duplicate clientOrderId"),
    Reason.INVALID_PRICE: (170130, "Data sent for parameter 'price' is not valid."),
    Reason.INVALID_QUANTITY: (170130, "Data sent for parameter 'qty' is not valid."),
    Reason.LOT_SIZE: (170137, "Order volume decimal too long."),
    Reason.MARKET_LOT_SIZE: (170135, "Order quantity exceeded upper limit."),
    Reason.MAX_ALGO_ORDERS: (170810, "Cannot exceed the maximum of conditional orders."),
    Reason.MAX_NUM_ORDERS: (170810, "Cannot exceed the maximum of conditional and active orders."),
    Reason.NOTIONAL: (170140, "Order value exceeded lower limit."),
    Reason.ORDER_UNKNOWN: (170213, "Order does not exist."),
    Reason.PERCENT_PRICE: (170192, "Order price is outside of the range around the last price."),
    Reason.PRICE_FILTER: (170134, "Order price decimal too long."),
    Reason.SYMBOL: (170121, "Invalid symbol."),
}


def translated(error: Refused, *, spot: bool) -> ByError:
    """A refusal of the exchange in Bybit's terms."""
    known = _SPOT if spot else _LINEAR
    code, msg = known.get(error.reason, (PARAMS, f"Request parameter error: {error.reason}"))
    return ByError(code, msg.format(detail=error.detail))


def missing(name: str) -> ByError:
    """A mandatory parameter is absent."""
    return ByError(PARAMS, f"Missing some parameters that must be filled in, such as {name}")


def bad(name: str) -> ByError:
    """A parameter makes no sense."""
    return ByError(PARAMS, f"params error: {name} invalid")
