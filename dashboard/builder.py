"""The alert builder: what somebody wants, in any format that Windlass reads, as TradingView would send it. Pure.

Every message is a template with TradingView's placeholders; what it becomes is read by the real parser (`tried`), so
the page never offers a text that the door would refuse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from dashboard.builder_formats import COMPOSERS
from dashboard.builder_parts import Act, Cannot, Compose, Named, Size
from signals import formats
from signals.formats import BY_NAME, FormatRefused
from signals.formats.sizes import size_from_text
from signals.intent import Intent
from signals.strict_json import JsonRefused

ACT_WORDS: Mapping[Act, str] = MappingProxyType(
    {
        Act.STRATEGY: "Whatever the strategy does (one alert for all its orders)",
        Act.LONG: "Enter long",
        Act.SHORT: "Enter short",
        Act.ADD: "Add to what is open",
        Act.REDUCE: "Reduce what is open",
        Act.EXIT: "Exit",
        Act.EXIT_LONG: "Exit the long side",
        Act.EXIT_SHORT: "Exit the short side",
        Act.REVERSE: "Reverse",
        Act.VALUES: "Send values, no trade",
        Act.NOTICE: "Send a message, no trade",
    }
)
PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "exchange": "{{exchange}}",
        "ticker": "{{ticker}}",
        "base": "{{syminfo.basecurrency}}",
        "quote": "{{syminfo.currency}}",
        "interval": "{{interval}}",
        "close": "{{close}}",
        "open": "{{open}}",
        "high": "{{high}}",
        "low": "{{low}}",
        "timenow": "{{timenow}}",
        "time": "{{time}}",
        "order_action": "{{strategy.order.action}}",
        "order_id": "{{strategy.order.id}}",
        "order_price": "{{strategy.order.price}}",
        "contracts": "{{strategy.order.contracts}}",
        "position": "{{strategy.market_position}}",
        "position_size": "{{strategy.market_position_size}}",
        "prev_position": "{{strategy.prev_market_position}}",
        "prev_position_size": "{{strategy.prev_market_position_size}}",
    }
)
EXITS = frozenset({Act.EXIT, Act.EXIT_LONG, Act.EXIT_SHORT})
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "windlass": "Windlass (says everything)",
        "windlass_nested": "Windlass, nested",
        "threecommas_strategy": "3Commas signal bot, strategy",
        "threecommas_custom": "3Commas signal bot, custom",
        "threecommas_dca": "3Commas DCA bot",
        "alertatron": "Alertatron",
        "algoway": "AlgoWay",
        "altrady": "Altrady",
        "cornix": "Cornix",
        "finandy": "Finandy",
        "freqtrade": "freqtrade, forceenter",
        "octobot": "OctoBot",
        "okx": "OKX signal bot",
        "pineconnector": "PineConnector",
        "traderspost": "TradersPost",
        "wundertrading": "WunderTrading",
        "tv_strategy": "Strategy placeholders in objects",
        "bridge": "Hyphenated names under data",
        "generic": "Plain words, flat",
        "csv_line": "One line of values",
        "alerts": "A message for people (/webhooks/alerts)",
        "indicators": "Values (/webhooks/indicators)",
        "signals": "A model's opinion (/webhooks/signals)",
        "windlass_values": "Values, bare",
    }
)
FIRST = "windlass"
QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "DAI", "EUR", "USD", "BTC", "ETH")
MAX_FIELD = 60
BREAKING = frozenset("\"'\\{}")
# A field stands inside a text of a message, JSON or not.


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to send; symbol and price are what a test uses in place of the chart's."""

    format: str = FIRST
    act: Act = Act.STRATEGY
    exchange: str = "BINANCE"
    symbol: str = "BTCUSDT"
    interval: str = "15"
    price: str = "60000"
    size: str = ""
    stop_pct: str = ""
    fixed: bool = False  # the pair and timeframe typed here instead of the chart's
    on_paper: bool = False  # our own flat message names no price there: recorded prices are not the chart's


@dataclass(frozen=True, slots=True)
class Built:
    """A message: as it is copied, as it would arrive, and what the parser reads in it, or why it is refused."""

    template: str = ""
    arrives: str = ""
    intent: Intent | None = None
    problem: str = ""
    field: str = ""


def build(wish: Wish, *, now: datetime) -> Built:
    """The message of a wish, read as the door would read it."""
    try:
        _plain(wish)
        _sized(wish)
        named = _named(wish)
        template = _composer(wish)(wish.act, named, _size(wish.size), _stop(wish.stop_pct))
    except Cannot as error:
        return Built(problem=str(error), field=error.field)
    arrives = rendered(template, wish, now=now)
    intent, problem = tried(arrives, wish.format)
    return Built(template, arrives, intent, problem)


