"""Binance's statuses, codes and words for every refusal."""

from typing import Any

from trading.paper.core.refusals import Reason, Refused
from trading.paper.server.http import Reply, json_reply


class WireError(Exception):
    """A refusal in Binance's own terms."""

    def __init__(self, code: int, msg: str, *, status: int = 400, data: Any = None) -> None:
        super().__init__(code, msg)
        self.data = data
        self.code = code
        self.msg = msg
        self.status = status


_BY_REASON: dict[Reason, tuple[int, str]] = {
    Reason.AMEND_QTY: (-2038, "The amend quantity must be smaller than the order's, and above what is filled."),
    Reason.BALANCE: (-2010, "Account has insufficient balance for requested action."),
    Reason.CANCEL_UNKNOWN: (-2011, "Unknown order sent."),
    Reason.CLOSED: (-1013, "Market is closed."),
    Reason.DUPLICATE: (-2010, "Duplicate order sent."),
    Reason.ICEBERG_PARTS: (-1013, "Filter failure: ICEBERG_PARTS"),
    Reason.ILLEGAL: (-1100, "Illegal characters found in a parameter."),
    Reason.INVALID_PRICE: (-1013, "Invalid price."),
    Reason.INVALID_QUANTITY: (-1013, "Invalid quantity."),
    Reason.LIST_PRICES: (-2010, "The relationship of the prices for the orders is not correct."),
    Reason.LIST_UNKNOWN: (-2018, "Order list does not exist."),
    Reason.LOT_SIZE: (-1013, "Filter failure: LOT_SIZE"),
    Reason.MARKET_LOT_SIZE: (-1013, "Filter failure: MARKET_LOT_SIZE"),
    Reason.MAX_ALGO_ORDERS: (-1013, "Filter failure: MAX_NUM_ALGO_ORDERS"),
    Reason.MAX_NUM_ORDERS: (-1013, "Filter failure: MAX_NUM_ORDERS"),
    Reason.NOTIONAL: (-1013, "Filter failure: NOTIONAL"),
    Reason.ORDER_UNKNOWN: (-2013, "Order does not exist."),
    Reason.PERCENT_PRICE: (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    Reason.PRICE_FILTER: (-1013, "Filter failure: PRICE_FILTER"),
    Reason.SYMBOL: (-1121, "Invalid symbol."),
    Reason.TRAILING_DELTA: (-1013, "Filter failure: TRAILING_DELTA"),
    Reason.WOULD_TAKE: (-2010, "Order would immediately match and take."),
    Reason.WOULD_TRIGGER: (-2010, "Stop price would trigger immediately."),
}


def translated(error: Refused) -> WireError:
    """A refusal of the exchange in Binance's terms."""
    return WireError(*_BY_REASON[error.reason])


def wire_error(error: WireError) -> Reply:
    """The reply to a malformed or unauthorised request."""
    return json_reply(body(error), status=error.status)


def body(error: WireError) -> dict[str, Any]:
    """The error as JSON."""
    told: dict[str, Any] = {"code": error.code, "msg": error.msg}
    return told if error.data is None else told | {"data": error.data}


def missing(name: str) -> WireError:
    """A mandatory parameter is absent or unreadable."""
    return WireError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def unwanted(name: str) -> WireError:
    """A parameter does not belong to this order type."""
    return WireError(-1106, f"Parameter '{name}' sent when not required.")


def illegal(name: str, legal: str) -> WireError:
    """A parameter has characters it may not have."""
    return WireError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def imprecise(name: str) -> WireError:
    """A number has more decimals than the asset."""
    return WireError(-1111, f"Parameter '{name}' has too much precision.")
