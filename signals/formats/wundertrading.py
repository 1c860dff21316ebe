"""WunderTrading: a code that says everything, `ENTER-LONG_EXCHANGE_PAIR_bot_15M_token`, bare or in JSON. Pure."""

import re
from decimal import Decimal
from typing import Final

from signals import timeframes
from signals.intent import Action, Intent, IntentKind, Level, LevelKind, Size, SizeKind

from .base import Format, SecretMark
from .fields import SYMBOL_EXPECTED, SYMBOL_SHAPE, Body, Fields
from .vendor import (
    HUNDRED,
    LONG,
    NO_EXPIRY,
    OWN_BREAKEVEN,
    OWN_GRID,
    OWN_TRAILING,
    SHORT,
    as_pct,
    at_market,
    fraction_size,
    leaving,
    leftovers,
    level_of,
    leverage,
    objects,
    price,
    reader,
    refuse_unknown,
    size,
    style,
    truth,
    within_whole,
)

HEAD: Final = r"(?:enter|exit)-(?:long|short|all)_[^_\n]*_[^\n]*_"
CODE: Final = re.compile(rf"(?P<before>{HEAD})(?P<secret>[^_\n]+)(?P<after>)", re.IGNORECASE)
BARE: Final = re.compile(rf"(?P<before>\A\s*{HEAD})(?P<secret>[^_\s]+)(?P<after>\s*\Z)", re.IGNORECASE)
KNOWN_BY: Final = re.compile(r"\s*(?:enter|exit)-(?:long|short|all)(?:_[^\n]*)?\s*", re.IGNORECASE)
ACTIONS: Final = {
    "enter-long": (Action.BUY, LONG),
    "enter-short": (Action.SELL, SHORT),
    "exit-long": (Action.EXIT, LONG),
    "exit-short": (Action.EXIT, SHORT),
    "exit-all": (Action.EXIT, None),
}
MARKETS: Final = frozenset(
    {"COIN", "DELIVERY", "FUTURES", "INVERSE", "LINEAR", "PERP", "PERPETUAL", "SPOT", "SWAP", "US"}
)
# Second words of exchange names such as HYPERLIQUID_SWAP.
SEVERAL: Final = frozenset({"MULTIPLE-PAIRS", "NONE"})
# In place of the pair, of a bot with several: then the source's only pair is meant.
MINUTES: Final = re.compile(r"[0-9]{1,4}M")
CODE_EXPECTED: Final = "a code such as ENTER-LONG_BINANCE_BTCUSDT_mybot_15M_0123456789abcdef01234567"
FIELDS: Final = frozenset(
    {"amountPerTrade", "amountPerTradeType", "code", "leverage", "orderType", "price", "reduceOnly", "stopLoss"}
    | {"takeProfits"}
)
AMOUNTS: Final = {
    "quote": SizeKind.QUOTE,
    "base": SizeKind.BASE,
    "$": SizeKind.QUOTE,
    "contracts": SizeKind.CONTRACTS,
    "percents": SizeKind.PCT_EQUITY,
}
LEVELS: Final = {"price": LevelKind.PRICE, "priceDeviation": LevelKind.PCT}
REFUSED: Final = {
    "extraOrders": OWN_GRID,
    "moveToBreakeven": OWN_BREAKEVEN,
    "placeConditionalOrdersOnExchange": "nothing: what rests at the venue is decided by Settings, exits",
    "timeToLive": NO_EXPIRY,
    "trailingStop": OWN_TRAILING,
}


def detect(body: Body) -> bool:
    """Known by `code` without a symbol of its own, or by a text that is such a code."""
    if isinstance(body, str):
        return KNOWN_BY.fullmatch(body) is not None
    return "code" in body and not body.keys() & {"action", "symbol", "ticker"}


def parse(body: Body) -> Intent:
    """The intent. Deviations and portfolios are fractions of one; entering one side closes the other first."""
    fields = reader({"code": body} if isinstance(body, str) else body)
    parts = _parts(fields)
    named, side = ACTIONS[parts[0].lower()] if parts else (None, None)
    enters = named in (Action.BUY, Action.SELL)
    wanted = _size(fields, enters=enters)
    action, left = (named, wanted) if enters else leaving(wanted)
    if not enters:
        at_market(fields, "price")
    intent = Intent(
        kind=IntentKind.TRADE,
        format="wundertrading",
        exchange=parts[1] if parts else "",
        symbol=parts[2] if parts else "",
        action=action,
        side=None if enters else side,
        market_position=side if enters else None,
        timeframe_secs=_seconds(parts[4]) if parts else None,
        price=price(fields, "price"),
        size=left,
        order_type=style(fields, "orderType"),
        leverage=leverage(fields),
        stop_loss=_stop(fields.inner("stopLoss")),
        take_profit=_targets(fields),
        strategy=parts[3] if parts else "",
        metadata=_metadata(fields, enters=enters),
    )
    fields.finish()
    return intent


