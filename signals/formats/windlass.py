"""Windlass's own alert, flat: `{symbol, action | indicators, …}`. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, MarketPosition, OrderStyle, SizeKind

from .base import COMMON, SECRET, Common, Format, common, object_of
from .fields import Body, Fields
from .standing import sized, standing
from .vendor import own_rest

ACTIONS: Final = {
    "buy": (Action.BUY, None),
    "sell": (Action.SELL, None),
    "exit": (Action.EXIT, None),
    "close": (Action.EXIT, None),
    "exit_long": (Action.EXIT, MarketPosition.LONG),
    "exit_short": (Action.EXIT, MarketPosition.SHORT),
    "close_long": (Action.EXIT, MarketPosition.LONG),
    "close_short": (Action.EXIT, MarketPosition.SHORT),
    "reduce": (Action.REDUCE, None),
    "reverse": (Action.REVERSE, None),
}
SIDES: Final = {"long": MarketPosition.LONG, "short": MarketPosition.SHORT}
STYLES: Final = {style.value: style for style in OrderStyle}
SIZE_TYPES: Final = {
    "base": SizeKind.BASE,
    "quote": SizeKind.QUOTE,
    "contracts": SizeKind.CONTRACTS,
    "percent_of_equity": SizeKind.PCT_EQUITY,
    "percent_of_free": SizeKind.PCT_FREE,
    "percent_of_position": SizeKind.PCT_POSITION,
    "risk_percent": SizeKind.RISK_PCT,
    "risk_quote": SizeKind.RISK_QUOTE,
}
BAR: Final = ("open", "high", "low", "close", "volume")
TRADE: Final = frozenset(
    {"action", "leverage", "market_position", "market_position_size", "max_slippage_pct", "order_type"}
    | {"prev_market_position", "prev_market_position_size", "side", "size", "size_type", "stop_loss", "take_profit"}
)
FIELDS: Final = COMMON | TRADE | {"conditions", "indicators", "message", "price", "strategy", *BAR}

# Instructions of other vendors that Windlass does not follow in its own format, and what to write instead.
NO_PRICE: Final = "the grid's own prices; leave it out"
OF_ACCOUNT: Final = "the account's own setting; leave it out"
REFUSED: Final = {
    **dict.fromkeys(("cancel_all", "cancelAll", "close_all", "closeAll"), "action exit, one alert for each symbol"),
    **dict.fromkeys(("entry", "entry_price"), "price"),
    **dict.fromkeys(("expires", "expiry", "timeInForce", "ttl"), "nothing: entries rest until filled or cancelled"),
    **dict.fromkeys(("limit", "limit_price", "limitPrice"), NO_PRICE),
    **dict.fromkeys(("hedge", "margin_mode", "margin_type", "marginMode", "marginType"), OF_ACCOUNT),
    **dict.fromkeys(("position", "position_side", "positionSide"), "market_position, or side with an exit"),
    **dict.fromkeys(("post_only", "postOnly"), "order_type limit"),
    **dict.fromkeys(("reduce_only", "reduceOnly"), "action exit or reduce"),
    **dict.fromkeys(("risk", "risk_percent", "riskPercent"), "size, such as 1% risk"),
    **dict.fromkeys(("trailing", "trailing_percent", "trailingStop"), OF_ACCOUNT),
    "amount": "size with size_type",
    "contracts": "size with size_type contracts",
    "max_slippage": "max_slippage_pct",
    "oco": "stop_loss; targets are set under Settings, exits",
    "position_size": "market_position_size",
    "prev_position_size": "prev_market_position_size",
    "qty": "size with size_type base",
    "quantity": "size with size_type base",
    "sl": "stop_loss",
    "stop": "stop_loss",
    "stop_price": "stop_loss",
    "time_in_force": "nothing: entries rest until they are filled or cancelled",
    "tp": "take_profit",
    "trailing_stop": OF_ACCOUNT,
}
SAYS_A_TRADE: Final = dict.fromkeys(("cmd", "command", "order", "order_action", "signal"), "action")
# Beside `indicators` alone nobody would see that it asked for a trade.


def detect(body: Body) -> bool:
    """Known by `indicators`, or by `action` and `symbol`."""
    return isinstance(body, dict) and ("indicators" in body or ("action" in body and "symbol" in body))


def parse(body: Body) -> Intent:
    """The intent of a flat alert. Raises FormatRefused naming every field that is wrong."""
    fields = Fields(object_of(body))
    shared = common(fields)
    trades = any(fields.has(name) for name in TRADE & fields.body.keys())
    intent = _trade(fields, shared) if trades else _values(fields, shared)
    fields.finish()
    return intent


def _values(fields: Fields, shared: Common) -> Intent:
    indicators = _indicators(fields)
    if not indicators and not fields.errors:
        fields.wrong("action", "MISSING", "an action, or indicators to store")
    return Intent(
        kind=IntentKind.VALUES,
        format="windlass",
        indicators=indicators,
        conditions=fields.inner("conditions").scalars(),
        price=_price(fields, indicators),
        strategy=fields.text("strategy"),
        message=fields.text("message"),
        metadata=own_rest(fields, FIELDS, {**REFUSED, **SAYS_A_TRADE}),
        **shared,
    )


def _trade(fields: Fields, shared: Common) -> Intent:
    named, of_action = fields.choice("action", ACTIONS, required=True) or (None, None)
    target, indicators = fields.level("take_profit"), _indicators(fields)
    stood, wanted = standing(fields), fields.size("size", SIZE_TYPES, "size_type")
    action, side, part = sized(named, _side(fields, of_action), stood, wanted)
    return Intent(
        kind=IntentKind.TRADE,
        format="windlass",
        action=action,
        side=side,
        price=_price(fields, indicators),
        size=part,
        order_type=fields.choice("order_type", STYLES),
        leverage=fields.decimal("leverage", low=Decimal(1), high=Decimal(125)),
        stop_loss=fields.level("stop_loss"),
        take_profit=(target,) if target else (),
        max_slippage_pct=fields.decimal("max_slippage_pct", low=Decimal(0), high=Decimal(10)),
        indicators=indicators,
        conditions=fields.inner("conditions").scalars(),
        strategy=fields.text("strategy"),
        message=fields.text("message"),
        metadata=own_rest(fields, FIELDS, REFUSED),
        **shared,
        **stood.told,
    )


def _side(fields: Fields, of_action: MarketPosition | None) -> MarketPosition | None:
    side = fields.choice("side", SIDES)
    if side and of_action and side is not of_action:
        fields.wrong("side", "CONFLICT", f"{of_action.value}, as the action says", side.value)
    return of_action or side


def _price(fields: Fields, indicators: tuple[tuple[str, Decimal], ...]) -> Decimal | None:
    """The alert's price: `price`, else the bar's close."""
    price = fields.decimal("price", above=Decimal(0))
    return dict(indicators).get("close") if price is None else price


def _indicators(fields: Fields) -> tuple[tuple[str, Decimal], ...]:
    """The named indicators; the bar's own numbers may also stand beside them."""
    named = fields.inner("indicators").numbers()
    taken = {name for name, _ in named}
    return named + fields.numbers(name for name in BAR if name not in taken)


FORMAT: Final = Format(
    name="windlass",
    endpoint="tradingview",
    required=(("symbol",), ("action", "indicators")),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
)
