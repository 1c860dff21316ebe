"""PineConnector: `ID,command,SYMBOL,risk=1,sl=2%,comment="…"`, comma-separated. Pure."""

import re
from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, Size, SizeKind

from .base import Format, SecretMark, text_of
from .fields import Body, Fields, Object
from .sizes import size_from_text
from .vendor import (
    LONG,
    NO_CANCEL,
    NO_STOP_ENTRY,
    OWN_BREAKEVEN,
    OWN_TRAILING,
    SHORT,
    asks_nothing,
    leftovers,
    word,
)

HEAD: Final = re.compile(r"(?P<before>\A\s*)(?P<secret>[0-9]{5,20}|\*\*\*)(?P<after>\s*,\s*[A-Za-z]{2,30}\s*(?:,|\Z))")
OWN_SECRET: Final = re.compile(
    r'(?P<before>,\s*secret\s*=\s*"?)(?P<secret>(?<=")[^"\n]+|(?<!")[^,"\s](?:[^,\n]*[^,\s])?)(?P<after>)',
    re.IGNORECASE,
)
# Quotes may hold spaces and commas; they are no part of the secret.
PIECES: Final = re.compile(r'[^,"]+|"[^"]*"?|,')
# The action, the side of an exit, where an entry wants to stand after closing the other side.
COMMANDS: Final = {
    **dict.fromkeys(("buy", "long", "bull", "bullish"), (Action.BUY, None)),
    **dict.fromkeys(("sell", "short", "bear", "bearish"), (Action.SELL, None)),
    **dict.fromkeys(("closelong", "exitlong"), (Action.EXIT, LONG)),
    **dict.fromkeys(("closeshort", "exitshort"), (Action.EXIT, SHORT)),
    **dict.fromkeys(("closelongshort", "closeall", "exitall"), (Action.EXIT, None)),
    "closeshortbuy": (Action.BUY, LONG),
    "closelongsell": (Action.SELL, SHORT),
}
PENDING: Final = "buy or sell: pending orders are not placed; let the chart send the alert when the price is there"
MODIFY: Final = "nothing: stops and targets are set when the position is entered"
COMMANDS_REFUSED: Final = {
    **dict.fromkeys(("buylimit", "selllimit"), PENDING),
    **dict.fromkeys(("buystop", "sellstop"), NO_STOP_ENTRY),
    **dict.fromkeys(("cancellong", "cancelshort", "cancelall"), NO_CANCEL),
    **dict.fromkeys(("newsltplong", "newsltpshort", "newsltpbuystop", "newsltpsellstop"), MODIFY),
    **dict.fromkeys(("newsltpbuylimit", "newsltpselllimit"), MODIFY),
    **dict.fromkeys(("closelongbuy", "closeshortsell"), "two alerts: the exit, then the entry"),
    **dict.fromkeys(("closelongpct", "closeshortpct", "closelongvol", "closeshortvol"), "closelong or closeshort"),
    **dict.fromkeys(("eaon", "eaoff", "closealleaoff"), "nothing: a source is switched on and off on its page"),
}
FIELDS: Final = frozenset({"command", "comment", "risk", "secret", "sl", "symbol", "tp"})
UNITLESS: Final = (
    "a unit with it, 2% or @58000: whether a bare number is pips, a price or percent only the EA's settings said"
)
TRAILING: Final = (
    "trailtrig",
    "traildist",
    "trailstep",
    "atrtimeframe",
    "atrperiod",
    "atrmultiplier",
    "atrshift",
    "atrtrigger",
)
REFUSED: Final = {
    **dict.fromkeys(("betrigger", "beoffset"), OWN_BREAKEVEN),
    **dict.fromkeys(TRAILING, OWN_TRAILING),
    "accfilter": "nothing: limits on the account are set under Settings, risk",
    "pending": PENDING,
    "price": PENDING,
    "spread": "nothing: max_slippage_pct is set under Settings, alerts",
}
MOST_RISK_PCT: Final = Decimal(10)
RISK_EXPECTED: Final = (
    "a percentage of equity lost at the stop, at most 10; lots or money with their unit: 0.1 base, 100 USDT"
)


