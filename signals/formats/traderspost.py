"""TradersPost: `{ticker, action, sentiment, quantity, quantityType, takeProfit, stopLoss, …}`. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind

from .base import Format, object_of
from .fields import Body, Fields, Object
from .vendor import (
    FLAT,
    LONG,
    NO_CANCEL,
    NO_EXPIRY,
    NO_STOP_ENTRY,
    NO_TEST,
    OWN_BREAKEVEN,
    OWN_TRAILING,
    SHORT,
    asks_nothing,
    at_market,
    leaving,
    leftovers,
    level_of,
    price,
    reader,
    refuse_unknown,
    size,
    style,
    trimming,
    word,
)

FIELDS: Final = frozenset(
    {"action", "exchange", "extras", "interval", "limitPrice", "orderType", "price", "quantity", "quantityType"}
    | {"secret", "sentiment", "signalPrice", "stopLoss", "takeProfit", "ticker", "time", "timeInForce"}
)
ACTIONS: Final = {"buy": Action.BUY, "sell": Action.SELL, "exit": Action.EXIT, "add": None}
ACTIONS_REFUSED: Final = {"cancel": NO_CANCEL, "breakeven": OWN_BREAKEVEN}
SENTIMENTS: Final = {"bullish": LONG, "long": LONG, "bearish": SHORT, "short": SHORT, "flat": FLAT}
# Without a sentiment a buy closes a short and then enters; so does a sell with a long.
STANDS: Final = {Action.BUY: LONG, Action.SELL: SHORT}
QUANTITIES: Final = {
    "fixed_quantity": SizeKind.BASE,
    "dollar_amount": SizeKind.QUOTE,
    "risk_dollar_amount": SizeKind.RISK_QUOTE,
    "risk_percent": SizeKind.RISK_PCT,
    "percent_of_equity": SizeKind.PCT_EQUITY,
    "percent_of_position": SizeKind.PCT_POSITION,
}
TARGETS: Final = {"limitPrice": LevelKind.PRICE, "percent": LevelKind.PCT, "amount": LevelKind.OFFSET}
STOPS: Final = {"stopPrice": LevelKind.PRICE, "percent": LevelKind.PCT, "amount": LevelKind.OFFSET}
STOP_TYPES_REFUSED: Final = {
    "stop_limit": "stop: a stop that may stay unfilled protects nobody",
    "trailing_stop": OWN_TRAILING,
}
STOP_REFUSED: Final = {"trailAmount": OWN_TRAILING, "trailPercent": OWN_TRAILING, "limitPrice": "stopPrice"}
NO_OPTIONS: Final = "nothing: options are not traded here"
REFUSED: Final = {
    "breakevenOffset": OWN_BREAKEVEN,
    "cancel": "nothing: resting orders of an open group stay until it closes",
    "delay": "0: an alert is decided when it arrives",
    "expiration": NO_OPTIONS,
    "intrinsicValue": NO_OPTIONS,
    "marketPriceType": "limitPrice, or nothing",
    "optionType": NO_OPTIONS,
    "stopPrice": NO_STOP_ENTRY,
    "strikeCount": NO_OPTIONS,
    "strikePrice": NO_OPTIONS,
    "strikesAway": NO_OPTIONS,
    "test": NO_TEST,
    "trailAmount": NO_STOP_ENTRY,
    "trailPercent": NO_STOP_ENTRY,
}


def detect(body: Body) -> bool:
    """Known by `ticker` and `action`, without another platform's marks."""
    return isinstance(body, dict) and "ticker" in body and "action" in body and not _is_foreign(body)


def _is_foreign(body: Object) -> bool:
    if OTHERS & body.keys() or isinstance(body.get("strategy"), dict):
        return True
    return any(name.lower().replace("_", "").replace("-", "") in PLAIN for name in body.keys() - FIELDS)


