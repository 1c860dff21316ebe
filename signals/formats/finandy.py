"""Finandy hook: `{name, secret, side, symbol, positionSide?, open{price}?, sl{price}?, tp{…}?}`. Pure."""

from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind

from .base import Format, object_of
from .fields import MAX_NAME, Body, Fields
from .vendor import (
    FLAT,
    LONG,
    OWN_GRID,
    OWN_TRAILING,
    SHORT,
    asks_nothing,
    leftovers,
    level_of,
    leverage,
    price,
    reader,
    refuse_unknown,
    size,
)

FIELDS: Final = frozenset({"name", "open", "positionSide", "secret", "side", "sl", "symbol", "tp"})
SIDES: Final = {"buy": Action.BUY, "sell": Action.SELL}
BOTH: Final = "both"
HOOK_SIDES: Final = {"long": LONG, "short": SHORT, "both": BOTH, "flat": FLAT}
AMOUNTS: Final = {
    "sumusd": SizeKind.QUOTE,
    "quote": SizeKind.QUOTE,
    "base": SizeKind.BASE,
    "contracts": SizeKind.CONTRACTS,
    "percent": SizeKind.PCT_FREE,
}
OPEN: Final = frozenset({"amount", "amountType", "enabled", "leverage", "price"})
OPEN_REFUSED: Final = {"scaled": OWN_GRID, "orders": OWN_GRID}
LEVELS: Final = {"price": LevelKind.PRICE, "percent": LevelKind.PCT}
REFUSED: Final = {
    "close": "nothing: how a position closes is set under Settings, exits; to close, send the other side",
    "dca": OWN_GRID,
    "trailing": OWN_TRAILING,
    "tsl": OWN_TRAILING,
}


def detect(body: Body) -> bool:
    """Known by `name`, `secret`, `side` and `symbol`, without an action."""
    return isinstance(body, dict) and {"name", "secret", "side", "symbol"} <= body.keys() and "action" not in body


def parse(body: Body) -> Intent:
    """The intent. A hook for one side only exits with the other order; a buy for both closes a short first."""
    fields = reader(object_of(body))
    fields.text("secret")
    exchange, symbol = fields.symbol()
    order, hook = fields.choice("side", SIDES, required=True), fields.choice("positionSide", HOOK_SIDES)
    opening, (action, side, stands) = fields.inner("open"), _meaning(order, hook)
    refuse_unknown(opening, OPEN, OPEN_REFUSED)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="finandy",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=side,
        market_position=stands,
        price=price(opening, "price"),
        size=None if action is Action.EXIT else _size(opening),
        leverage=leverage(opening),
        stop_loss=_level(fields, "sl"),
        take_profit=tuple(level for level in [_level(fields, "tp")] if level),
        strategy=fields.text("name", limit=MAX_NAME),
        metadata=leftovers(fields, FIELDS, REFUSED),
    )
    fields.finish()
    return intent


def _meaning(
    order: Action | None, hook: str | None
) -> tuple[Action | None, MarketPosition | None, MarketPosition | None]:
    """Action, the side of an exit, where an entry wants to stand."""
    enters = {Action.BUY: LONG, Action.SELL: SHORT}.get(order) if order else None
    if order is None or hook is None:
        return order, None, None
    if hook == FLAT:
        return order, None, FLAT
    if hook in (BOTH, enters):
        return order, None, enters
    return Action.EXIT, MarketPosition(hook), None


def _size(opening: Fields) -> Size | None:
    if asks_nothing(opening.body.get("amount")):
        return None
    if not opening.has("amountType"):
        opening.wrong("amountType", "MISSING", "one of " + ", ".join(AMOUNTS))
    return size(opening, "amount", opening.choice("amountType", AMOUNTS))


def _level(fields: Fields, name: str) -> Level | None:
    """A stop or a target: its price or distance; several targets are refused with the rest that is not known here."""
    part = fields.inner(name)
    if asks_nothing(part.body):
        return None
    refuse_unknown(part, frozenset(LEVELS) | {"enabled"})
    return level_of(part, LEVELS)


FORMAT: Final = Format(
    name="finandy",
    endpoint="tradingview",
    required=(("name",), ("secret",), ("side",), ("symbol",)),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=frozenset({"secret"}),
    detect=detect,
    parse=parse,
)
