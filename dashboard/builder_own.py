"""Our own formats' messages: the flat alert, the nested one, values, messages, opinions. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.builder_parts import Act, Cannot, Fields, Named, Size, SizeKind, as_json, entering, no_stop, pick, unit

UNITS: Mapping[SizeKind, str] = MappingProxyType(
    {
        SizeKind.BASE: "{} base",
        SizeKind.CONTRACTS: "{} contracts",
        SizeKind.PCT_EQUITY: "{}% equity",
        SizeKind.PCT_FREE: "{}% free",
        SizeKind.PCT_POSITION: "{}% position",
        SizeKind.QUOTE: "{} quote",
        SizeKind.RISK_PCT: "{}% risk",
        SizeKind.RISK_QUOTE: "{} risk",
    }
)
OWN = {
    Act.LONG: {"action": "buy", "market_position": "long"},
    Act.SHORT: {"action": "sell", "market_position": "short"},
    Act.REDUCE: {"action": "reduce"},
    Act.EXIT: {"action": "exit"},
    Act.EXIT_LONG: {"action": "exit_long"},
    Act.EXIT_SHORT: {"action": "exit_short"},
    Act.REVERSE: {"action": "reverse"},
}


def own_size(size: Size | None) -> str:
    """A size as our own format writes it; a currency stays its own."""
    if size is None:
        return ""
    shape = f"{{}} {size.currency}" if size.currency else UNITS[size.kind]
    return shape.format(format(size.value.normalize(), "f"))


def windlass(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """The flat alert: it can say everything."""
    asked = _strategy(named) if act is Act.STRATEGY else pick(act, OWN, "The flat alert")
    if act is Act.REDUCE and size is None:
        raise Cannot("Say how much: 50% position.", "size")
    fields = {"symbol": named.symbol, **asked, "interval": named("interval"), "timestamp": named("timenow")}
    stops = {"stop_loss": f"{entering(act, stop)}%"} if stop else {}
    return as_json({**fields, "price": named("close"), "size": own_size(size), **stops})


def _strategy(named: Named) -> Fields:
    return {
        "action": named("order_action"),
        "market_position": named("position"),
        "market_position_size": named("position_size"),
        "prev_market_position": named("prev_position"),
        "prev_market_position_size": named("prev_position_size"),
    }


NESTED_SIZES = {
    SizeKind.BASE: "base",
    SizeKind.CONTRACTS: "contracts",
    SizeKind.PCT_EQUITY: "percent_of_equity",
    SizeKind.PCT_FREE: "percent_of_free",
    SizeKind.PCT_POSITION: "percent_of_position",
    SizeKind.QUOTE: "quote",
    SizeKind.RISK_PCT: "risk_percent",
    SizeKind.RISK_QUOTE: "risk_quote",
}
NESTED = {
    Act.STRATEGY: {"type": "signal"},
    Act.LONG: {"type": "signal", "side": "long"},
    Act.SHORT: {"type": "signal", "side": "short"},
    Act.REDUCE: {"type": "reduce"},
    Act.EXIT: {"type": "exit"},
    Act.EXIT_LONG: {"type": "exit", "side": "long"},
    Act.EXIT_SHORT: {"type": "exit", "side": "short"},
    Act.REVERSE: {"type": "reverse"},
}


def windlass_nested(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """tv, execution_intent, risk."""
    kind, amount = unit(size, NESTED_SIZES, "The nested alert")
    if act is Act.REDUCE and size is None:
        raise Cannot("Say how much: 50% position.", "size")
    own = {"exchange": named("exchange"), "symbol": named("ticker"), "timeframe": named("interval")}
    said = {**own, "action": named("order_action"), **_positions(named)} if act is Act.STRATEGY else own
    leaves = act in (Act.EXIT, Act.EXIT_LONG, Act.EXIT_SHORT, Act.REDUCE)
    prices = {"close_price": named("close")} if leaves else {"entry_price": named("close")}
    intent = {**pick(act, NESTED, "The nested alert"), "position_size_type": kind}
    return as_json(
        {
            "timestamp": named("timenow"),
            "tv": {**said, **prices, **({"order_size": amount} if amount else {})},
            "execution_intent": {name: value for name, value in intent.items() if value},
            "risk": {"stop_loss": f"{entering(act, stop)}%"} if stop else {},
        }
    )


def _positions(named: Named) -> Fields:
    return {name: value for name, value in _strategy(named).items() if name != "action"}


def indicators(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A time series of values."""
    pick(act, {Act.VALUES: ""}, "The endpoint for values")
    values = {"close": named("close")}  # the script's own plots are its author's to add
    fields = {"symbol": named("ticker"), "timeframe": named("interval"), "indicators": values}
    return as_json({**fields, "timestamp": named("timenow")})


def windlass_values(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """The bare body of a Pine script."""
    pick(act, {Act.VALUES: ""}, "A body of values")
    return as_json({"symbol": named("ticker"), "close": named("close")})


def alerts(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """A message for people."""
    pick(act, {Act.NOTICE: ""}, "The endpoint for messages")
    words = f"{named('ticker')} is at {named('close')}"
    return as_json({"type": "price", "symbol": named("ticker"), "message": words, "severity": "info"})


def signals(act: Act, named: Named, size: Size | None, stop: str) -> str:
    """The opinion of a model."""
    table = {Act.LONG: "long", Act.SHORT: "short", Act.EXIT: "exit", Act.VALUES: "neutral"}
    direction = pick(act, table, "The endpoint for opinions")
    _nothing_more(size, stop, "The endpoint for opinions")
    return as_json({"source": "my-model", "symbol": named("ticker"), "direction": direction, "confidence": 0.8})


def _nothing_more(size: Size | None, stop: str, who: str) -> None:
    unit(size, {}, who)
    no_stop(stop, who)
