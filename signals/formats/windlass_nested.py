"""Windlass's own alert, nested: `{tv, execution_intent, strategy_info, risk}`. Pure."""

from decimal import Decimal
from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, MarketPosition, Scalar, Size

from .base import SECRET, Common, Format, object_of
from .fields import MAX_ID, MAX_NAME, Body, Fields
from .standing import sized, standing
from .vendor import own_rest
from .windlass import REFUSED, SIZE_TYPES, TRADE

TYPES: Final = {
    "signal": None,
    "exit": Action.EXIT,
    "reduce": Action.REDUCE,
    "reverse": Action.REVERSE,
}
ORDERS: Final = {"buy": Action.BUY, "sell": Action.SELL}
# side names the position or the order that makes it; for an exit, the position that ends or the order that ends it.
ENTRY_SIDES: Final = {"buy": Action.BUY, "long": Action.BUY, "sell": Action.SELL, "short": Action.SELL}
EXIT_SIDES: Final = {
    "long": MarketPosition.LONG,
    "sell": MarketPosition.LONG,
    "short": MarketPosition.SHORT,
    "buy": MarketPosition.SHORT,
}
TOP: Final = frozenset(
    {
        "account",
        "conditions",
        "execution_intent",
        "id",
        "indicators",
        "risk",
        "secret",
        "strategy_info",
        "timestamp",
        "tv",
    }
)
TV: Final = frozenset(
    {"action", "close_price", "entry_price", "exchange", "market_position", "market_position_size", "order_size"}
    | {"prev_market_position", "prev_market_position_size", "symbol", "time", "timeframe"}
)
WANTED: Final = frozenset({"position_size_type", "precision_mode", "side", "type"})
STRATEGY: Final = frozenset({"alert_message", "alert_name", "trade_id"})
RISK: Final = frozenset({"max_slippage_percent", "stop_loss", "take_profit"})
PLACES: Final = "nothing here: how to trade stands in execution_intent, tv and risk"
NOT_AT_TOP: Final = dict.fromkeys((TRADE | REFUSED.keys()) - TOP, PLACES)
NOT_IN_TV: Final = dict.fromkeys((TRADE | REFUSED.keys()) - TV, PLACES)


def detect(body: Body) -> bool:
    """Known by `execution_intent`."""
    return isinstance(body, dict) and "execution_intent" in body


def parse(body: Body) -> Intent:
    """The intent of a nested alert. Raises FormatRefused naming every field that is wrong."""
    top = Fields(object_of(body))
    tv, wanted = top.inner("tv"), top.inner("execution_intent")
    shared, stop, target = _common(top, tv), *_levels(top.inner("risk"))
    (named, named_side), stood = _action(wanted, tv), standing(tv)
    action, side, part = sized(named, named_side, stood, _size(wanted, tv))
    intent = Intent(
        kind=IntentKind.TRADE,
        format="windlass_nested",
        action=action,
        side=side,
        price=_price(tv, entering=side is None),
        size=part,
        stop_loss=stop,
        take_profit=(target,) if target else (),
        max_slippage_pct=top.inner("risk").decimal("max_slippage_percent", low=Decimal(0), high=Decimal(10)),
        indicators=top.inner("indicators").numbers(),
        conditions=top.inner("conditions").scalars(),
        strategy=top.inner("strategy_info").text("alert_name"),
        message=top.inner("strategy_info").text("alert_message"),
        metadata=_metadata(top),
        **shared,
        **stood.told,
    )
    top.finish()
    return intent


def _common(top: Fields, tv: Fields) -> Common:
    top.text("secret")
    exchange, symbol = tv.symbol()
    return Common(
        exchange=exchange,
        symbol=symbol,
        timeframe_secs=tv.timeframe("timeframe"),
        sent_at=top.time("timestamp"),
        bar_time=tv.time("time"),
        client_id=top.text("id", limit=MAX_ID),
        account=top.text("account", limit=MAX_NAME),
    )


def _action(wanted: Fields, tv: Fields) -> tuple[Action | None, MarketPosition | None]:
    """What to do, and for anything but a fresh signal, to which side."""
    if not wanted.has("type"):
        wanted.wrong("type", "MISSING", "one of " + ", ".join(TYPES))
        return None, None
    kind, order = wanted.choice("type", TYPES), tv.choice("action", ORDERS)
    if kind is not None:
        return kind, wanted.choice("side", EXIT_SIDES)
    return _entry(wanted, tv, order), None


def _entry(wanted: Fields, tv: Fields, order: Action | None) -> Action | None:
    side = wanted.choice("side", ENTRY_SIDES)
    if side and order and side is not order:
        wanted.wrong("side", "CONFLICT", f"{order.value}, as tv.action says", side.value)
    if side is None and order is None:
        tv.wrong("action", "MISSING", "buy or sell, here or as execution_intent.side")
    return order or side


def _price(tv: Fields, *, entering: bool) -> Decimal | None:
    """The price the sender saw: an entry's own, an exit's close, or the other one when only that is there."""
    entry, close = tv.decimal("entry_price", above=Decimal(0)), tv.decimal("close_price", above=Decimal(0))
    first, second = (entry, close) if entering else (close, entry)
    return second if first is None else first


def _size(wanted: Fields, tv: Fields) -> Size | None:
    """The strategy's order size, only where position_size_type says in what it counts; else the source's own sizing."""
    unit = wanted.choice("position_size_type", SIZE_TYPES)
    value = tv.decimal("order_size", above=Decimal(0)) if unit else None
    if unit and not tv.has("order_size"):
        tv.wrong("order_size", "MISSING", "a number, since position_size_type is given")
    return Size(unit, value) if unit and value else None


def _levels(risk: Fields) -> tuple[Level | None, Level | None]:
    return risk.level("stop_loss"), risk.level("take_profit")


def _metadata(top: Fields) -> tuple[tuple[str, Scalar], ...]:
    """What the engine does not act on, kept for the page: ids, precision_mode (the venue's steps always rule), extras."""
    tv, wanted, about, risk = (top.inner(name) for name in ("tv", "execution_intent", "strategy_info", "risk"))
    kept = about.scalars(["trade_id"] if "trade_id" in about.body else [])
    kept += wanted.scalars(["precision_mode"] if "precision_mode" in wanted.body else [])
    if not wanted.has("position_size_type") and "order_size" in tv.body:
        kept += tv.scalars(["order_size"])
    return kept + own_rest(about, STRATEGY, {}) + own_rest(tv, TV, NOT_IN_TV) + _extras(top, wanted, risk)


def _extras(top: Fields, wanted: Fields, risk: Fields) -> tuple[tuple[str, Scalar], ...]:
    """Strangers among the instructions are refused, not kept: what says how to trade is obeyed or named."""
    for part, known in ((wanted, WANTED), (risk, RISK)):
        for name in part.body:
            if name not in known:
                part.wrong(name, "UNSUPPORTED_FIELD", "one of " + ", ".join(sorted(known)))
    return own_rest(top, TOP, NOT_AT_TOP)


FORMAT: Final = Format(
    name="windlass_nested",
    endpoint="tradingview",
    required=(("tv",), ("execution_intent",)),
    fields=TOP,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
    general=True,
)
