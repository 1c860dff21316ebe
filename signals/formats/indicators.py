"""A time series of values: `{symbol, timeframe, indicators{name: number}, timestamp}`. Never a trade. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind

from .base import COMMON, SECRET, Format, common, object_of
from .fields import Body, Fields
from .windlass import REFUSED, SAYS_A_TRADE, TRADE

FIELDS: Final = COMMON | {"indicators"}
INSTRUCTIONS: Final = dict.fromkeys(TRADE | set(REFUSED), "nothing: this endpoint never trades")


def detect(body: Body) -> bool:
    """Known by `indicators` where nothing says how to trade."""
    return isinstance(body, dict) and "indicators" in body


def parse(body: Body) -> Intent:
    """The values. Raises FormatRefused naming every field that is wrong."""
    fields = Fields(object_of(body))
    shared = common(fields)
    intent = Intent(
        kind=IntentKind.VALUES,
        format="indicators",
        indicators=fields.inner("indicators").numbers(),
        metadata=fields.rest(FIELDS, {**INSTRUCTIONS, **SAYS_A_TRADE}),
        **shared,
    )
    if not intent.indicators and not fields.errors:
        fields.wrong("indicators", "MISSING", "at least one name with a number")
    fields.finish()
    return intent


FORMAT: Final = Format(
    name="indicators",
    endpoint="indicators",
    required=(("symbol",), ("indicators",)),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
)
