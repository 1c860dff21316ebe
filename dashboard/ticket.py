"""The order ticket: what was filled in, as an alert of our own format; what is wrong, beside its field. Pure but for reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import uuid4

from dashboard import given
from risk.domain.denial import DenialCode
from signals import timeframes
from signals.formats import FieldError, FormatRefused
from signals.verdict import Verdict
from trading.domain import settings as registry
from trading.domain.refusal import Refusal
from trading.services.order_by_hand import Ticket

SIDES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"LONG": {"action": "buy", "market_position": "long"}, "SHORT": {"action": "sell", "market_position": "short"}}
)
TYPES: Mapping[str, str] = MappingProxyType({"": "as the settings say", "limit": "limit", "market": "market"})
FRAMES: Mapping[str, str] = MappingProxyType(
    {"": "none", "1": "1 m", "5": "5 m", "15": "15 m", "30": "30 m", "60": "1 h", "240": "4 h", "1D": "1 d"}
)
STOP_UNITS: Mapping[str, str] = MappingProxyType(
    {"percent": "% from the average entry", "price": "at this price", "offset": "quote from the average entry"}
)
FURTHEST_PCT = "10"
# A limit order may stand so far from the market: the widest that the price guard can be set to.
TARGET = "tp_aggregate_pct"
NAMES = (
    "symbol",
    "side",
    "order_type",
    "price",
    "size",
    "leverage",
    "stop",
    "stop_unit",
    "target",
    "timeframe",
    "note",
)
LONGEST, LONGEST_NOTE = 60, 200
KEY_LENGTH = 32

# The field of an alert, or a code that refuses one -> the field of the form that mends it.
FIELD_OF: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in NAMES},
        "action": "side",
        "interval": "timeframe",
        "market_position": "side",
        "max_slippage_pct": "price",
        "stop_loss": "stop",
        "stop_loss.offset": "stop",
        "take_profit": "target",
    }
)
MENDED_AT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("UNKNOWN_SYMBOL", "AMBIGUOUS_SYMBOL", "NOT_TRADABLE", "NOT_WHITELISTED", "PAIR_BLOCKED"), "symbol"),
        **dict.fromkeys(("SHORT_ON_SPOT", "OPPOSITE_SIDE_OPEN", "ALREADY_ON_SIDE", "AMBIGUOUS_SIDE"), "side"),
        **dict.fromkeys(("PRICE_MOVED", "PRICE_NOT_POSITIVE"), "price"),
        **dict.fromkeys(("CAPITAL_TOO_SMALL", "LEG_BELOW_MINIMUM", "QTY_ABOVE_MAXIMUM"), "size"),
        DenialCode.BELOW_MINIMUM: "size",
        DenialCode.LEVERAGE: "leverage",
        DenialCode.PORTFOLIO_HEAT: "size",
        DenialCode.RESERVED_FUNDS: "size",
        DenialCode.SIZE_UNKNOWN: "size",
        DenialCode.STRATEGY_EXPOSURE: "size",
        DenialCode.SYMBOL_EXPOSURE: "size",
        DenialCode.TOO_SOON: "timeframe",
    }
)  # fmt: skip
UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {"take_profit": "target", "leverage": "leverage", "stop_loss": "stop", "a broken number": "leverage"}
)
# The beginning of what NOT_SUPPORTED names -> its field.
STOPS = ("STOP_", "ATR_", "SUPPORT_")
Wrong = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the fields, and what is wrong with them by name."""

    account_id: int
    values: Mapping[str, str]
    source_id: int | None = None
    wrong: Wrong = field(default_factory=dict)

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """What is sent along when the order is confirmed."""
        return (*self.values.items(), ("source", str(self.source_id or "")), ("account", str(self.account_id)))


