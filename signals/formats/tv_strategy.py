"""TradingView's strategy placeholders in an object: `{ticker | symbol, strategy{order_action, …}, bar{…}}`. Pure."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, SizeKind

from .base import Format, object_of
from .fields import Body, Fields
from .standing import Standing, sized, standing
from .vendor import ORDERS, leftovers, price, reader, refuse_unknown, size

SECRET: Final = frozenset({"passphrase", "secret"})
FIELDS: Final = SECRET | {
    "action",
    "bar",
    "bar_time",
    "event_id",
    "exchange",
    "interval",
    "message",
    "price",
    "strategy",
    "symbol",
    "ticker",
    "time",
    "timenow",
    "timestamp",
    "trigger_time",
}
STRATEGY: Final = frozenset(
    {"action", "contracts", "market_position", "market_position_size", "order_action", "order_alert_message"}
    | {"order_comment", "order_contracts", "order_id", "order_price", "position_size", "prev_market_position"}
    | {"prev_market_position_size"}
)
NOTED: Final = ("order_id", "order_comment", "order_alert_message", "position_size")
BAR: Final = ("open", "high", "low", "close", "volume")


def detect(body: Body) -> bool:
    """Known by an object `strategy` beside `ticker` or `symbol`."""
    return isinstance(body, dict) and isinstance(body.get("strategy"), dict) and ("ticker" in body or "symbol" in body)


def parse(body: Body) -> Intent:
    """The intent. `time` and `trigger_time` are {{timenow}}; `bar.time` and `bar_time` are the bar's open."""
    fields = reader(object_of(body))
    for name in SECRET:
        fields.text(name)
    strategy, bar = fields.inner("strategy"), fields.inner("bar")
    refuse_unknown(strategy, STRATEGY)
    stood = _standing(strategy)
    wanted = size(strategy, "order_contracts" if strategy.has("order_contracts") else "contracts", SizeKind.BASE)
    action, side, wanted = sized(_action(fields, strategy), None, stood, wanted)
    exchange, symbol = fields.symbol("symbol" if fields.has("symbol") else "ticker")
    intent = Intent(
        kind=IntentKind.TRADE,
        format="tv_strategy",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=side,
        timeframe_secs=fields.timeframe("interval"),
        price=_price(fields, strategy, bar),
        sent_at=fields.time("timenow", "trigger_time", "timestamp", "time"),
        bar_time=fields.time("bar_time") or bar.time("time"),
        size=wanted,
        indicators=bar.numbers(BAR),
        message=fields.text("message"),
        metadata=_metadata(fields, strategy),
        **stood.told,
    )
    fields.finish()
    return intent


def _standing(strategy: Fields) -> Standing:
    """Where it stands; `position_size` is the same number as `market_position_size`, signed."""
    stood, signed = standing(strategy), strategy.decimal("position_size")
    return stood if stood.size is not None else replace(stood, size=signed)


def _action(fields: Fields, strategy: Fields) -> Action | None:
    """Buy or sell, wherever it is written; twice must be the same."""
    places = ((strategy, "order_action"), (strategy, "action"), (fields, "action"))
    given = [(part, name, part.choice(name, ORDERS)) for part, name in places if part.has(name)]
    if not given:
        strategy.wrong("order_action", "MISSING", "buy or sell, here or as action")
    for part, name, action in given[1:]:
        if action and given[0][2] and action is not given[0][2]:
            part.wrong(name, "CONFLICT", f"{given[0][2].value}, as before", action.value)
    return given[0][2] if given else None


def _price(fields: Fields, strategy: Fields, bar: Fields) -> Decimal | None:
    """The order's own price, else the alert's, else the bar's close."""
    found = (price(strategy, "order_price"), price(fields, "price"), price(bar, "close"))
    return next((value for value in found if value is not None), None)


def _metadata(fields: Fields, strategy: Fields) -> tuple[tuple[str, bool | str | Decimal], ...]:
    kept = strategy.scalars(name for name in NOTED if name in strategy.body)
    noted = fields.scalars(name for name in ("event_id",) if name in fields.body)
    return kept + noted + leftovers(fields, FIELDS, {})


FORMAT: Final = Format(
    name="tv_strategy",
    endpoint="tradingview",
    required=(("strategy",), ("ticker", "symbol")),
    fields=FIELDS - {"action", "symbol", "ticker", "price"} | {"ticker"},
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
)
