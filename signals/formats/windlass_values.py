"""The bare body a Pine script makes: `{symbol, rsi, macd, close}`; every number is an indicator. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind

from .base import COMMON, SECRET, Format, common, object_of
from .fields import Body, Fields, Object
from .misspelling import misspelling_of
from .windlass import REFUSED, TRADE

STRANGERS: Final = TRADE | frozenset(REFUSED) | {"direction", "message", "ticker"}


def detect(body: Body) -> bool:
    """Known by `symbol` and at least one other field, none of which says how to trade."""
    return isinstance(body, dict) and "symbol" in body and not STRANGERS & body.keys() and bool(body.keys() - COMMON)


def parse(body: Body) -> Intent:
    """The values of a bare body. Raises FormatRefused naming every field that is wrong."""
    fields = Fields(object_of(body))
    shared, typos = common(fields), _typos(fields.body)
    for name, meant in typos.items():
        fields.wrong(name, "UNKNOWN_FIELD", f"{meant}, if that was meant", fields.body[name])
    intent = Intent(
        kind=IntentKind.VALUES,
        format="windlass_values",
        indicators=fields.numbers(name for name in fields.body if name not in COMMON and name not in typos),
        **shared,
    )
    if not intent.indicators and not fields.errors:
        fields.wrong("", "MISSING", "at least one number beside the symbol")
    fields.finish()
    return intent


def _typos(body: Object) -> dict[str, str]:
    """Words under a name that is nearly one of a trade's: no value was meant, but an order that nobody would see."""
    words = (name for name, value in body.items() if isinstance(value, str) and value.isalpha())
    return {name: meant for name in words if name not in COMMON and (meant := misspelling_of(name, TRADE))}


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
