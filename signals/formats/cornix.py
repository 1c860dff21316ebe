"""Cornix' free text: a pair, Entry, Take Profit and Stop with prices, line by line. Pure."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind

from .base import Format, text_of
from .cornix_words import (
    ALL_OF_IT,
    BREAKOUT,
    CANCELS,
    CLOSES,
    CURRENCY,
    ENTRY,
    EXIT,
    HORIZON,
    INSTRUCTS,
    MARGIN,
    MARKET,
    MOST_STRANGERS,
    NEXT_TOPIC,
    NUMBERS,
    PAIR,
    PARTLY,
    PERCENT,
    PLACE,
    PLAIN,
    PRICED,
    RISK,
    SAYS_SIDE,
    SHARE,
    SIDE,
    TIMES,
    TITLE,
    TOPIC,
    UNCLEAR,
    WHOLE,
    continues,
    has_digit,
    is_foreign,
    is_the_side,
    pairs,
    without_pairs,
)
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
UNCLEAR_EXPECTED: Final = "TP1: and the price: a number alone could be a place or a price"
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
    closes: bool = False  # then prices say how it went, not what to do
    header: str = ""  # a topic whose line named no price yet: the next line must
    message: list[str] = field(default_factory=list)

    def named(self) -> tuple[object, ...]:
        """What of prices was said so far: it changes with a line that says more."""
        return len(self.entries), len(self.targets), len(self.stops)


def detect(body: Body) -> bool:
    """Known by a pair with a slash, with an entry and an exit; or a pair that is to be closed."""
    if not isinstance(body, str) or PAIR.search(body) is None:
        return False
    return bool(CLOSES.search(body) or (ENTRY.search(body) and EXIT.search(body)))


def parse(body: Body) -> Intent:
    """The intent. It knows no time; without LONG or SHORT the prices say which."""
    text = text_of(body)
    told, symbols = _read(text), pairs(text)
    symbol, closes = symbols[0] if symbols else "", told.closes
    if len(symbols) > 1:
        told.fields.wrong("pair", "CONFLICT", "one pair: an alert is one signal", ", ".join(symbols))
    if closes:
        _whole(told, text)
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


def _whole(told: _Told, text: str) -> None:
    """A close closes all of it: half, a percentage or a fraction is refused."""
    found = PARTLY.search(ALL_OF_IT.sub(" ", PAIR.sub(" ", text)))
    if found:
        expected = "nothing: a close closes the whole position; send a part in the own format, action exit with size"
        told.fields.wrong("close", "UNSUPPORTED_VALUE", expected, found[0])


def _read(text: str) -> _Told:
    """Go through the lines; a line of prices alone continues the topic before it."""
    told, topic, symbols = _Told(Fields({}), closes=CLOSES.search(text) is not None), "", pairs(text)
    lines = NEXT_TOPIC.sub("\n", text).splitlines()
    if len(lines) > MAX_LINES:
        told.fields.wrong("body", "TOO_MANY", f"at most {MAX_LINES} lines", len(lines))
    for line in lines[:MAX_LINES]:
        plain = without_pairs(line, symbols).strip()
        if not plain:
            continue
        found = TOPIC.match(plain)
        begins = (found.lastgroup if found else None) or ""
        topic = begins or (topic if topic in CONTINUED and continues(plain) else "")
        _side_said(told, plain, beside_pair=plain != line.strip())
        _take(told, topic, plain)
    _missing(told, told.header, "")
    return told


def _take(told: _Told, topic: str, line: str) -> None:
    """Read a line; one about prices that names none must be the header of the next line's."""
    before, header = told.named(), told.header
    READERS[topic](told, CURRENCY.sub(" ", line) if topic in PRICED else line)
    at_market = topic == "entry" and MARKET.search(line) is not None
    named = told.named() != before or at_market
    digits = not named and (topic in PRICED or bool(header)) and has_digit(line)
    if header and (topic != header or digits):
        _missing(told, header, line if topic == header else "")
    empty = topic in PRICED and not named and not TITLE.fullmatch(line)
    if empty and digits:
        _missing(told, topic, line)
    told.header = topic if empty and not digits else ""


def _missing(told: _Told, topic: str, line: str) -> None:
    """A price was announced and none can be read: nothing is traded without it. What was refused already is enough."""
    name = TOPIC_NAMES.get(topic, "")
    if name and not told.closes and not any(error.field in (name, "trailing") for error in told.fields.errors):
        told.fields.wrong(name, "NOT_A_NUMBER" if has_digit(line) else "MISSING", NUMBER_EXPECTED, line)


def _side_said(told: _Told, line: str, *, beside_pair: bool) -> None:
    """LONG or SHORT where it is the side: on a line of its own, beside the pair, before a topic, as a signal's type."""
    plain = HORIZON.sub(" ", line)
    topic, strangers = TOPIC.match(plain), MOST_STRANGERS if beside_pair else 0
    if topic and not is_the_side(plain, strangers=0):
        plain = plain[: topic.start(topic.lastgroup or 0)]
    elif not (CLOSES.match(plain) or SAYS_SIDE.match(plain) or is_the_side(plain, strangers=strangers)):
        return
    for found in SIDE.finditer(plain):
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
    if is_foreign(line):
        told.fields.wrong(name, "NOT_A_NUMBER", NUMBER_EXPECTED, line)
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
    plain = PLACE.sub(" ", line)
    if UNCLEAR.match(line):
        told.fields.wrong("take profit", "NOT_A_NUMBER", UNCLEAR_EXPECTED, line)
    for found in SHARE.finditer(plain):
        price = _prices(told, "take profit", found[1])
        told.targets += [(value, Decimal(found[2])) for value in price]
    told.targets += [(value, None) for value in _prices(told, "take profit", SHARE.sub(" ", plain))]


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


TOPIC_NAMES: Final = {"entry": "entry", "stop": "stop", "targets": "take profit"}
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
    between = told.entries or (told.stops if told.targets else [])  # without an entry the stop and the targets tell
    if not between or not marks:
        if told.said is None and not told.fields.errors:
            told.fields.wrong("side", "MISSING", "LONG or SHORT, or prices of entry, targets and stop that say which")
        return told.said
    low, high = min(between), max(between)
    told_by = marks if told.entries else marks[: len(told.targets)]
    sides = {above if price > high else below if price < low else None for price, above, below in told_by}
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
