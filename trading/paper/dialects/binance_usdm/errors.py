"""Binance's futures codes and words for every refusal."""

from trading.paper.core.refusals import Reason, Refused
from trading.paper.dialects.binance_spot.errors import WireError

_BY_REASON: dict[Reason, tuple[int, str]] = {
    Reason.AMEND_SAME: (-5027, "No need to modify the order."),
    Reason.CALLBACK_RATE: (-2007, "Invalid callBack rate."),
    Reason.CANCEL_UNKNOWN: (-2011, "Unknown order sent."),
    Reason.CLOSED: (-4140, "Invalid symbol status for opening position."),
    Reason.DUPLICATE: (-4116, "ClientOrderId is duplicated."),
    Reason.INVALID_PRICE: (-4001, "Price less than or equal to zero."),
    Reason.INVALID_QUANTITY: (-4003, "Quantity less than or equal to zero."),
    Reason.LEVERAGE: (-4028, "Leverage {detail} is not valid"),
    Reason.LEVERAGE_ISOLATED: (
        -4161,
        "Leverage reduction is not supported in Isolated Margin Mode with open positions.",
    ),
    Reason.LEVERAGE_MARGIN: (-2028, "Leverage is smaller than permitted: insufficient margin balance."),
    Reason.MARGIN: (-2019, "Margin is insufficient."),
    Reason.MARGIN_MODE_ORDERS: (-4047, "Margin type cannot be changed if there exists open orders."),
    Reason.MARGIN_MODE_POSITION: (-4048, "Margin type cannot be changed if there exists position."),
    Reason.MARGIN_MODE_SAME: (-4046, "No need to change margin type."),
    Reason.MAX_ALGO_ORDERS: (-4045, "Reach max stop order limit."),
    Reason.MAX_NUM_ORDERS: (-2025, "Reach max open order limit."),
    Reason.MAX_POSITION: (-2027, "Exceeded the maximum allowable position at current leverage."),
    Reason.NOTIONAL: (-4164, "Order's notional must be no smaller than {detail} (unless you choose reduce only)."),
    Reason.NO_LEVEL: (-5041, "No depth matches this BBO order."),
    Reason.NO_POSITION: (-4054, "Cannot add position margin: position is 0."),
    Reason.ORDER_UNKNOWN: (-2013, "Order does not exist."),
    Reason.POSITION_SIDE: (-4061, "Order's position side does not match user's setting."),
    Reason.PRICE_HIGH: (-4016, "Limit price can't be higher than {detail}."),
    Reason.PRICE_LOW: (-4024, "Limit price can't be lower than {detail}."),
    Reason.PRICE_MAX: (-4002, "Price greater than max price."),
    Reason.PRICE_MIN: (-4013, "Price less than min price."),
    Reason.QTY_HIGH: (-4005, "Quantity greater than max quantity."),
    Reason.QTY_LOW: (-4004, "Quantity less than min quantity."),
    Reason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Reason.SIDES_ORDERS: (-4067, "Position side cannot be changed if there exists open orders."),
    Reason.SIDES_POSITION: (-4068, "Position side cannot be changed if there exists position."),
    Reason.SIDES_SAME: (-4059, "No need to change position side."),
    Reason.STEP_SIZE: (-4023, "Qty not increased by step size."),
    Reason.SYMBOL: (-1121, "Invalid symbol."),
    Reason.TICK_SIZE: (-4014, "Price not increased by tick size."),
    Reason.UNFILLABLE: (
        -5021,
        "Due to the order could not be filled immediately, the FOK order has been rejected. "
        "The order will not be recorded in the order history",
    ),
    Reason.WOULD_TAKE: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history",
    ),
    Reason.WOULD_TRIGGER: (-2021, "Order would immediately trigger."),
}


def translated(error: Refused) -> WireError:
    """A refusal of the exchange in Binance's terms."""
    code, msg = _BY_REASON[error.reason]
    return WireError(code, msg.format(detail=error.detail))


def imprecise() -> WireError:
    """A number has more decimals than its contract."""
    return WireError(-1111, "Precision is over the maximum defined for this asset.")


def not_here(kind: str) -> WireError:
    """A conditional order type does not belong to the plain endpoint."""
    return WireError(
        -4120, f"Order type {kind} not supported for this endpoint. Please use the Algo Order API endpoints instead."
    )


def invalid(name: str) -> WireError:
    """A parameter's value is none of those allowed."""
    return WireError(-1130, f"Data sent for parameter '{name}' is not valid.")
