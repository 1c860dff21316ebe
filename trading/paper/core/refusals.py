"""Why the exchange refuses a request, free of any dialect's codes and words."""

from enum import StrEnum


class Reason(StrEnum):
    """One reason to refuse; each dialect maps it to its own status, code and message."""

    BALANCE = "balance"
    CANCEL_UNKNOWN = "cancel_unknown"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    ILLEGAL = "illegal"
    INVALID_PRICE = "invalid_price"
    INVALID_QUANTITY = "invalid_quantity"
    LOT_SIZE = "lot_size"
    MARKET_LOT_SIZE = "market_lot_size"
    MAX_NUM_ORDERS = "max_num_orders"
    NOTIONAL = "notional"
    ORDER_UNKNOWN = "order_unknown"
    PERCENT_PRICE = "percent_price"
    PRICE_FILTER = "price_filter"
    SYMBOL = "symbol"
    WOULD_TAKE = "would_take"


class Refused(Exception):
    """The exchange will not do it; nothing has changed."""

    def __init__(self, reason: Reason, *, detail: str = "") -> None:
        super().__init__(reason.value, detail)
        self.reason = reason
        self.detail = detail