def detect(body: Body) -> bool:
    """Known by a licence's number, then a command."""
    return isinstance(body, str) and HEAD.match(body) is not None


def parse(body: Body) -> Intent:
    """The intent. It knows no time. `risk` counts as percent of equity lost at the stop; sl and tp need their unit."""
    fields = _fields(text_of(body))
    named, side = word(fields, "command", COMMANDS, COMMANDS_REFUSED, required=True) or (None, None)
    exchange, symbol = fields.symbol()
    leaves = named is Action.EXIT
    target = _level(fields, "tp")
    intent = Intent(
        kind=IntentKind.TRADE,
        format="pineconnector",
        exchange=exchange,
        symbol=symbol,
        action=named,
        side=side if leaves else None,
        market_position=None if leaves else side,
        size=None if leaves else _risk(fields),
        stop_loss=_level(fields, "sl"),
        take_profit=(target,) if target else (),
        strategy=fields.text("comment"),
        metadata=leftovers(fields, FIELDS, REFUSED),
    )
    fields.finish()
    return intent


def _fields(text: str) -> Fields:
    """Number, command and symbol by place, the rest by name; quotes may hold a comma."""
    parts = _parts(text)
    body: Object = dict(zip(("command", "symbol"), (part for part in parts[1:3] if part), strict=False))
    fields = Fields(body)
    for place, part in enumerate(parts[3:40], start=4):
        name, equals, value = part.partition("=")
        plain = name.strip().lower()
        if part and not equals:
            fields.wrong(f"part {place}", "NOT_KEY_VALUE", "name=value", part)
        elif part and plain in body:
            fields.wrong(plain, "DUPLICATE_KEY", "each name once")
        elif value.strip():
            body[plain] = value.strip().strip('"')
    return fields


def _parts(text: str) -> list[str]:
    """The text between commas; quotes may hold commas."""
    parts = [""]
    for piece in PIECES.findall(text):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts]


def _risk(fields: Fields) -> Size | None:
    """risk=1 is 1 % of equity lost at the stop; with a unit it is any size."""
    text = fields.text("risk")
    if not text:
        return None
    written = size_from_text(text)
    if written and written.kind is SizeKind.PCT_POSITION:
        fields.wrong("risk", "UNSUPPORTED_VALUE", RISK_EXPECTED, text)
        return None
    if written is not None:
        return Size(SizeKind.RISK_PCT, written.value) if text.endswith("%") else written
    value = fields.decimal("risk", above=Decimal(0))
    if value is not None and value > MOST_RISK_PCT:
        fields.wrong("risk", "OUT_OF_RANGE", RISK_EXPECTED, value)
    return Size(SizeKind.RISK_PCT, value) if value else None


def _level(fields: Fields, name: str) -> Level | None:
    """A distance with %, or a price after @; a bare number would be pips, a price or percent: only the EA knew."""
    text = fields.text(name)
    if not text or asks_nothing(text):
        return None
    if text.endswith("%"):
        return fields.level(name)
    if not text.startswith("@"):
        fields.wrong(name, "UNIT_MISSING", UNITLESS, text)
        return None
    return Fields({name: text[1:]}, errors=fields.errors).level(name)


FORMAT: Final = Format(
    name="pineconnector",
    endpoint="tradingview",
    required=(("ID,command,SYMBOL",),),
    fields=FIELDS,
    secret_fields=frozenset({"secret"}),
    detect=detect,
    parse=parse,
    resembles=re.compile(r"\b[0-9]{5,20}[ \t]{0,3},|,[ \t]{0,3}[a-z]{2,20}[ \t]{0,3}="),
    secret_marks=(SecretMark(HEAD), SecretMark(OWN_SECRET)),
)
