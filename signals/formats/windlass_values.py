"""The bare body a Pine script makes: `{symbol, rsi, macd, close}`; every number is an indicator. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind

from .base import COMMON, SECRET, Format, common, object_of
from .fields import Body, Fields
from .windlass import REFUSED, TRADE

STRANGERS: Final = TRADE | frozenset(REFUSED) | {"direction", "message", "ticker"}


def detect(body: Body) -> bool:
    """Known by `symbol` and at least one other field, none of which says how to trade."""
    return isinstance(body, dict) and "symbol" in body and not STRANGERS & body.keys() and bool(body.keys() - COMMON)


def parse(body: Body) -> Intent:
    """The values of a bare body. Raises FormatRefused naming every field that is wrong."""
    fields = Fields(object_of(body))
    shared = common(fields)
    intent = Intent(
        kind=IntentKind.VALUES,
        format="windlass_values",
        indicators=fields.numbers(name for name in fields.body if name not in COMMON),
        **shared,
    )
    if not intent.indicators and not fields.errors:
        fields.wrong("", "MISSING", "at least one number beside the symbol")
    fields.finish()
    return intent


FORMAT: Final = Format(
    name="windlass_values",
    endpoint="tradingview",
    required=(("symbol",),),
    fields=COMMON,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
    token_only=True,
)
