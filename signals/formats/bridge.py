"""The MQTT bridge's hyphenated names: `{key, data{strategy-order-action, sl-offset, heartbeat, …}}`. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind, Level, LevelKind, Scalar, SizeKind

from .base import Format, object_of
from .fields import Body, Fields, Object
from .standing import sized, standing
from .vendor import ORDERS, asks_nothing, leftovers, price, reader, size

SECRET: Final = frozenset({"key", "secret"})
FIELDS: Final = frozenset(
    {"exchange", "heartbeat", "interval", "sl_offset", "strategy_id", "strategy_market_position"}
    | {"strategy_market_position_size", "strategy_order_action", "strategy_order_contracts", "strategy_order_price"}
    | {"strategy_prev_market_position", "strategy_prev_market_position_size", "ticker", "time", "timenow", "tp_offset"}
)


def detect(body: Body) -> bool:
    """Known by an object `data` with `strategy-order-action` or `heartbeat`."""
    data = body.get("data") if isinstance(body, dict) else None
    return isinstance(data, dict) and any(_plain(name) in ("strategy_order_action", "heartbeat") for name in data)


def parse(body: Body) -> Intent:
    """The intent; a heartbeat is a notice. Offsets are distances from the entry in quote."""
    top = reader(object_of(body))
    for name in SECRET:
        top.text(name)
    data = _data(top)
    metadata = leftovers(data, FIELDS, {}) + leftovers(top, SECRET | {"data"}, {})
    beats = not asks_nothing(data.body.get("heartbeat"))
    intent = _heartbeat(data, metadata) if beats else _trade(data, metadata)
    top.finish()
    return intent


def _plain(name: str) -> str:
    return name.replace("-", "_").lower()


def _data(top: Fields) -> Fields:
    """The data under plain names; two spellings of one name are refused."""
    inner = top.inner("data")
    plain: Object = {}
    for name, value in inner.body.items():
        if _plain(name) in plain:
            inner.wrong(name, "DUPLICATE_KEY", "each field once, however it is spelled")
        plain[_plain(name)] = value
    return Fields(plain, inner.path, inner.errors)


def _heartbeat(data: Fields, metadata: tuple[tuple[str, Scalar], ...]) -> Intent:
    return Intent(
        kind=IntentKind.NOTICE,
        format="bridge",
        symbol=data.symbol("ticker")[1] if data.has("ticker") else "",
        strategy=data.text("strategy_id"),
        sent_at=data.time("timenow"),
        severity="info",
        message="heartbeat",
        metadata=metadata,
    )


def _trade(data: Fields, metadata: tuple[tuple[str, Scalar], ...]) -> Intent:
    exchange, symbol = data.symbol("ticker")
    stood, ordered = standing(data, "strategy_"), data.choice("strategy_order_action", ORDERS, required=True)
    action, side, wanted = sized(ordered, None, stood, size(data, "strategy_order_contracts", SizeKind.BASE))
    return Intent(
        kind=IntentKind.TRADE,
        format="bridge",
        exchange=exchange,
        symbol=symbol,
        action=action,
        side=side,
        timeframe_secs=data.timeframe("interval"),
        price=price(data, "strategy_order_price"),
        sent_at=data.time("timenow"),
        bar_time=data.time("time"),
        size=wanted,
        stop_loss=_offset(data, "sl_offset"),
        take_profit=tuple(level for level in [_offset(data, "tp_offset")] if level),
        strategy=data.text("strategy_id"),
        metadata=metadata,
        **stood.told,
    )


def _offset(data: Fields, name: str) -> Level | None:
    value = None if asks_nothing(data.body.get(name)) else price(data, name)
    return None if value is None else Level(LevelKind.OFFSET, value)


FORMAT: Final = Format(
    name="bridge",
    endpoint="tradingview",
    required=(("data",),),
    fields=frozenset({"data", "key"}),
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
)
