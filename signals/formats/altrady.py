"""Altrady: `{api_key, api_secret, action open|increase|reduce|close|reverse, exchange, symbol, side, …}`. Pure."""

from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, Size, SizeKind

from .base import Format, object_of
from .fields import Body, Fields
from .vendor import (
    ENTERS,
    HUNDRED,
    NO_EXPIRY,
    NO_STOP_ENTRY,
    NO_TEST,
    OWN_BREAKEVEN,
    OWN_GRID,
    OWN_TRAILING,
    SIDES,
    asks_nothing,
    at_market,
    leaving,
    leftovers,
    level_of,
    leverage,
    objects,
    price,
    reader,
    refuse_unknown,
    size,
    style,
    within_whole,
    word,
)

SECRET: Final = frozenset({"api_key", "api_secret"})
SIZES: Final = {
    "quote_amount": SizeKind.QUOTE,
    "base_amount": SizeKind.BASE,
    "position_percentage": SizeKind.PCT_POSITION,
    "quantity_percentage": SizeKind.PCT_POSITION,
}
FIELDS: Final = (
    SECRET
    | SIZES.keys()
    | {
        "action",
        "exchange",
        "leverage",
        "order_type",
        "price",
        "side",
        "signal_id",
        "signal_price",
        "stop_loss",
        "symbol",
        "take_profit",
    }
)
ACTIONS: Final = {action: action for action in ("open", "increase", "reduce", "close", "reverse")}
STATE: Final = "open, increase, reduce, close or reverse; a source is switched on and off on its page"
ACTIONS_REFUSED: Final = dict.fromkeys(("start_bot", "start_and_open", "stop_bot", "stop_and_close"), STATE)
TARGETS: Final = {"price": LevelKind.PRICE, "price_percentage": LevelKind.PCT}
STOPS: Final = {"stop_price": LevelKind.PRICE, "stop_percentage": LevelKind.PCT}
COOLDOWN: Final = "nothing: a stop fires when its price is reached"
STOP_REFUSED: Final = {
    "cool_down": COOLDOWN,
    "cooldown": COOLDOWN,
    "trailing_distance": OWN_TRAILING,
    "trailing_percentage": OWN_TRAILING,
}
PROTECTIONS_REFUSED: Final = {
    "price": COOLDOWN,
    "break_even": OWN_BREAKEVEN,
    "follow_take_profit": OWN_TRAILING,
}
REFUSED: Final = {
    "dca_orders": OWN_GRID,
    "entry_condition": NO_STOP_ENTRY,
    "entry_expiration": NO_EXPIRY,
    "test": NO_TEST,
}


def detect(body: Body) -> bool:
    """Known by `api_key` and `api_secret`."""
    return isinstance(body, dict) and "api_key" in body and "api_secret" in body


def parse(body: Body) -> Intent:
    """The intent. Percentages are of a hundred; an exchange is named as there, `BYBI` in `BYBI_USDT_SOL`."""
    fields = reader(object_of(body))
    for name in SECRET:
        fields.text(name)
    exchange, symbol = fields.symbol()
    asked = word(fields, "action", ACTIONS, ACTIONS_REFUSED) if fields.has("action") else "open"
    side, wanted = fields.choice("side", SIDES, required=asked in ("open", "reverse")), _size(fields)
    action, left = _action(asked, side, wanted)
    leaves = asked in ("close", "reduce")
    if leaves:
        at_market(fields, "price")
    if asked == "reduce" and wanted is None and not fields.errors:
        fields.wrong("position_percentage", "MISSING", "how much to sell: " + ", ".join(SIZES))
    intent = Intent(
        kind=IntentKind.TRADE,
        format="altrady",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=side if leaves else None,
        market_position=None if leaves else side,
        adds_only=asked == "increase",
        price=price(fields, "price", "signal_price"),
        size=left,
        order_type=style(fields, "order_type"),
        leverage=leverage(fields),
        stop_loss=_stop(fields),
        take_profit=_targets(fields),
        metadata=leftovers(fields, FIELDS, REFUSED),
    )
    fields.finish()
    return intent


def _action(asked: str | None, side: MarketPosition | None, wanted: Size | None) -> tuple[Action | None, Size | None]:
    """What to do, and how much of it. An increase has no action of its own: it follows the side that is open."""
    if asked in ("close", "reduce"):
        return leaving(wanted)
    if asked == "reverse":
        return Action.REVERSE, wanted
    return (ENTERS.get(side) if side and asked == "open" else None), wanted


def _size(fields: Fields) -> Size | None:
    given = [name for name in SIZES if not asks_nothing(fields.body.get(name))]
    if len(given) > 1:
        fields.wrong(given[1], "CONFLICT", f"one of {', '.join(given)}")
    return size(fields, given[0], SIZES[given[0]]) if given else None


def _stop(fields: Fields) -> Level | None:
    stop = fields.inner("stop_loss")
    refuse_unknown(stop, frozenset(STOPS) | {"order_type", "protection_type"}, STOP_REFUSED)
    stop.choice("order_type", {"market": True})
    if not asks_nothing(stop.body.get("protection_type")):
        word(stop, "protection_type", {}, PROTECTIONS_REFUSED)
    return level_of(stop, STOPS)


def _targets(fields: Fields) -> tuple[Level, ...]:
    parts = objects(fields, "take_profit")
    found = [target for part in parts if (target := _target(part, alone=len(parts) == 1))]
    within_whole(fields, "take_profit", found)
    return tuple(found)


def _target(part: Fields, *, alone: bool) -> Level | None:
    refuse_unknown(part, frozenset(TARGETS) | {"position_percentage", "order_type"})
    part.choice("order_type", {"market": True, "limit": True})
    share = part.decimal("position_percentage", above=HUNDRED * 0, high=HUNDRED)
    if not alone and not part.has("position_percentage"):
        part.wrong("position_percentage", "MISSING", "the part of the position it closes, in percent")
    return level_of(part, TARGETS, share_pct=share or HUNDRED)


FORMAT: Final = Format(
    name="altrady",
    endpoint="tradingview",
    required=(("api_key",), ("api_secret",), ("symbol",)),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
)
