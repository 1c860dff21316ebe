"""freqtrade's force-enter command: `{pair, side, price, ordertype, stakeamount, leverage, entry_tag}`. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind, SizeKind

from .base import Format, object_of
from .fields import Body
from .vendor import ENTERS, SIDES, leftovers, leverage, price, reader, size, style

FIELDS: Final = frozenset({"entry_tag", "leverage", "ordertype", "pair", "price", "secret", "side", "stakeamount"})
MARKS: Final = frozenset({"entry_tag", "ordertype", "stakeamount", "tradeid"})
REFUSED: Final = {
    "tradeid": "nothing: a position is named by its pair; to exit, send the action exit of the own format"
}


def detect(body: Body) -> bool:
    """Known by `pair` and `side` with one of its own names, without an action."""
    if not isinstance(body, dict) or not {"pair", "side"} <= body.keys():
        return False
    return bool(MARKS & body.keys()) and not body.keys() & {"action", "symbol"}


def parse(body: Body) -> Intent:
    """The intent of an entry; the stake is the position's worth in quote."""
    fields = reader(object_of(body))
    fields.text("secret")
    exchange, symbol = fields.symbol("pair")
    side = fields.choice("side", SIDES, required=True)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="freqtrade",
        exchange=exchange,
        symbol=symbol,
        action=ENTERS[side] if side else None,
        market_position=side,
        price=price(fields, "price"),
        size=size(fields, "stakeamount", SizeKind.QUOTE),
        order_type=style(fields, "ordertype"),
        leverage=leverage(fields),
        strategy=fields.text("entry_tag"),
        metadata=leftovers(fields, FIELDS, REFUSED),
    )
    fields.finish()
    return intent


FORMAT: Final = Format(
    name="freqtrade",
    endpoint="tradingview",
    required=(("pair",), ("side",), ("stakeamount", "ordertype", "entry_tag")),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=frozenset({"secret"}),
    detect=detect,
    parse=parse,
)
