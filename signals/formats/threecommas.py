"""What both kinds of 3Commas signal-bot messages share. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import OrderStyle, Size, SizeKind

from .base import Common
from .fields import MAX_NAME, Fields
from .vendor import OWN_GRID, price, refuse_unknown, size, style

SECRET: Final = frozenset({"secret"})
FIELDS: Final = frozenset(
    {"action", "bot_uuid", "max_lag", "order", "secret", "timestamp", "trigger_price", "tv_exchange", "tv_instrument"}
)
ORDER: Final = frozenset({"amount", "currency_type", "order_type", "price"})
ORDER_REFUSED: Final = {
    "price_percent": "price, or nothing: then the grid hangs at trigger_price",
    "price_percent_ref_type": "nothing: see price_percent",
}
REFUSED: Final = {"dca": OWN_GRID, "safety_orders": OWN_GRID}
CURRENCIES: Final = {
    "base": SizeKind.BASE,
    "quote": SizeKind.QUOTE,
    "margin_percent": SizeKind.PCT_FREE,
    "position_percent": SizeKind.PCT_POSITION,
}


def common(fields: Fields) -> Common:
    """Who, which market, when: `timestamp` is {{timenow}}, the moment the alert was sent."""
    fields.text("secret")
    exchange, symbol = fields.symbol("tv_instrument", "tv_exchange")
    return Common(
        exchange=exchange,
        symbol=symbol,
        timeframe_secs=None,
        sent_at=fields.time("timestamp"),
        bar_time=None,
        client_id="",
        account="",
    )


def order(fields: Fields) -> tuple[Size | None, OrderStyle | None, Decimal | None]:
    """How much, how, and at which price: the order's own, else the chart's."""
    wanted = fields.inner("order")
    refuse_unknown(wanted, ORDER, ORDER_REFUSED)
    kind = wanted.choice("currency_type", CURRENCIES)
    if wanted.has("amount") and not wanted.has("currency_type"):
        wanted.wrong("currency_type", "MISSING", "one of " + ", ".join(CURRENCIES))
    limit, seen = price(wanted, "price"), price(fields, "trigger_price")
    return size(wanted, "amount", kind), style(wanted, "order_type"), seen if limit is None else limit


def bot(fields: Fields) -> str:
    """The bot's id there: what an alert's sender is called here."""
    return fields.text("bot_uuid", limit=MAX_NAME)
