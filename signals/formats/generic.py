"""A flat body in plain words: `{symbol | ticker | pair, side | order, qty?, price?, type?, …}`. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, MarketPosition, OrderStyle, Size, SizeKind

from .base import Format, object_of
from .fields import MAX_NAME, Body, Fields, Object
from .standing import Standing, sized
from .traderspost import SENTIMENTS
from .vendor import LONG, POSITIONS, SHORT, leftovers, leverage, price, reader, style

SECRET: Final = frozenset({"key", "passphrase", "secret", "token"})
SYMBOLS: Final = ("symbol", "ticker", "pair", "instrument")
SIDES: Final = ("action", "side", "order", "order_action", "signal")
STYLES: Final = ("order_type", "orderType", "type")
QUANTITIES: Final = ("qty", "quantity", "contracts")
TEXTS: Final = ("size", "amount")
STANDS: Final = ("market_position", "sentiment")
POSITION: Final = ("market_position_size", "position_size")
BEFORE: Final = ("prev_market_position_size", "prev_position_size")
STOPS: Final = ("stop_loss", "stopLoss", "sl")
TARGETS: Final = ("take_profit", "takeProfit", "tp")
OTHERS: Final = frozenset(
    {"account", "bar_time", "close", "comment", "exchange", "interval", "leverage", "message", "price"}
    | {"prev_market_position", "signalPrice", "strategy", "time", "timeframe", "timenow", "timestamp"}
)
NAMES: Final = (SYMBOLS, SIDES, STYLES, QUANTITIES, TEXTS, STANDS, POSITION, BEFORE, STOPS, TARGETS)
FIELDS: Final = SECRET | OTHERS | {name for names in NAMES for name in names}
ACTIONS: Final = {
    "buy": (Action.BUY, None),
    "sell": (Action.SELL, None),
    "long": (Action.BUY, LONG),
    "short": (Action.SELL, SHORT),
    "close": (Action.EXIT, None),
    "exit": (Action.EXIT, None),
    "flat": (Action.EXIT, None),
    "close_long": (Action.EXIT, LONG),
    "exit_long": (Action.EXIT, LONG),
    "close_short": (Action.EXIT, SHORT),
    "exit_short": (Action.EXIT, SHORT),
}
REFUSED: Final = {
    "limit_price": "price with order_type limit",
    "positionSide": "market_position",
    "position_side": "market_position",
    "post_only": "order_type limit",
    "reduceOnly": "side close",
    "reduce_only": "side close",
    "stop_price": "stop_loss",
    "time_in_force": "nothing: entries rest until they are filled or cancelled",
    "trailing_stop": "nothing: trailing is set under Settings, exits",
}


def detect(body: Body) -> bool:
    """Known by a symbol and a side, under any of their usual names; `action` is such a side beside `ticker` only."""
    if not isinstance(body, dict) or "direction" in body:
        return False
    if "action" in body and ("symbol" in body or "ticker" not in body):
        return False
    return _has(body, SYMBOLS, SIDES)


def _has(body: Object, *choices: tuple[str, ...]) -> bool:
    return all(any(isinstance(body.get(name), str) for name in names) for names in choices)


def parse(body: Body) -> Intent:
    """The intent. long and short enter that side after closing the other; buy and sell leave that to the settings."""
    fields = reader(object_of(body))
    for name in SECRET:
        fields.text(name)
    exchange, symbol = fields.symbol(_one(fields, SYMBOLS) or "symbol")
    named, side = fields.choice(_one(fields, SIDES) or "side", ACTIONS, required=True) or (None, None)
    leaves = named is Action.EXIT
    stood = _standing(fields, None if leaves else side)
    action, against, wanted = sized(named, side if leaves else None, stood, _size(fields))
    target = fields.level(_one(fields, TARGETS) or "take_profit")
    intent = Intent(
        kind=IntentKind.TRADE,
        format="generic",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=against,
        timeframe_secs=fields.timeframe("interval", "timeframe"),
        price=price(fields, "price", "signalPrice", "close"),
        sent_at=fields.time("timestamp", "timenow"),
        bar_time=fields.time("bar_time", "time"),
        account=fields.text("account", limit=MAX_NAME),
        size=wanted,
        order_type=_style(fields),
        leverage=leverage(fields),
        stop_loss=fields.level(_one(fields, STOPS) or "stop_loss"),
        take_profit=(target,) if target else (),
        strategy=fields.text("strategy"),
        message=fields.text("message") or fields.text("comment"),
        metadata=leftovers(fields, FIELDS, REFUSED),
        **stood.told,
    )
    fields.finish()
    return intent


def _one(fields: Fields, names: tuple[str, ...]) -> str:
    """The one of these names that is there; two of them are a guess."""
    given = [name for name in names if fields.has(name)]
    for name in given[1:]:
        fields.wrong(name, "CONFLICT", f"one of {', '.join(given)}")
    return given[0] if given else ""


def _standing(fields: Fields, entered: MarketPosition | None) -> Standing:
    """Where the strategy stands, in the chart's words or in TradersPost's; else on the side that is entered."""
    name = _one(fields, STANDS) or "market_position"
    return Standing(
        stands=fields.choice(name, SENTIMENTS if name == "sentiment" else POSITIONS) or entered,
        before=fields.choice("prev_market_position", POSITIONS),
        size=fields.decimal(_one(fields, POSITION) or "position_size"),
        size_before=fields.decimal(_one(fields, BEFORE) or "prev_position_size"),
    )


def _style(fields: Fields) -> OrderStyle | None:
    name = _one(fields, STYLES)
    return style(fields, name) if name else None


def _size(fields: Fields) -> Size | None:
    """A quantity counts in base; a size or an amount must say in what."""
    name = _one(fields, (*QUANTITIES, *TEXTS))
    if name in TEXTS:
        return fields.size(name, {}, "")
    value = fields.decimal(name, above=Decimal(0)) if name else None
    return Size(SizeKind.CONTRACTS if name == "contracts" else SizeKind.BASE, value) if value else None


FORMAT: Final = Format(
    name="generic",
    endpoint="tradingview",
    required=(SYMBOLS, SIDES),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
)
