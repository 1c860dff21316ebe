"""One line of values: `BTCUSDT,buy,61234.5,0.01` is symbol, order, price, quantity in base. Pure."""

import re
from typing import Final

from signals.intent import Action, Intent, IntentKind, SizeKind

from .base import Format, text_of
from .fields import Body, Fields, Object
from .vendor import LONG, SHORT, leaving, price, size

ACTIONS: Final = {
    "buy": (Action.BUY, None),
    "sell": (Action.SELL, None),
    "long": (Action.BUY, LONG),
    "short": (Action.SELL, SHORT),
    "close": (Action.EXIT, None),
    "exit": (Action.EXIT, None),
    "flat": (Action.EXIT, None),
}
LINE: Final = re.compile(
    rf"\s*(?=[\w:/.!-]*[A-Za-z])[\w:/.!-]{{2,40}}\s*,\s*(?:{'|'.join(ACTIONS)})\s*(?:,[^\n]*)?", re.IGNORECASE
)
NAMES: Final = ("symbol", "action", "price", "quantity")


def detect(body: Body) -> bool:
    """Known by a symbol, a comma and an order, on one line."""
    return isinstance(body, str) and LINE.fullmatch(body.rstrip()) is not None


def parse(body: Body) -> Intent:
    """The intent. It knows no time; long and short enter that side after closing the other."""
    parts = [part.strip() for part in text_of(body).split(",")]
    found: Object = {name: part for name, part in zip(NAMES, parts, strict=False) if part}
    fields = Fields(found)
    if len(parts) > len(NAMES):
        fields.wrong("body", "TOO_MANY", "at most four values: " + ", ".join(NAMES), len(parts))
    exchange, symbol = fields.symbol()
    named, side = fields.choice("action", ACTIONS, required=True) or (None, None)
    wanted = size(fields, "quantity", SizeKind.BASE)
    action, left = leaving(wanted) if named is Action.EXIT else (named, wanted)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="csv_line",
        exchange=exchange,
        symbol=symbol,
        action=action,
        market_position=side,
        price=price(fields, "price"),
        size=left,
    )
    fields.finish()
    return intent


FORMAT: Final = Format(
    name="csv_line",
    endpoint="tradingview",
    required=(("symbol,action",),),
    fields=frozenset(NAMES),
    secret_fields=frozenset(),
    detect=detect,
    parse=parse,
    resembles=re.compile(r"(?i),[ \t]{0,3}(?:buy|sell|long|short|close|exit)\b"),
)