def _parts(fields: Fields) -> tuple[str, str, str, str, str] | None:
    """Action, exchange, pair, bot, timeframe; the token behind them proves the sender. A bot's name may hold `_`."""
    code = fields.text("code", required=True)
    words = code.split("_")
    if not code or words[0].lower() not in ACTIONS or len(words) < 4 or not words[-1]:
        fields.wrong("code", "NOT_A_CODE", CODE_EXPECTED, "*" if code else "")
        return None
    pair = 3 if words[2].upper() in MARKETS and len(words) > 3 else 2
    symbol = "" if words[pair].upper() in SEVERAL else words[pair]
    if symbol and not SYMBOL_SHAPE.fullmatch(symbol):
        fields.wrong("code", "NOT_A_SYMBOL", f"{SYMBOL_EXPECTED} as the code's third part")
        return None
    rest = words[pair + 1 :]
    frame = rest[-2] if len(rest) > 1 and _seconds(rest[-2]) else ""
    name = "_".join(rest[: -2 if frame else -1])
    return words[0], "_".join(words[1:pair])[:60], symbol, name[:60], frame


def _seconds(frame: str) -> int | None:
    """A timeframe as the codes spell it: `1M`, `3M` and `5M` are minutes there, like `15M`."""
    return timeframes.seconds(f"{frame[:-1]}m" if MINUTES.fullmatch(frame) else frame)


def _size(fields: Fields, *, enters: bool) -> Size | None:
    kind = fields.choice("amountPerTradeType", AMOUNTS)
    if fields.has("amountPerTrade") and not fields.has("amountPerTradeType"):
        fields.wrong("amountPerTradeType", "MISSING", "one of " + ", ".join(AMOUNTS))
    if kind is SizeKind.PCT_EQUITY:
        return fraction_size(fields, "amountPerTrade", kind if enters else SizeKind.PCT_POSITION)
    return size(fields, "amountPerTrade", kind)


def _stop(stop: Fields) -> Level | None:
    refuse_unknown(stop, frozenset(LEVELS))
    return _as_pct(level_of(stop, LEVELS))


def _targets(fields: Fields) -> tuple[Level, ...]:
    parts = objects(fields, "takeProfits")
    found = [target for part in parts if (target := _target(part, alone=len(parts) == 1))]
    within_whole(fields, "takeProfits", found, whole=True)
    return tuple(found)


def _target(part: Fields, *, alone: bool) -> Level | None:
    refuse_unknown(part, frozenset(LEVELS) | {"portfolio"})
    share = part.decimal("portfolio", above=Decimal(0), high=Decimal(1))
    if not alone and not part.has("portfolio"):
        part.wrong("portfolio", "MISSING", "the part of the position it closes, as a fraction of 1")
    return _as_pct(level_of(part, LEVELS, share_pct=as_pct(share) if share else HUNDRED))


def _as_pct(level: Level | None) -> Level | None:
    """A deviation of 0.02 is 2 %."""
    if level is None or level.kind is LevelKind.PRICE:
        return level
    return Level(LevelKind.PCT, as_pct(level.value), level.share_pct)


def _metadata(fields: Fields, *, enters: bool) -> tuple[tuple[str, bool | str | Decimal], ...]:
    if truth(fields, "reduceOnly") and enters:
        fields.wrong("reduceOnly", "CONFLICT", "false, or an EXIT code: an entry does not reduce")
    return leftovers(fields, FIELDS, REFUSED)


FORMAT: Final = Format(
    name="wundertrading",
    endpoint="tradingview",
    required=(("code",),),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=frozenset(),
    detect=detect,
    parse=parse,
    resembles=re.compile(r"(?i)\b(?:enter|exit)[-_ ]"),
    secret_marks=(SecretMark(CODE, within="code"), SecretMark(BARE)),
)
