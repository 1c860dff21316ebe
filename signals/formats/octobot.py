"""OctoBot: `KEY=VALUE` lines (or `;` between them): EXCHANGE, SYMBOL, SIGNAL, VOLUME, PRICE, STOP_PRICE, … Pure."""

import re
from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, OrderStyle, Size, SizeKind

from .base import Format, SecretMark, text_of
from .fields import MAX_VALUES, Body, Fields, Object
from .sizes import MOST_PCT
from .vendor import (
    HUNDRED,
    LONG,
    NO_CANCEL,
    NO_EXPIRY,
    NO_STOP_ENTRY,
    ORDERS,
    OWN_TRAILING,
    SHORT,
    STYLES,
    leaving,
    leftovers,
    leverage,
    shares,
    truth,
    word,
)

MARK: Final = re.compile(r"(?:^|;|\\n)[ \t]*(SYMBOL|SIGNAL)[ \t]*=", re.IGNORECASE | re.MULTILINE)
OWN_TOKEN: Final = re.compile(
    r"(?P<before>(?:^|;|\\n)[ \t]*TOKEN[ \t]*=[ \t]*)(?P<secret>[^;\\\s]+)(?P<after>)", re.IGNORECASE | re.MULTILINE
)
MARKS: Final = frozenset({"SIGNAL", "SYMBOL"})
SEPARATOR: Final = re.compile(r";|\\n|\n")
PROFIT: Final = re.compile(r"TAKE_PROFIT_(PRICE|VOLUME_RATIO)(?:_([0-9]{1,2}))?")
VOLUME: Final = re.compile(r"([0-9.]+)\s*([a-z]?%?)", re.IGNORECASE)
RELATIVE: Final = re.compile(r"([+-]?)([0-9.]+)\s*(%|d)", re.IGNORECASE)
FIELDS: Final = frozenset(
    {"EXCHANGE", "LEVERAGE", "ORDER_TYPE", "PRICE", "REDUCE_ONLY", "SIGNAL", "STOP_PRICE", "SYMBOL", "TAG", "TOKEN"}
    | {"TRADING_TYPE", "VOLUME"}
)
SIGNALS_REFUSED: Final = {
    "cancel": NO_CANCEL,
    "ensure_exchange_balance": "buy or sell",
    "ensure_blockchain_wallet_balance": "buy or sell",
    "transfer_funds": "buy or sell: no key here may move funds",
    "withdraw_funds": "buy or sell: no key here may move funds",
}
UNITS: Final = {
    "": SizeKind.BASE,
    "%": SizeKind.PCT_EQUITY,
    "a%": SizeKind.PCT_FREE,
    "s%": SizeKind.PCT_FREE,
}
VOLUME_EXPECTED: Final = "0.01 (base), 2% (of equity), 12a% or 10s% (of what is free)"
PRICE_EXPECTED: Final = "a price such as 60000, or a distance such as {sign}5% or {sign}100d"
REFUSED: Final = {
    "ALLOW_HOLDINGS_ADAPTATION": "nothing: a plan that does not fit the balance is refused with its numbers",
    "CANCEL_POLICY": NO_EXPIRY,
    "CANCEL_POLICY_PARAMS": NO_EXPIRY,
    "EXCHANGE_ORDER_IDS": NO_CANCEL,
    "PARAM_SIDE": NO_CANCEL,
    "TRAILING_PROFILE": OWN_TRAILING,
}


def detect(body: Body) -> bool:
    """Known by the lines SYMBOL= and SIGNAL=."""
    return isinstance(body, str) and {found[1].upper() for found in MARK.finditer(body)} == MARKS


def parse(body: Body) -> Intent:
    """The intent. It knows no time. With REDUCE_ONLY an order only closes the side it is against."""
    fields = _lines(text_of(body))
    fields.text("TOKEN")
    exchange, symbol = fields.symbol("SYMBOL", "EXCHANGE")
    order = word(fields, "SIGNAL", ORDERS, SIGNALS_REFUSED, required=True)
    reduces, wanted = truth(fields, "REDUCE_ONLY"), _volume(fields)
    leaves = LONG if order is Action.SELL else SHORT if order else None
    action, left = _leaving(wanted) if reduces else (order, wanted)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="octobot",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=leaves if reduces else None,
        price=_price(fields),
        size=left,
        order_type=_style(fields),
        leverage=leverage(fields, "LEVERAGE"),
        stop_loss=_level(fields, "STOP_PRICE", below=order is Action.BUY),
        take_profit=_targets(fields, order),
        strategy=fields.text("TAG"),
        metadata=_metadata(fields),
    )
    fields.finish()
    return intent


