"""3Commas signal bot, strategy type: `{bot_uuid, action buy|sell, strategy_info{…}, order{…}}`. Pure."""

from typing import Final

from signals.intent import Intent, IntentKind

from .base import Format, object_of
from .fields import Body
from .standing import sized, standing
from .threecommas import FIELDS as SHARED
from .threecommas import SECRET, bot, common, order
from .vendor import ORDERS, leftovers, max_age, reader, refuse_unknown

FIELDS: Final = SHARED | {"strategy_info"}
INFO: Final = frozenset(
    {"market_position", "market_position_size", "prev_market_position", "prev_market_position_size"}
)
REFUSED: Final = dict.fromkeys(
    ("take_profit", "stop_loss", "positions_sub_action"), "nothing: 3Commas knows it in custom messages only"
)


def detect(body: Body) -> bool:
    """Known by `bot_uuid` and `strategy_info`."""
    return isinstance(body, dict) and "bot_uuid" in body and "strategy_info" in body


def parse(body: Body) -> Intent:
    """The intent; where the strategy stands afterwards decides between entry, exit, reduction and reverse."""
    fields = reader(object_of(body))
    info, (wanted, style, price) = fields.inner("strategy_info"), order(fields)
    refuse_unknown(info, INFO)
    stood, ordered = standing(info, required=True), fields.choice("action", ORDERS, required=True)
    action, side, wanted = sized(ordered, None, stood, wanted)
    intent = Intent(
        kind=IntentKind.TRADE,
        format="threecommas_strategy",
        action=action,
        side=side,
        price=price,
        max_age_secs=max_age(fields, "max_lag"),
        size=wanted,
        order_type=style,
        strategy=bot(fields),
        metadata=leftovers(fields, FIELDS, REFUSED, vendor_ignores=True),
        **common(fields),
        **stood.told,
    )
    fields.finish()
    return intent


FORMAT: Final = Format(
    name="threecommas_strategy",
    endpoint="tradingview",
    required=(("bot_uuid",), ("strategy_info",), ("tv_instrument",), ("action",)),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
)
