"""A model's or a service's opinion: `{source, symbol, direction, confidence, metadata}`. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind

from .base import COMMON, SECRET, Common, Format, common, object_of
from .fields import MAX_NAME, Body, Fields
from .vendor import own_rest
from .windlass import REFUSED, TRADE

# neutral is an opinion too, but asks for nothing: it is kept as a value.
DIRECTIONS: Final = {"long": Action.BUY, "short": Action.SELL, "exit": Action.EXIT, "neutral": None}
FIELDS: Final = COMMON | {"confidence", "direction", "metadata", "price", "source"}
OWN: Final = dict.fromkeys(TRADE | set(REFUSED), "direction; trades in detail go to /webhooks/tradingview")


def detect(body: Body) -> bool:
    """Known by `direction`."""
    return isinstance(body, dict) and "direction" in body


def parse(body: Body) -> Intent:
    """The opinion as a trade, or as a value when neutral. Raises FormatRefused naming every field that is wrong."""
    fields = Fields(object_of(body))
    shared = common(fields)
    if not fields.has("direction"):
        fields.wrong("direction", "MISSING", "one of " + ", ".join(DIRECTIONS))
    intent = _intent(fields, fields.choice("direction", DIRECTIONS), shared)
    fields.finish()
    return intent


def _intent(fields: Fields, action: Action | None, shared: Common) -> Intent:
    confidence = fields.decimal("confidence", low=Decimal(0), high=Decimal(1))
    values = (("direction", Decimal(0)), ("confidence", confidence if confidence is not None else Decimal(1)))
    return Intent(
        kind=IntentKind.TRADE if action else IntentKind.VALUES,
        format="signals",
        action=action,
        confidence=confidence,
        indicators=() if action else values,
        price=fields.decimal("price", above=Decimal(0)),
        strategy=fields.text("source", limit=MAX_NAME),
        metadata=fields.inner("metadata").scalars() + own_rest(fields, FIELDS, OWN),
        **shared,
    )


FORMAT: Final = Format(
    name="signals",
    endpoint="signals",
    required=(("symbol",), ("direction",)),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
)
