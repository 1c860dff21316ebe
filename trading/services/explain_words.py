"""An explanation in a trader's words: sizes, checks and orders at the precision that the market and its quote have."""

from collections.abc import Mapping
from decimal import Decimal

from risk.domain.checks import CheckLine
from risk.domain.denial import plain
from risk.domain.sizing import SizeLine
from signals.intent import Size, SizeKind
from trading.domain.grid import InstrumentRules
from trading.services.explain import PlannedOrder

CENTS = Decimal("0.01")
FINEST = Decimal("0.0001")
# A check's number that is no money: four places tell enough.
SIZES: Mapping[SizeKind, str] = {
    SizeKind.BASE: "{value} {base}",
    SizeKind.QUOTE: "{value} {quote}",
    SizeKind.PCT_EQUITY: "{value} % of the equity",
    SizeKind.PCT_FREE: "{value} % of what is free",
    SizeKind.PCT_POSITION: "{value} % of the position",
    SizeKind.RISK_QUOTE: "as much as risks {value} {quote} down to the stop",
    SizeKind.RISK_PCT: "as much as risks {value} % of the equity down to the stop",
    SizeKind.CONTRACTS: "{value} contracts",
}
LIMITED_BY: Mapping[str, str] = {
    "alert": "as the alert asks",
    "setting": "by the setting capital_per_pyramid",
}


def size_words(size: Size, rules: InstrumentRules | None = None) -> str:
    """How much an alert asks for; without a market its currencies are called base and quote."""
    base, quote = (rules.base, rules.quote) if rules else ("base", "quote")
    return SIZES[size.kind].format(value=plain(size.value), base=size.currency or base, quote=size.currency or quote)


def line_words(line: SizeLine, rules: InstrumentRules) -> str:
    """One amount that was compared, and whether it is the one that counts."""
    said = LIMITED_BY.get(line.name, f"at most, by {line.name.replace('_', ' ')}")
    return f"{money(line.quote)} {rules.quote} {said}{': this binds' if line.binds else ''}"


def check_words(check: CheckLine, quote: str) -> str:
    """A check with its number and its limit; of a state only what it should be beside what it is."""
    name = check.name.replace("_", " ")
    if isinstance(check.value, str):
        return f"{name}: {check.value}" + ("" if check.ok else f", should be {check.limit}")
    if check.value is None:
        return f"{name}: not known"
    value, limit = (_number(number, check.unit == quote) for number in (check.value, check.limit))
    return f"{name}: {value} of {limit} {check.unit}".rstrip()


def _number(value: object, is_money: bool) -> str:
    if not isinstance(value, Decimal):
        return plain(value)
    return money(value) if is_money else plain(value.quantize(FINEST) if value != value.to_integral_value() else value)


def money(value: Decimal) -> str:
    """An amount of the quote, to the cent; what is less than a cent keeps its digits."""
    return f"{value:,.2f}" if abs(value) >= CENTS or not value else plain(value)


def order_words(order: PlannedOrder, rules: InstrumentRules) -> str:
    """One order that would be written."""
    price = "at the market's price" if order.price is None else f"at {at_step(order.price, rules.tick_size)}"
    target = f", target {at_step(order.target_price, rules.tick_size)}" if order.target_price else ""
    amount = f"{at_step(order.qty, rules.lot_step)} {rules.base}"
    return f"leg {order.leg}: {order.side} {amount} {order.type} {price}{target}"


def at_step(value: Decimal, step: Decimal) -> str:
    """A number with as many places as its step has."""
    exponent = step.normalize().as_tuple().exponent
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return f"{value:,.{places}f}"
