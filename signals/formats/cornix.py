"""Cornix' free text: a pair, Entry, Take Profit and Stop with prices, line by line. Pure."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind

from .base import Format, text_of
from .fields import MAX_TEXT, NUMBER_EXPECTED, Body, Fields
from .vendor import (
    ENTERS,
    LONG,
    MAX_LEVERAGE,
    NO_STOP_ENTRY,
    OWN_TRAILING,
    SHORT,
    SIDES,
    shares,
    within_whole,
)

MAX_LINES: Final = 60
MAX_PRICES: Final = 12
MOST_PCT: Final = Decimal(20)
# As there: an amount per trade or a risk above 20 % is a typing error.
PAIR: Final = re.compile(r"(?<![\w/])#?([A-Za-z0-9]{2,15}/[A-Za-z]{3,6}(?::[A-Za-z]{3,6})?)(?![\w/])")
ENTRY: Final = re.compile(r"(?i)\b(?:entry|entries|enter|buy)\b")
EXIT: Final = re.compile(r"(?i)\b(?:stop|sell|take[ -]?profits?|targets?|tp[0-9]{0,2})\b")
CLOSES: Final = re.compile(r"(?i)^\W{0,9}(?:close|exit)\b")
CANCELS: Final = re.compile(r"(?i)^\W{0,9}cancel\b")
NUMBERS: Final = re.compile(r"(?<![\w.,])\$?([0-9][0-9.,]{0,30}k?)(?![\w%):])", re.IGNORECASE)
PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)[ \t]{0,3}%")
TIMES: Final = re.compile(r"(?i)(?<![\w.])([0-9]{1,3})[ \t]{0,3}x\b|\bx[ \t]{0,3}([0-9]{1,3})\b")
PLACE: Final = re.compile(
    r"^[ \t]{0,9}(?:[0-9]{1,2}[).:]|tp ?[0-9]{1,2}\b|target ?[0-9]{1,2}\b)[ \t]{0,9}[:=-]?", re.IGNORECASE
)
SIDE: Final = re.compile(r"\b(long|short)\b", re.IGNORECASE)
WORD: Final = re.compile(r"[A-Za-z]{2}")
PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
BREAKOUT: Final = re.compile(r"\b(?:above|below|breakout)\b", re.IGNORECASE)
SHARE: Final = re.compile(r"([0-9][0-9.]{0,30})[ \t]{0,3}[-–:=][ \t]{0,3}([0-9]{1,3}(?:\.[0-9]{1,6})?)[ \t]{0,3}%")
WHOLE: Final = re.compile(r"[-–:=][ \t]{0,3}100(?:\.0{1,6})?[ \t]{0,3}%")
MARKET: Final = re.compile(r"\bmarket\b", re.IGNORECASE)
MARGIN: Final = re.compile(r"\b(?:cross|isolated)\b", re.IGNORECASE)
RISK: Final = re.compile(r"\b(?:risk|rm)\b", re.IGNORECASE)
TOPIC: Final = re.compile(
    r"\W{0,9}(?:(?:long|short)\W{1,3})?(?:(?P<leverage>leverage\b)|(?P<amount>(?:amount|invest|capital|risk(?![ /-]*reward)|rm)\b)|(?P<trailing>trailing\b)"
    r"|(?P<stop>stop|s/?l\b)|(?P<targets>(?:take[ -]?profits?|targets?|tp|sell)\b|tp ?[0-9])"
    r"|(?P<entry>(?:entry|entries|enter|buy)\b))",
    re.IGNORECASE,
)
# What a line is about: the word that it begins with, after marks and the side.
WORDS: Final = (
    r"(?:entry|entries|stop|s/?l|take[ -]?profits?|targets?|tp ?[0-9]{0,2}|sell|leverage|amount|risk(?![ /-]*reward))\b"
)
NEXT_TOPIC: Final = re.compile(rf"(?<=[0-9%x)])[ \t,;|]+(?={WORDS})", re.IGNORECASE)
# Where a line goes on to another topic: `Entry 60000 Stop 58000`.
INSTRUCTS: Final = re.compile(rf"\b(?:{WORDS}|dca|lev|margin|size|trail\w*|half|be\b|breakeven)", re.IGNORECASE)
BEGIN: Final = "a line that begins with Entry, Take Profit, Stop, Leverage or Amount"


@dataclass(slots=True)
class _Told:
    """What the lines say."""

    fields: Fields
    entries: list[Decimal] = field(default_factory=list)
    targets: list[tuple[Decimal, Decimal | None]] = field(default_factory=list)  # price, percent of the position
    stops: list[Decimal] = field(default_factory=list)
    size: Size | None = None
    leverage: Decimal | None = None
    style: OrderStyle | None = None
    said: MarketPosition | None = None
    margin: str = ""
    message: list[str] = field(default_factory=list)


def detect(body: Body) -> bool:
    """Known by a pair with a slash, with an entry and an exit; or a pair that is to be closed."""
    if not isinstance(body, str) or PAIR.search(body) is None:
        return False
    return bool(CLOSES.search(body) or (ENTRY.search(body) and EXIT.search(body)))


def parse(body: Body) -> Intent:
    """The intent. It knows no time; without LONG or SHORT the prices say which."""
    text = text_of(body)
    told = _read(text)
    pair = PAIR.search(text)
    symbol = pair[1].upper() if pair else ""
    closes = CLOSES.search(text) is not None
    side = told.said if closes else _side(told)
    first = told.entries[0] if told.entries else None
    intent = Intent(
        kind=IntentKind.TRADE,
        format="cornix",
        symbol=symbol,
        action=Action.EXIT if closes else ENTERS[side] if side else None,
        side=side if closes else None,
        market_position=None if closes else side,
        price=first,
        entries=tuple(told.entries[1:]),
        size=told.size,
        order_type=told.style,
        leverage=told.leverage,
        stop_loss=Level(LevelKind.PRICE, told.stops[0]) if told.stops else None,
        take_profit=_levels(told),
        message="\n".join(told.message)[:MAX_TEXT],
        metadata=(("margin_mode", told.margin),) if told.margin else (),
    )
    told.fields.finish()
    return intent


def _read(text: str) -> _Told:
    """Go through the lines; a line of prices alone continues the topic before it."""
    told, topic = _Told(Fields({})), ""
    lines = NEXT_TOPIC.sub("\n", text).splitlines()
    if len(lines) > MAX_LINES:
        told.fields.wrong("body", "TOO_MANY", f"at most {MAX_LINES} lines", len(lines))
    for line in lines[:MAX_LINES]:
        plain = PAIR.sub(" ", line).strip()
        if not plain:
            continue
        found = TOPIC.match(plain)
        begins = (found.lastgroup if found else None) or ""
        topic = begins or (topic if topic in CONTINUED and _continues(plain) else "")
        _side_said(told, plain)
        READERS[topic](told, plain)
    return told


def _continues(line: str) -> bool:
    """True for a line without words of its own: `1) 61000`, `61000 - 62000`."""
    return not WORD.search(PLACE.sub(" ", line))


def _side_said(told: _Told, line: str) -> None:
    for found in SIDE.finditer(line):
        side = SIDES[found[1].lower()]
        if told.said not in (None, side):
            told.fields.wrong("side", "CONFLICT", "LONG or SHORT, not both")
        told.said = side


def _note(told: _Told, line: str) -> None:
    if CANCELS.search(line):
        told.fields.wrong("cancel", "UNSUPPORTED_FIELD", "close: it cancels what rests and what waits, and exits")
    if BREAKOUT.search(line):
        told.fields.wrong("signal type", "UNSUPPORTED_VALUE", NO_STOP_ENTRY, line)
    elif INSTRUCTS.search(line) and re.search("[0-9]", line):
        told.fields.wrong("line", "UNSUPPORTED_VALUE", BEGIN, line)
    told.message.append(line)


def _prices(told: _Told, name: str, line: str) -> list[Decimal]:
    """The prices of a line; `60,000` could be two numbers or one and is refused, as is a price in thousands."""
    found = [match[1].rstrip(".,") for match in NUMBERS.finditer(PLACE.sub(" ", line))]
    if PERCENT.search(line):
        told.fields.wrong(name, "UNSUPPORTED_VALUE", "prices, not percentages", line)
    values = []
    for text in found[:MAX_PRICES]:
        if not PLAIN.fullmatch(text):
            told.fields.wrong(name, "NOT_A_NUMBER", NUMBER_EXPECTED, text)
        elif value := Fields({name: text}, errors=told.fields.errors).decimal(name, above=Decimal(0)):
            values.append(value)
    return values


def _entry(told: _Told, line: str) -> None:
    if BREAKOUT.search(line):
        told.fields.wrong("entry", "UNSUPPORTED_VALUE", NO_STOP_ENTRY, line)
    if MARKET.search(line):
        told.style = OrderStyle.MARKET
    told.entries += _prices(told, "entry", WHOLE.sub(" ", line))


def _targets(told: _Told, line: str) -> None:
    """`61000`, or `61000 - 50%` with the part of the position it closes."""
    for found in SHARE.finditer(PLACE.sub(" ", line)):
        price = _prices(told, "take profit", found[1])
        told.targets += [(value, Decimal(found[2])) for value in price]
    told.targets += [(value, None) for value in _prices(told, "take profit", SHARE.sub(" ", line))]


def _stop(told: _Told, line: str) -> None:
    told.stops += _prices(told, "stop", WHOLE.sub(" ", line))
    if len(told.stops) > 1:
        told.fields.wrong("stop", "TOO_MANY", "one stop price", len(told.stops))


def _trailing(told: _Told, line: str) -> None:
    told.fields.wrong("trailing", "UNSUPPORTED_FIELD", OWN_TRAILING)


def _leverage(told: _Told, line: str) -> None:
    """`Leverage 5x`. A margin mode is noted: the account's own is kept up by the engine."""
    found = TIMES.search(line) or re.search(r"([0-9]{1,3})()\b", line)
    value = Decimal(found[1] or found[2]) if found else Decimal(0)
    if not 1 <= value <= MAX_LEVERAGE:
        told.fields.wrong("leverage", "OUT_OF_RANGE", "1x to 125x", line)
    margin = MARGIN.search(line)
    told.margin = margin[0].lower() if margin else ""
    told.leverage = value