def _lines(text: str) -> Fields:
    """The keys, upper case, and their values; a line that is no KEY=VALUE and a key that comes twice are named."""
    body: Object = {}
    fields = Fields(body)
    for place, line in enumerate(SEPARATOR.split(text)[:MAX_VALUES], start=1):
        key, equals, value = line.partition("=")
        name = key.strip().upper()
        if not line.strip():
            continue
        if not equals or not name:
            fields.wrong(f"line {place}", "NOT_KEY_VALUE", "KEY=VALUE", line.strip())
        elif name in body:
            fields.wrong(name, "DUPLICATE_KEY", "each key once")
        elif value.strip():
            body[name] = value.strip()
    return fields


def _leaving(wanted: Size | None) -> tuple[Action, Size | None]:
    """A part of what is free is, for an order that only closes, a part of the position."""
    if wanted and wanted.kind is not SizeKind.BASE:
        wanted = Size(SizeKind.PCT_POSITION, min(wanted.value, HUNDRED))
    return leaving(wanted)


def _volume(fields: Fields) -> Size | None:
    text = fields.text("VOLUME")
    found = VOLUME.fullmatch(text)
    kind = UNITS.get(found[2].lower()) if found else None
    if text and kind is None:
        fields.wrong("VOLUME", "NOT_A_SIZE", VOLUME_EXPECTED, text)
    if found is None or kind is None:
        return None
    part = Fields({"VOLUME": found[1]}, errors=fields.errors)
    value = part.decimal("VOLUME", above=Decimal(0), high=MOST_PCT.get(kind))
    return Size(kind, value) if value else None


def _style(fields: Fields) -> OrderStyle | None:
    return word(fields, "ORDER_TYPE", STYLES, {"stop": NO_STOP_ENTRY})


def _price(fields: Fields) -> Decimal | None:
    if RELATIVE.fullmatch(fields.text("PRICE")):
        fields.wrong("PRICE", "UNSUPPORTED_VALUE", "a price such as 60000", fields.text("PRICE"))
        return None
    return fields.decimal("PRICE", above=Decimal(0))


def _level(fields: Fields, name: str, *, below: bool, share_pct: Decimal = HUNDRED) -> Level | None:
    """A price, or a distance that must lie on the right side: a long's stop below, its target above."""
    found = RELATIVE.fullmatch(fields.text(name))
    if found is None:
        value = fields.decimal(name, above=Decimal(0))
        return Level(LevelKind.PRICE, value, share_pct) if value else None
    if (found[1] == "-") is not below:
        sign = "-" if below else ""
        fields.wrong(name, "OUT_OF_RANGE", PRICE_EXPECTED.format(sign=sign), found[0])
        return None
    part = Fields({name: found[2]}, errors=fields.errors)
    value = part.decimal(name, above=Decimal(0))
    return Level(LevelKind.PCT if found[3] == "%" else LevelKind.OFFSET, value, share_pct) if value else None


def _targets(fields: Fields, order: Action | None) -> tuple[Level, ...]:
    """Targets share the position evenly, or by their ratios when each has one."""
    prices = {found[2] or "": name for name in fields.body if (found := PROFIT.fullmatch(name)) and found[1] == "PRICE"}
    ratios = {found[2] or "": name for name in fields.body if (found := PROFIT.fullmatch(name)) and found[1] != "PRICE"}
    weights = _weights(fields, prices, ratios)
    parts = zip(prices.values(), weights, strict=False)
    levels = [_level(fields, name, below=order is Action.SELL, share_pct=share) for name, share in parts]
    return tuple(level for level in levels if level)


def _weights(fields: Fields, prices: dict[str, str], ratios: dict[str, str]) -> list[Decimal]:
    if not ratios:
        return shares([Decimal(1)] * len(prices))
    missing = [place for place in prices if place not in ratios] + [place for place in ratios if place not in prices]
    for place in missing:
        name = f"TAKE_PROFIT_VOLUME_RATIO_{place}".removesuffix("_")
        fields.wrong(name, "MISSING", "a ratio for each take profit, or none at all")
    values = [value for name in ratios.values() if (value := fields.decimal(name, above=Decimal(0)))]
    by_place = dict(zip(ratios, values, strict=False)) if len(values) == len(ratios) else {}
    return shares([by_place[place] for place in prices]) if by_place and not missing else []


def _metadata(fields: Fields) -> tuple[tuple[str, bool | str | Decimal], ...]:
    kept = fields.scalars(name for name in ("TRADING_TYPE",) if name in fields.body)
    known = FIELDS | {name for name in fields.body if PROFIT.fullmatch(name)}
    parameters = {name: "nothing: venue parameters are not passed on" for name in fields.body if name[:6] == "PARAM_"}
    return kept + leftovers(fields, known, {**parameters, **REFUSED})


FORMAT: Final = Format(
    name="octobot",
    endpoint="tradingview",
    required=(("SYMBOL",), ("SIGNAL",)),
    fields=FIELDS,
    secret_fields=frozenset({"TOKEN"}),
    detect=detect,
    parse=parse,
    secret_marks=(SecretMark(OWN_TOKEN),),
    resembles=re.compile(r"(?m)(?:^|;)[ \t]{0,9}[A-Z_]{2,40}[ \t]{0,9}="),
)