def _plain(wish: Wish) -> None:
    """Raises Cannot for what would end a text of the message and begin another field."""
    for name in ("exchange", "symbol", "interval", "price"):
        if any(char in BREAKING or not char.isprintable() for char in getattr(wish, name)):
            raise Cannot("Write it in one line, without quotes, backslashes and braces.", name)


def _sized(wish: Wish) -> None:
    """Raises Cannot for a size where everything is closed."""
    if wish.size and wish.act in EXITS:
        raise Cannot("An exit closes everything: leave the size empty, or choose Reduce.", "size")


def _composer(wish: Wish) -> Compose:
    if wish.format not in COMPOSERS:
        raise Cannot(f"There is no format {wish.format[:30]}.", "format")
    return COMPOSERS[wish.format]


def _named(wish: Wish) -> Named:
    """TradingView's placeholders by name; with `fixed` the pair and the timeframe as they were typed."""
    unpriced = {"close": ""} if wish.on_paper and wish.format == FIRST else {}
    if not wish.fixed:
        return Named({**PLACEHOLDERS, **unpriced})
    base, quote = currencies(wish.symbol)
    fixed = {"exchange": wish.exchange, "ticker": wish.symbol, "interval": wish.interval, "base": base, "quote": quote}
    return Named({**PLACEHOLDERS, **unpriced, **fixed})


def currencies(symbol: str) -> tuple[str, str]:
    """What a pair's two currencies are by the look of it, for formats that write them apart; the engine asks the venue."""
    base, slash, quote = symbol.partition("/")
    if slash:
        return base, quote.partition(":")[0]
    plain = symbol.upper().removesuffix(".P")
    known = next((name for name in QUOTES if plain.endswith(name) and plain != name), "")
    return (plain.removesuffix(known), known) if known else (plain, "USDT")


def _size(text: str) -> Size | None:
    """A size with its unit. Raises Cannot."""
    if not text:
        return None
    found = size_from_text(text)
    if found is None:
        raise Cannot(
            "Write a size with its unit: 100 USDT, 1% equity, 25% free, 50% position, 1% risk, 0.5 base.", "size"
        )
    return found


def _stop(text: str) -> str:
    """A stop's distance in percent, as text. Raises Cannot."""
    if not text:
        return ""
    try:
        value = Decimal(text.removesuffix("%").strip())
    except ArithmeticError:
        value = Decimal("NaN")
    if not (value.is_finite() and 0 < value < 100):
        raise Cannot("A stop's distance is a percentage above 0 and below 100, as 2.", "stop_pct")
    return format(value.normalize(), "f")


# as TradingView would send it --------------------------------------------------------------------


def rendered(template: str, wish: Wish, *, now: datetime) -> str:
    """The template with a bar's values in place of the placeholders: an order of a strategy that buys."""
    base, quote = currencies(wish.symbol)
    values = {
        "base": base, "quote": quote,
        "exchange": wish.exchange, "ticker": wish.symbol, "interval": wish.interval, "close": wish.price,
        "open": wish.price, "high": wish.price, "low": wish.price, "timenow": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "time": f"{now:%Y-%m-%dT%H:%M:00Z}", "order_action": "buy", "order_id": "Long", "order_price": wish.price,
        "contracts": "0.01", "position": "long", "position_size": "0.01", "prev_position": "flat",
        "prev_position_size": "0",
    }  # fmt: skip
    for name, placeholder in PLACEHOLDERS.items():
        template = template.replace(placeholder, values[name])
    return template


def tried(text: str, format_name: str) -> tuple[Intent | None, str]:
    """What the real parser reads in a text, or its refusal; another format than the chosen one is a refusal too."""
    endpoint = BY_NAME[format_name].endpoint
    try:
        body = formats.read(text)
        chosen = formats.choose(body, endpoint=endpoint, by_token=True)
        intent = formats.parse(body, chosen)
    except (FormatRefused, JsonRefused) as refused:
        return None, refused.message
    if chosen.name != format_name:
        return None, f"This text is read as {chosen.name}, not as {format_name}: choose that format."
    return intent, ""


def acts_of(format_name: str) -> list[Act]:
    """What a format can say, in the order of the list."""
    return [act for act in Act if says(format_name, act)]


def says(format_name: str, act: Act) -> bool:
    """Whether a format can say something; a reduction is asked for with a size, for most cannot be without."""
    try:
        COMPOSERS[format_name](act, Named(PLACEHOLDERS), _size("50% position") if act is Act.REDUCE else None, "")
    except Cannot as error:
        return error.field in ("size", "stop_pct")
    return True
