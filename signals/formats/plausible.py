"""What is well-formed and cannot be meant: a rehearsal sent as an order, or a percentage without its sign. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import Intent, IntentKind, LevelKind

from .fields import Body, FieldError, FormatRefused
from .vendor import NO_TEST, asks_nothing

REHEARSALS: Final = frozenset(
    {"demo", "dry_run", "dryrun", "paper", "paper_trade", "paper_trading", "papertrading", "sandbox", "simulate"}
    | {"simulated", "simulation", "test", "test_mode", "testmode"}
)
# By none of these does a sender want real money moved.
SWITCHES: Final = frozenset({"enabled", "is_enabled"})
SWITCHED_OFF: Final = "true, or nothing; to stop a source's alerts, take its tick enabled away"


def plausible(body: Body, intent: Intent) -> Intent:
    """The intent itself. Raises FormatRefused where a trade is marked as none, or its stop can be no price."""
    if intent.kind is IntentKind.TRADE:
        errors = [*_marked(body), *_too_far(intent)]
        if errors:
            said = "; ".join(f"{error.field}: expected {error.expected}; got {error.got}" for error in errors)
            raise FormatRefused(errors[0].code, f"{said}.", tuple(errors))
    return intent


def _marked(body: Body) -> list[FieldError]:
    """Fields that say it is a rehearsal, or switched off."""
    if isinstance(body, str):
        return []
    found: list[FieldError] = []
    for name, value in body.items():
        plain = name.lower().replace("-", "_")
        if plain in REHEARSALS and not asks_nothing(value):
            found.append(FieldError(name, "UNSUPPORTED_FIELD", NO_TEST, "a rehearsal"))
        elif plain in SWITCHES and value is not None and asks_nothing(value):
            found.append(FieldError(name, "UNSUPPORTED_VALUE", SWITCHED_OFF, "off"))
    return found


def _near(intent: Intent) -> Decimal | None:
    """A price that the market must be near: the alert's own, else its first target's."""
    targets = (target.value for target in intent.take_profit if target.kind is LevelKind.PRICE)
    return intent.price if intent.price is not None else next(targets, None)


def _too_far(intent: Intent) -> list[FieldError]:
    """A stop of 2 where the price is 61,000 is a percentage without its sign."""
    stop, price = intent.stop_loss, _near(intent)
    if stop is None or price is None or stop.is_near(price):
        return []
    expected = f"a price near {price.normalize():f}, or a distance with its sign, such as 2%"
    return [FieldError("stop_loss", "NOT_A_LEVEL", expected, f"{stop.value.normalize():f}")]
