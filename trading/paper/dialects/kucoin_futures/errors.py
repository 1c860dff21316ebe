"""KuCoin's codes and words for every refusal; most come with HTTP 200."""

from typing import Any

from trading.paper.core.refusals import Reason, Refused
from trading.paper.server.http import Reply, json_reply

SUCCESS = "200000"


class KuError(Exception):
    """A refusal in KuCoin's own terms."""

    def __init__(self, code: str, msg: str, *, status: int = 200) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg
        self.status = status


_BY_REASON: dict[Reason, tuple[str, str]] = {
    Reason.AMEND_SAME: ("300000", "Nothing would change."),
    Reason.CANCEL_UNKNOWN: ("100004", "The order cannot be canceled."),
    Reason.CALLBACK_RATE: ("400100", "Parameter Error: callback rate."),
    Reason.CLOSED: ("300000", "The contract is not open for trading."),
    Reason.DUPLICATE: ("300000", "The clientOid is in use."),
    Reason.INVALID_PRICE: ("400100", "Price parameter invalid."),
    Reason.INVALID_QUANTITY: ("400100", "Quantity parameter invalid."),
    Reason.LEVERAGE: ("300016", "Leverage cannot be greater than the risk limit allows: {detail}."),
    Reason.LEVERAGE_ISOLATED: ("300016", "Leverage of an isolated position cannot be lowered."),
    Reason.LEVERAGE_MARGIN: ("300003", "Balance insufficient for this leverage."),
    Reason.MARGIN: ("300003", "Balance insufficient, please deposit first."),
    Reason.MARGIN_MODE_ORDERS: ("50002", "exist.order.or.position"),
    Reason.MARGIN_MODE_POSITION: ("50002", "exist.order.or.position"),
    Reason.MAX_ALGO_ORDERS: ("300004", "Too many stop orders."),
    Reason.MAX_NUM_ORDERS: ("300004", "Too many active orders."),
    Reason.MAX_POSITION: ("300005", "The position would exceed the risk limit."),
    Reason.NO_POSITION: ("300009", "No open positions to close."),
    Reason.NOTIONAL: ("300000", "The order is too small."),
    Reason.ORDER_UNKNOWN: ("100001", "order not exist."),
    Reason.POSITION_SIDE: ("330011", "The position mode does not match the order's position side."),
    Reason.PRICE_HIGH: ("300012", "Order price cannot be higher than {detail}."),
    Reason.PRICE_LOW: ("300012", "Order price cannot be lower than {detail}."),
    Reason.PRICE_MAX: ("400100", "Price is above the maximum."),
    Reason.PRICE_MIN: ("400100", "Price is below the minimum."),
    Reason.QTY_HIGH: ("400100", "The quantity is above the maximum."),
    Reason.QTY_LOW: ("400100", "The quantity is below the minimum."),
    Reason.REDUCE_ONLY: ("300009", "No open positions to close."),
    Reason.SIDES_ORDERS: ("50002", "exist.order.or.position"),
    Reason.SIDES_POSITION: ("50002", "exist.order.or.position"),
    Reason.STEP_SIZE: ("400100", "The quantity must be a multiple of the lot size."),
    Reason.SYMBOL: ("400100", "Symbol does not exist."),
    Reason.TICK_SIZE: ("400100", "The price must be a multiple of the tick size."),
    Reason.UNFILLABLE: ("300008", "The order cannot be filled at once."),
    Reason.WOULD_TAKE: ("300018", "The post-only order would take liquidity."),
    Reason.WOULD_TRIGGER: ("300012", "The stop price has been passed already."),
}


def translated(error: Refused) -> KuError:
    """A refusal of the exchange in KuCoin's terms."""
    code, msg = _BY_REASON[error.reason]
    return KuError(code, msg.format(detail=error.detail))


def refusal(error: KuError) -> Reply:
    """The reply to a refused request."""
    return json_reply({"code": error.code, "msg": error.msg}, status=error.status)


def done(data: Any) -> Reply:
    """The reply to a request that succeeded."""
    return json_reply({"code": SUCCESS, "data": data})


def bad(name: str) -> KuError:
    """A parameter is absent or makes no sense."""
    return KuError("400100", f"Parameter Error: {name}.")
