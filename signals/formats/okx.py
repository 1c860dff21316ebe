"""OKX signal bot, both kinds: `{signalToken, instrument, action, …}`. Pure."""

from typing import Final

from signals.intent import Action, Intent, IntentKind, Scalar, Size, SizeKind

from .base import Format, object_of
from .fields import Body, Fields
from .vendor import LONG, POSITIONS, SHORT, asks_nothing, leaving, leftovers, max_age, reader, size, style, trimming

FIELDS: Final = frozenset(
    {"action", "amount", "id", "instrument", "investmentType", "marketPosition", "maxLag", "orderType"}
    | {"prevMarketPosition", "signalToken", "timestamp"}
)
# The action, the side of an exit, and where an entry wants to stand: entering one side closes the other first.
ACTIONS: Final = {
    "buy": (Action.BUY, None),
    "sell": (Action.SELL, None),
    "enter_long": (Action.BUY, LONG),
    "enter_short": (Action.SELL, SHORT),
    "exit_long": (Action.EXIT, LONG),
    "exit_short": (Action.EXIT, SHORT),
}
INVESTMENTS: Final = {
    "base": SizeKind.BASE,
    "contract": SizeKind.CONTRACTS,
    "margin": SizeKind.QUOTE,
    "percentage_balance": SizeKind.PCT_FREE,
    "percentage_investment": SizeKind.PCT_EQUITY,  # the account stands for the bot and what was put into it
    "percentage_position": SizeKind.PCT_POSITION,
}
OFFSET: Final = "nothing: a limit entry rests at the alert's price or the market's, the grid below it"
REFUSED: Final = {
    "tpSlType": "nothing: see Settings, exits",
    "tpPct": "nothing: see Settings, exits",
    "slPct": "nothing: see Settings, exits",
}


def detect(body: Body) -> bool:
    """Known by `signalToken`."""
    return isinstance(body, dict) and "signalToken" in body


def parse(body: Body) -> Intent:
    """The intent. `timestamp` is {{timenow}}; an exit of a part of the position is a reduction."""
    fields = reader(object_of(body))
    fields.text("signalToken")
    exchange, symbol = fields.symbol("instrument")
    named, side = fields.choice("action", ACTIONS, required=True) or (None, None)
    exits = named is Action.EXIT
    standing = fields.choice("marketPosition", POSITIONS)
    action, trimmed, wanted = trimming(named, standing or (None if exits else side), _size(fields))
    if exits:
        action, wanted = leaving(wanted)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="okx",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=side if exits else trimmed,
        market_position=standing if exits or side is None else side,
        prev_market_position=fields.choice("prevMarketPosition", POSITIONS),
        sent_at=fields.time("timestamp"),
        max_age_secs=max_age(fields, "maxLag"),
        size=wanted,
        order_type=style(fields, "orderType"),
        strategy=fields.text("id"),
        metadata=_offset(fields, exits=exits) + leftovers(fields, FIELDS | {"orderPriceOffset"}, REFUSED),
    )
    fields.finish()
    return intent


def _offset(fields: Fields, *, exits: bool) -> tuple[tuple[str, Scalar], ...]:
    """An exit is not refused for the way it is placed: it goes at market, and the offset is shown with the signal."""
    if asks_nothing(fields.body.get("orderPriceOffset")):
        return ()
    if not exits:
        fields.wrong("orderPriceOffset", "UNSUPPORTED_FIELD", OFFSET, fields.body["orderPriceOffset"])
    return fields.scalars(["orderPriceOffset"])


def _size(fields: Fields) -> Size | None:
    kind = fields.choice("investmentType", INVESTMENTS)
    if fields.has("amount") and not fields.has("investmentType"):
        fields.wrong("investmentType", "MISSING", "one of " + ", ".join(INVESTMENTS))
    return size(fields, "amount", kind)


FORMAT: Final = Format(
    name="okx",
    endpoint="tradingview",
    required=(("signalToken",), ("instrument",), ("action",)),
    fields=FIELDS | {"orderPriceOffset"},
    secret_fields=frozenset({"signalToken"}),
    detect=detect,
    parse=parse,
)