def _amount(told: _Told, line: str) -> None:
    """The first percentage counts, as there; with the word risk it is what the stop may cost."""
    found = PERCENT.search(line)
    value = Decimal(found[1]) if found else Decimal(0)
    if not 0 < value <= MOST_PCT:
        told.fields.wrong("amount", "OUT_OF_RANGE", f"a percentage above 0, at most {MOST_PCT}", line)
        return
    told.size = Size(SizeKind.RISK_PCT if RISK.search(line) else SizeKind.PCT_EQUITY, value)


CONTINUED: Final = frozenset({"entry", "stop", "targets", "trailing"})
READERS: Final = {
    "": _note,
    "amount": _amount,
    "entry": _entry,
    "leverage": _leverage,
    "stop": _stop,
    "targets": _targets,
    "trailing": _trailing,
}


def _side(told: _Told) -> MarketPosition | None:
    """LONG where the targets lie above the entries and the stop below, SHORT the other way round."""
    told.entries.sort()
    marks = [(price, LONG, SHORT) for price, _ in told.targets] + [(price, SHORT, LONG) for price in told.stops]
    if not (told.entries or told.style or told.fields.errors):
        told.fields.wrong("entry", "MISSING", "Entry and a price, or Entry market")
    if not told.entries or not marks:
        if told.said is None and not told.fields.errors:
            told.fields.wrong("side", "MISSING", "LONG or SHORT, or prices of entry, targets and stop that say which")
        return told.said
    low, high = told.entries[0], told.entries[-1]
    sides = {above if price > high else below if price < low else None for price, above, below in marks}
    meant = sides.pop() if len(sides) == 1 else None
    if meant is None or told.said not in (None, meant):
        expected = "a long's targets above and its stop below the entries, a short's the other way round"
        told.fields.wrong("side", "CONFLICT", expected, told.said.value if told.said else "")
    return _sorted(told, meant)


