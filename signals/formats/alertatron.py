"""Alertatron: `Keys(SYMBOL) { market(side=buy, amount=100); }`, one block of commands. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind

from .base import Format, SecretMark, text_of
from .fields import MAX_TEXT, SYMBOL_EXPECTED, SYMBOL_SHAPE, Body, Fields, FormatRefused, Object
from .sizes import MOST_PCT
from .vendor import (
    LONG,
    NO_CANCEL,
    OWN_GRID,
    OWN_MARGIN,
    OWN_TRAILING,
    SHORT,
    asks_nothing,
    at_market,
    leaving,
    leverage,
    refuse_unknown,
    truth,
)

BLOCK: Final = re.compile(
    r"(?P<before>(?<![\w*-]))(?P<secret>[\w*-]{1,60})"
    r"(?P<after>[ \t]{0,9}\([ \t]{0,9}(?P<symbol>[^(){}\s]{1,60})[ \t]{0,9}\)\s{0,99}\{(?P<commands>[^{}]*)\})"
)
COMMAND: Final = re.compile(r"\s*([A-Za-z]{1,30})\s*\(([^()]*)\)\s*")
COMMENT: Final = re.compile(r"#[^\n]*")
AMOUNT: Final = re.compile(r"([0-9.]+)\s*(%%|%a|%b|%p|%)?")
OFFSET: Final = re.compile(r"(@|e)?\s*-?([0-9.]+)\s*(%)?")
UNITS: Final = {
    None: SizeKind.CONTRACTS,
    "%": SizeKind.PCT_EQUITY,
    "%b": SizeKind.PCT_EQUITY,
    "%%": SizeKind.PCT_FREE,
    "%a": SizeKind.PCT_FREE,
    "%p": SizeKind.PCT_POSITION,
}
MAX_COMMANDS: Final = 50
SIDES: Final = {"buy": Action.BUY, "sell": Action.SELL, "long": Action.BUY, "short": Action.SELL}
ENTRIES: Final = {"market": OrderStyle.MARKET, "limit": OrderStyle.LIMIT}
STOPS: Final = frozenset({"stop", "stoploss", "stopmarket"})
ARGUMENTS: Final = frozenset({"amount", "offset", "position", "reduceonly", "side", "tag"})
STOP_ARGUMENTS: Final = frozenset({"amount", "offset", "position", "reduceonly", "side", "tag", "trigger"})
ARGUMENTS_REFUSED: Final = {"postonly": "nothing: a limit entry rests where it is placed"}
TARGET: Final = "nothing: targets are set under Settings, exits"
COMMANDS_REFUSED: Final = {
    "balance": "one entry or exit",
    "continue": "nothing: the block is carried out whole",
    "iceberg": OWN_GRID,
    "notify": "nothing: notifications are set on their own page",
    "pingpong": OWN_GRID,
    "scaled": OWN_GRID,
    "scaledorder": OWN_GRID,
    "stopgroup": "stop",
    "stoportakeprofit": TARGET,
    "stopliquidation": "stop",
    "takeprofit": TARGET,
    "trailingstop": OWN_TRAILING,
    "trailingstoploss": OWN_TRAILING,
    "trailingtakeprofit": TARGET,
    "twap": OWN_GRID,
    "wait": "nothing: an alert is decided when it arrives",
    "waterfall": OWN_GRID,
}
AMOUNT_EXPECTED: Final = (
    "100 (in the venue's own unit), 50% of equity, 50%% or 50%a of what is free, 50%p of the position"
)


@dataclass(slots=True)
class _Block:
    """What the commands of a block come to: at most one of each."""

    fields: Fields
    entry: Fields | None = None
    style: OrderStyle | None = None
    exit: Fields | None = None
    stop: Fields | None = None
    settings: Fields | None = None
    cancels: bool = False

    def twice(self, name: str) -> None:
        self.fields.wrong(name, "CONFLICT", "one entry or exit, and one stop: an alert is one signal")


def detect(body: Body) -> bool:
    """Known by keys, a symbol in parentheses and a block of commands in braces."""
    return isinstance(body, str) and BLOCK.search(body) is not None


def parse(body: Body) -> Intent:
    """The intent of a block's one entry or exit, with the entry's stop. It knows no time."""
    fields, text = Fields({}), text_of(body)
    found = list(BLOCK.finditer(text))
    if not found:
        raise FormatRefused("FORMAT_UNKNOWN", "The body has no block of commands: Keys(SYMBOL) { … }.")
    if len(found) > 1:
        fields.wrong("body", "TOO_MANY", "one block: an alert is one signal, for one account and symbol", len(found))
    symbol, block = _symbol(fields, found[0]["symbol"]), _commands(fields, found[0]["commands"])
    action, side, wanted = _meaning(block)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="alertatron",
        symbol=symbol,
        exchange=symbol.partition(":")[0] if ":" in symbol and "/" not in symbol else "",
        action=action,
        side=side,
        price=_limit_price(block),
        size=wanted,
        order_type=block.style if block.entry else None,
        leverage=leverage(block.settings) if block.settings else None,
        stop_loss=_stop(block),
        strategy=block.entry.text("tag") if block.entry else "",
        message=(text[: found[0].start()] + text[found[0].end() :]).strip()[:MAX_TEXT],
    )
    fields.finish()
    return intent


def _symbol(fields: Fields, text: str) -> str:
    if not SYMBOL_SHAPE.fullmatch(text):
        fields.wrong("symbol", "NOT_A_SYMBOL", SYMBOL_EXPECTED, text)
    return text


def _commands(fields: Fields, text: str) -> _Block:
    """Read the commands one by one; what none of them may say together is named."""
    block = _Block(fields)
    for command in COMMENT.sub("", text).split(";")[:MAX_COMMANDS]:
        found = COMMAND.fullmatch(command)
        if found:
            _take(block, found[1].lower(), _arguments(fields, found[1], found[2]))
        elif command.strip():
            fields.wrong("command", "NOT_A_COMMAND", "name(argument=value, …)", command.strip())
    _of_position(block)
    if block.entry and block.cancels:
        fields.wrong("cancel", "UNSUPPORTED_COMMAND", "an exit with it: before an entry nothing is cancelled here")
    if not (block.entry or block.exit or fields.errors):
        fields.wrong(
            "command", "MISSING", f"market(side=…, amount=…), limit(…) or close(); instead of cancel: {NO_CANCEL}"
        )
    return block


def _arguments(fields: Fields, name: str, text: str) -> Fields:
    body: Object = {}
    part = Fields(body, f"{name}.", fields.errors)
    for argument in filter(None, map(str.strip, text.split(","))):
        key, equals, value = argument.partition("=")
        plain = key.strip().lower()
        if not equals or plain in body:
            part.wrong(key.strip(), "NOT_KEY_VALUE", "argument=value, each once", argument)
        elif value.strip():
            body[plain] = value.strip()
    return part


def _take(block: _Block, name: str, part: Fields) -> None:
    if name in ENTRIES:
        _take_order(block, name, part)
    elif name in ("close", "closeposition"):
        refuse_unknown(part, frozenset({"amount", "side", "tag"}))
        _take_exit(block, name, part)
    elif name in STOPS:
        refuse_unknown(part, STOP_ARGUMENTS)
        if block.stop:
            block.twice(name)
        block.stop = part
    elif name == "cancel":
        block.cancels = True
    elif name == "exchangesettings":
        refuse_unknown(part, frozenset({"leverage"}), {"margintype": OWN_MARGIN, "hedgemode": OWN_MARGIN})
        block.settings = part
    else:
        expected = COMMANDS_REFUSED.get(name, "market, limit, close, stop or cancel")
        block.fields.wrong(name, "UNSUPPORTED_COMMAND", expected)


def _take_order(block: _Block, name: str, part: Fields) -> None:
    refuse_unknown(part, ARGUMENTS, ARGUMENTS_REFUSED)
    if part.has("position") and part.decimal("position") != 0:
        part.wrong("position", "UNSUPPORTED_FIELD", "0, or side and amount: positions are not brought to a target size")
    if part.has("position") or truth(part, "reduceonly"):
        return _take_exit(block, name, part)
    if block.entry or block.exit:
        block.twice(name)
    block.entry, block.style = part, ENTRIES[name]
    return None


def _of_position(block: _Block) -> None:
    """An order that counts in the position shrinks the side it is against: it never enters."""
    amount = AMOUNT.fullmatch(block.entry.text("amount")) if block.entry and block.entry.has("side") else None
    if amount and amount[2] == "%p":
        block.entry, block.exit, block.style = None, block.entry, None


def _take_exit(block: _Block, name: str, part: Fields) -> None:
    if block.entry or block.exit:
        block.twice(name)
    block.exit = part


def _meaning(block: _Block) -> tuple[Action | None, MarketPosition | None, Size | None]:
    """What to do, to which side, how much: position=0 closes both sides, an order that reduces closes the other one."""
    if block.exit is not None:
        if not asks_nothing(block.exit.body.get("offset")):
            at_market(block.exit, "offset")
        order = block.exit.choice("side", SIDES)
        action, wanted = leaving(None if block.exit.has("position") else _amount(block.exit))
        return action, {Action.SELL: LONG, Action.BUY: SHORT}.get(order) if order else None, wanted
    if block.entry is None:
        return None, None, None
    return block.entry.choice("side", SIDES, required=True), None, _amount(block.entry)


def _amount(part: Fields) -> Size | None:
    text = part.text("amount")
    found = AMOUNT.fullmatch(text)
    if text and found is None:
        part.wrong("amount", "NOT_A_SIZE", AMOUNT_EXPECTED, text)
    if found is None:
        return None
    kind = UNITS[found[2]]
    number = Fields({"amount": found[1]}, part.path, part.errors)
    value = number.decimal("amount", above=Decimal(0), high=MOST_PCT.get(kind))
    return Size(kind, value) if value else None


def _limit_price(block: _Block) -> Decimal | None:
    """`offset=@60000` is a price; other offsets are from a price that the sender has not seen."""
    if block.entry is None or asks_nothing(block.entry.body.get("offset")):
        return None
    text = block.entry.text("offset")
    if not text.startswith("@"):
        block.entry.wrong("offset", "UNSUPPORTED_VALUE", "@ and a price, such as @60000, or 0", text)
        return None
    return Fields({"offset": text[1:]}, block.entry.path, block.fields.errors).decimal("offset", above=Decimal(0))


def _stop(block: _Block) -> Level | None:
    """The entry's stop: a price after @, else a distance. It must be against the entry, and for all of it."""
    stop = block.stop
    if stop is None:
        return None
    if block.entry is None:
        stop.wrong(
            "offset", "UNSUPPORTED_COMMAND", "a stop in the alert of its entry; stops of open groups: Settings, exits"
        )
        return None
    entered, against = block.entry.choice("side", SIDES), stop.choice("side", SIDES)
    if entered and entered is against:
        stop.wrong("side", "CONFLICT", "the side against the entry's", against.value)
    if stop.has("amount") and stop.text("amount") not in ("100%p", block.entry.text("amount")):
        stop.wrong("amount", "UNSUPPORTED_VALUE", "the entry's amount, or 100%p: a stop is for the whole position")
    return _distance(stop)


def _distance(stop: Fields) -> Level | None:
    text = stop.text("offset", required=True)
    found = OFFSET.fullmatch(text)
    if text and found is None:
        stop.wrong("offset", "NOT_A_LEVEL", "@58000, 2% or 150", text)
    if found is None:
        return None
    if found[1] == "@" and found[3]:
        stop.wrong("offset", "NOT_A_LEVEL", "@ and a price without %", text)
        return None
    value = Fields({"offset": found[2]}, stop.path, stop.errors).decimal("offset", above=Decimal(0))
    kind = LevelKind.PRICE if found[1] == "@" else LevelKind.PCT if found[3] else LevelKind.OFFSET
    return Level(kind, value) if value else None


FORMAT: Final = Format(
    name="alertatron",
    endpoint="tradingview",
    required=(("Keys(SYMBOL) { market(side=buy, amount=100); }",),),
    fields=frozenset(),
    secret_fields=frozenset(),
    detect=detect,
    parse=parse,
    resembles=re.compile(r"\b\w{1,40}[ \t]{0,3}\([^()\n]{0,80}\)[ \t]{0,3}[;{]"),
    secret_marks=(SecretMark(BLOCK),),
)