def filled(typed: Mapping[str, str], *, account_id: int) -> Form:
    """The form as it was sent."""
    values = {name: _text(typed.get(name, ""), LONGEST_NOTE if name == "note" else LONGEST) for name in NAMES}
    return Form(account_id, values | _choices(values), given.number(typed.get("source", "")))


def _text(raw: str, longest: int) -> str:
    return " ".join(raw.replace("\0", "").split())[:longest]


def _choices(values: Mapping[str, str]) -> dict[str, str]:
    """What is chosen from a list; what is not in it becomes the first."""
    tables = {"side": SIDES, "order_type": TYPES, "stop_unit": STOP_UNITS}
    return {name: values[name] if values[name] in table else next(iter(table)) for name, table in tables.items()}


def key_of(typed: Mapping[str, str]) -> str:
    """The form's own key: a second press of the same form is the same order. Empty where it carries none."""
    key = typed.get("key", "")
    return key if len(key) == KEY_LENGTH and set(key) <= set("0123456789abcdef") else ""


def new_key() -> str:
    """A key for a form about to be shown."""
    return uuid4().hex


def ticket(form: Form) -> Ticket:
    """The order as an alert of our own format. What is wrong with it says whoever reads it."""
    values, limits = form.values, form.values["order_type"] == "limit" and form.values["price"]
    said: dict[str, object] = {
        "symbol": values["symbol"],
        **SIDES[values["side"]],
        "interval": values["timeframe"],
        "order_type": values["order_type"],
        "price": values["price"],
        "max_slippage_pct": FURTHEST_PCT if limits else "",
        "size": values["size"],
        "leverage": values["leverage"],
        "stop_loss": _stop(values["stop"], values["stop_unit"]),
        "take_profit": f"{_number(values['target'])}%" if values["target"] else "",
    }
    return Ticket(form.account_id, said, form.source_id, values["note"])


def _stop(text: str, unit: str) -> object:
    if not text:
        return ""
    number = _number(text)
    return (
        f"{number}%" if unit == "percent" or text.endswith("%") else {"offset": number} if unit == "offset" else number
    )


def _number(text: str) -> str:
    return text.removesuffix("%").strip()


# what is wrong -----------------------------------------------------------------------------------


def checked(form: Form) -> Wrong:
    """What no alert would be refused for, but a person can be told at once, by field."""
    found = {}
    if not form.values["symbol"]:
        found["symbol"] = "Type the pair: BTC/USDT or BTCUSDT."
    if form.values["timeframe"] and timeframes.seconds(form.values["timeframe"]) is None:
        found["timeframe"] = f"{form.values['timeframe']} is no timeframe: 15, 1h, 4h or 1d."
    if form.values["price"] and form.values["order_type"] == "market":
        found["price"] = "A market order has no price: leave it empty, or choose limit."
    if form.values["target"]:
        value = registry.parse(TARGET, _number(form.values["target"]))
        found |= {"target": value.sentence()} if isinstance(value, Refusal) else {}
    return found


def refused(error: FormatRefused) -> Wrong:
    """A format's errors by the form's fields; what has none stands above the form."""
    found: dict[str, str] = {}
    for wrong in error.errors:
        name = FIELD_OF.get(wrong.field, "")
        found[name] = " ".join(filter(None, (found.get(name, ""), _sentence(wrong))))
    return found or {"": error.message}


def _sentence(wrong: FieldError) -> str:
    got = f"“{wrong.got}” was typed; " if wrong.got else ""
    return f"{got}expected is {wrong.expected}."


def mended_at(verdict: Verdict) -> Wrong:
    """Where a refusal is mended on the form; nothing where another page is the place."""
    name = MENDED_AT.get(verdict.outcome, "")
    if verdict.outcome == "NOT_SUPPORTED":
        said = str(verdict.details.get("fields", ""))
        name = next((field for begins, field in UNSUPPORTED.items() if said.startswith(begins)), "")
    if verdict.outcome.startswith(STOPS):
        name = "stop"
    return {name: verdict.reason} if name else {}