OTHERS: Final = frozenset(
    {"api_secret", "bot_uuid", "execution_intent", "indicators", "order_action", "signalToken"}
) | {
    "email_token",
    "platform_name",
    "symbol",
}
PLAIN: Final = frozenset(
    {
        "account",
        "amount",
        "contracts",
        "id",
        "leverage",
        "marketposition",
        "marketpositionsize",
        "order",
        "ordercontracts",
    }
    | {"ordertype", "positionside", "positionsize", "prevmarketposition", "prevmarketpositionsize", "prevpositionsize"}
    | {"qty", "reduceonly", "side", "size", "sl", "stoploss", "takeprofit", "timenow", "timestamp", "tp"}
)
# Names, in small letters and without _ and -, that a chart's own script uses beside `ticker` and `action`. TradersPost
# knows none of them: a body that says how to trade by them is no message of its own.


def parse(body: Body) -> Intent:
    """The intent. `time` is {{timenow}} in its templates; what it does not know and could be an order is refused."""
    fields = reader(object_of(body))
    fields.text("secret")
    exchange, symbol = fields.symbol("ticker")
    named = word(fields, "action", ACTIONS, ACTIONS_REFUSED, required=True)
    sentiment, ordered = fields.choice("sentiment", SENTIMENTS), style(fields, "orderType")
    action, trimmed, wanted = trimming(named, sentiment, _size(fields))
    if named is Action.EXIT:
        action, wanted = leaving(wanted)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="traderspost",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=trimmed,
        market_position=_stands(named, sentiment) if trimmed is None else sentiment,
        adds_only=_says(fields, "action", "add"),
        timeframe_secs=fields.timeframe("interval"),
        price=_price(fields, ordered, exits=action in (Action.EXIT, Action.REDUCE)),
        sent_at=fields.time("time"),
        size=wanted,
        order_type=ordered,
        stop_loss=_stop(fields.inner("stopLoss")),
        take_profit=_targets(fields.inner("takeProfit")),
        metadata=_metadata(fields),
    )
    fields.finish()
    return intent


def _says(fields: Fields, name: str, text: str) -> bool:
    value = fields.body.get(name)
    return isinstance(value, str) and value.strip().lower() == text


def _stands(action: Action | None, sentiment: MarketPosition | None) -> MarketPosition | None:
    return STANDS.get(action) if sentiment is None and action else sentiment


def _size(fields: Fields) -> Size | None:
    kind = fields.choice("quantityType", QUANTITIES) if fields.has("quantityType") else SizeKind.BASE
    return size(fields, "quantity", kind)


def _price(fields: Fields, ordered: OrderStyle | None, *, exits: bool) -> Decimal | None:
    """A limit order's own price, else the price that the chart saw."""
    if exits:
        at_market(fields, "limitPrice")
    elif fields.has("limitPrice") and ordered is not OrderStyle.LIMIT:
        fields.wrong("limitPrice", "CONFLICT", "orderType limit with it")
    return price(fields, "limitPrice", "signalPrice", "price")


def _targets(profit: Fields) -> tuple[Level, ...]:
    refuse_unknown(profit, frozenset(TARGETS))
    target = level_of(profit, TARGETS)
    return (target,) if target else ()


def _stop(stop: Fields) -> Level | None:
    refuse_unknown(stop, frozenset(STOPS) | {"type"}, STOP_REFUSED)
    word(stop, "type", {"stop": True}, STOP_TYPES_REFUSED)
    return level_of(stop, STOPS)


def _metadata(fields: Fields) -> tuple[tuple[str, bool | str | Decimal], ...]:
    if not asks_nothing(fields.body.get("timeInForce")):
        word(fields, "timeInForce", {"gtc": True}, dict.fromkeys(("day", "ioc", "fok", "opg", "cls"), NO_EXPIRY))
    extras = fields.inner("extras").scalars() if fields.has("extras") else ()
    return extras + leftovers(fields, FIELDS, REFUSED)


FORMAT: Final = Format(
    name="traderspost",
    endpoint="tradingview",
    required=(("ticker",), ("action",)),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=frozenset({"secret"}),
    detect=detect,
    parse=parse,
)
