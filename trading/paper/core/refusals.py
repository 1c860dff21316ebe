"""Why the exchange refuses a request, free of any dialect's codes and words."""

from enum import StrEnum


class Reason(StrEnum):
    """One reason to refuse; each dialect maps it to its own status, code and message."""

    AMEND_QTY = "amend_qty"
    AMEND_SAME = "amend_same"
    BALANCE = "balance"
    CALLBACK_RATE = "callback_rate"
    CANCEL_UNKNOWN = "cancel_unknown"
    CLOSED = "closed"
    DUPLICATE = "duplicate"
    ICEBERG_PARTS = "iceberg_parts"
    ILLEGAL = "illegal"
    INVALID_PRICE = "invalid_price"
    INVALID_QUANTITY = "invalid_quantity"
    LEVERAGE = "leverage"
    LEVERAGE_ISOLATED = "leverage_isolated"
    LEVERAGE_MARGIN = "leverage_margin"
    LIST_PRICES = "list_prices"
    LIST_UNKNOWN = "list_unknown"
    LOT_SIZE = "lot_size"
    MARGIN = "margin"
    MARGIN_MODE_ORDERS = "margin_mode_orders"
    MARGIN_MODE_POSITION = "margin_mode_position"
    MARGIN_MODE_SAME = "margin_mode_same"
    MARKET_LOT_SIZE = "market_lot_size"
    MAX_ALGO_ORDERS = "max_algo_orders"
    MAX_NUM_ORDERS = "max_num_orders"
    MAX_POSITION = "max_position"
    NOTIONAL = "notional"
    NO_LEVEL = "no_level"
    NO_POSITION = "no_position"
    ORDER_UNKNOWN = "order_unknown"
    PERCENT_PRICE = "percent_price"
    POSITION_SIDE = "position_side"
    PRICE_FILTER = "price_filter"
    PRICE_HIGH = "price_high"
    PRICE_LOW = "price_low"
    PRICE_MAX = "price_max"
    PRICE_MIN = "price_min"
    QTY_HIGH = "qty_high"
    QTY_LOW = "qty_low"
    REDUCE_ONLY = "reduce_only"
    SIDES_ORDERS = "sides_orders"
    SIDES_POSITION = "sides_position"
    SIDES_SAME = "sides_same"
    STEP_SIZE = "step_size"
    SYMBOL = "symbol"
    TICK_SIZE = "tick_size"
    TRAILING_DELTA = "trailing_delta"
    UNFILLABLE = "unfillable"
    WOULD_TAKE = "would_take"
    WOULD_TRIGGER = "would_trigger"


class Refused(Exception):
    """The exchange will not do it; nothing has changed."""

    def __init__(self, reason: Reason, *, detail: str = "") -> None:
        super().__init__(reason.value, detail)
        self.reason = reason
        self.detail = detail
