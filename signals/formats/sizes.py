"""Sizes as people write them: `1% equity`, `100 USDT`, `0.5 base`. Pure."""

import re
from decimal import Decimal

from signals.intent import Size, SizeKind
from signals.strict_json import JsonRefused, number

PERCENT_KINDS = {
    "": SizeKind.PCT_EQUITY,
    "equity": SizeKind.PCT_EQUITY,
    "of equity": SizeKind.PCT_EQUITY,
    "free": SizeKind.PCT_FREE,
    "of free": SizeKind.PCT_FREE,
    "position": SizeKind.PCT_POSITION,
    "of position": SizeKind.PCT_POSITION,
    "risk": SizeKind.RISK_PCT,
}
UNIT_KINDS = {
    "base": SizeKind.BASE,
    "contracts": SizeKind.CONTRACTS,
    "quote": SizeKind.QUOTE,
    "risk": SizeKind.RISK_QUOTE,
}
MOST_PCT = {
    SizeKind.PCT_EQUITY: Decimal(12_500),  # 100 % at the highest leverage, 125
    SizeKind.PCT_FREE: Decimal(100),
    SizeKind.PCT_POSITION: Decimal(100),
    SizeKind.RISK_PCT: Decimal(100),
}
SHAPE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*([A-Za-z][A-Za-z0-9 ]{0,19})?")


def size_from_text(text: str) -> Size | None:
    """A size with its unit, or None where the text is none; a bare number is none: it could be base, quote or percent.

    Any other word is a currency: `100 USDT` is quote, and whoever knows the instrument compares the two.
    """
    found = SHAPE.fullmatch(text.strip())
    value = _positive(found[1]) if found else None
    if found is None or value is None:
        return None
    word = (found[3] or "").strip()
    return _percent(value, word.lower()) if found[2] else _amount(value, word)


def _positive(text: str) -> Decimal | None:
    try:
        return number(text) or None
    except JsonRefused:
        return None


def _percent(value: Decimal, word: str) -> Size | None:
    kind = PERCENT_KINDS.get(word)
    return Size(kind, value) if kind and value <= MOST_PCT[kind] else None


def _amount(value: Decimal, word: str) -> Size | None:
    if word.lower() in UNIT_KINDS:
        return Size(UNIT_KINDS[word.lower()], value)
    return Size(SizeKind.QUOTE, value, currency=word.upper()) if word and " " not in word else None