def _sorted(told: _Told, side: MarketPosition | None) -> MarketPosition | None:
    """The nearest entry and the nearest target first: a long buys from above, a short sells from below."""
    told.entries.sort(reverse=side is LONG)
    told.targets.sort(reverse=side is SHORT)
    return side


def _levels(told: _Told) -> tuple[Level, ...]:
    """Targets close the parts they say, or share the position evenly."""
    said = [share for _, share in told.targets if share]
    if said and len(said) != len(told.targets):
        told.fields.wrong("take profit", "MISSING", "a percentage for each target, or none at all")
        return ()
    parts = said or shares([Decimal(1)] * len(told.targets))
    found = zip(told.targets, parts, strict=True)
    levels = tuple(Level(LevelKind.PRICE, price, part) for (price, _), part in found)
    within_whole(told.fields, "take profit", levels)
    return levels


FORMAT: Final = Format(
    name="cornix",
    endpoint="tradingview",
    required=(("a pair such as BTC/USDT",), ("Entry",), ("Stop", "Take Profit")),
    fields=frozenset(),
    secret_fields=frozenset(),
    detect=detect,
    parse=parse,
    resembles=re.compile(rf"{PAIR.pattern}|(?i:\b(?:entry|stop|take profit|targets?|leverage)\b)"),
)
