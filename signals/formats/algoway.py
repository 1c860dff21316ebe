"""AlgoWay: `{platform_name, ticker, order_action buy|sell|flat|…, order_contracts, sl_price, tp_price, …}`. Pure."""

from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, OrderStyle, SizeKind

from .base import Format, object_of
from .fields import MAX_NAME, Body, Fields
from .vendor import (
    NO_STOP_ENTRY,
    OWN_BREAKEVEN,
    OWN_MARGIN,
    OWN_TRAILING,
    SIDES,
    at_market,
    leftovers,
    leverage,
    price,
    reader,
    size,
    style,
    word,
)

FIELDS: Final = frozenset(
    {"close_side", "comment", "leverage", "order_action", "order_contracts", "order_type", "platform_name", "price"}
    | {"secret", "sl_price", "ticker", "tp_price"}
)
ACTIONS: Final = {
    "buy": Action.BUY,
    "long": Action.BUY,
    "sell": Action.SELL,
    "short": Action.SELL,
    "flat": Action.EXIT,
    "close": Action.EXIT,
}
ACTIONS_REFUSED: Final = {
    "breakeven": OWN_BREAKEVEN,
    "closeall": "flat, one alert for each symbol",
    "modify": "nothing: stops and targets are set when the position is entered",
}
POINTS: Final = "an absolute price: how much a point is differs from market to market; send {instead}"
REFUSED: Final = {
    "stop_loss": POINTS.format(instead="sl_price"),
    "stop_price": NO_STOP_ENTRY,
    "take_profit": POINTS.format(instead="tp_price"),
    "trade_type": OWN_MARGIN,
    "trailing_pips": OWN_TRAILING,
}


def detect(body: Body) -> bool:
    """Known by `order_action` with `ticker`, or by `platform_name`."""
    if not isinstance(body, dict):
        return False
    return "platform_name" in body or ("order_action" in body and "ticker" in body)


def parse(body: Body) -> Intent:
    """The intent. A flat closes the side it names or both; its contracts say nothing, since the message needs some."""
    fields = reader(object_of(body))
    fields.text("secret")
    exchange, symbol = fields.symbol("ticker")
    action = word(fields, "order_action", ACTIONS, ACTIONS_REFUSED, required=True)
    side, wanted = fields.choice("close_side", SIDES), size(fields, "order_contracts", SizeKind.CONTRACTS)
    leaves = action is Action.EXIT
    if leaves and style(fields, "order_type") is OrderStyle.LIMIT:
        at_market(fields, "price")
    if side and not leaves:
        fields.wrong("close_side", "CONFLICT", "order_action flat with it", side.value)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="algoway",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=side,
        price=price(fields, "price"),
        size=None if leaves else wanted,
        order_type=style(fields, "order_type"),
        leverage=leverage(fields),
        stop_loss=_level(fields, "sl_price"),
        take_profit=tuple(level for level in [_level(fields, "tp_price")] if level),
        strategy=fields.text("comment"),
        metadata=(*fields.scalars(_platform(fields)), *leftovers(fields, FIELDS, REFUSED)),
    )
    fields.finish()
    return intent


def _platform(fields: Fields) -> list[str]:
    fields.text("platform_name", limit=MAX_NAME)
    return ["platform_name"] if fields.has("platform_name") else []


def _level(fields: Fields, name: str) -> Level | None:
    value = price(fields, name)
    return None if value is None else Level(LevelKind.PRICE, value)


FORMAT: Final = Format(
    name="algoway",
    endpoint="tradingview",
    required=(("ticker",), ("order_action",)),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=frozenset({"secret"}),
    detect=detect,
    parse=parse,
)
