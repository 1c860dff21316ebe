"""3Commas signal bot, custom type: `{bot_uuid, action enter_long|exit_long|…, take_profit, stop_loss}`. Pure."""

from typing import Final

from signals.intent import Action, Intent, IntentKind, Level, MarketPosition

from .base import Format, object_of
from .fields import Body, Fields
from .threecommas import FIELDS as SHARED
from .threecommas import REFUSED, SECRET, bot, common, order
from .vendor import (
    HUNDRED,
    LONG,
    OWN_BREAKEVEN,
    OWN_TRAILING,
    SHORT,
    asks_nothing,
    at_market,
    leaving,
    leftovers,
    max_age,
    objects,
    pct_level,
    reader,
    refuse_unknown,
    within_whole,
    word,
)

FIELDS: Final = SHARED | {"positions_sub_action", "stop_loss", "take_profit"}
ACTIONS: Final = {
    "enter_long": (Action.BUY, LONG),
    "enter_short": (Action.SELL, SHORT),
    "exit_long": (Action.EXIT, LONG),
    "exit_short": (Action.EXIT, SHORT),
}
ACTIONS_REFUSED: Final = {
    "disable": "exit_long or exit_short; to take no more entries, pause the account or switch the source off"
}
SUB_REFUSED: Final = dict.fromkeys(("market_close", "cancel"), "nothing: it belongs to disable; send exit_long")
TARGET: Final = frozenset({"order_type", "price_percent", "volume_percent"})
TARGET_REFUSED: Final = {"trailing": OWN_TRAILING}
STOP: Final = frozenset({"enabled", "order_type", "trigger_price_percent"})
STOP_REFUSED: Final = {"trailing": OWN_TRAILING, "breakeven": OWN_BREAKEVEN}
STYLES: Final = dict.fromkeys(("market", "limit"), True)
# Of an exit; either is carried out as the venue and Settings, exits, allow.


def detect(body: Body) -> bool:
    """Known by `bot_uuid` and `action`, without `strategy_info`."""
    return isinstance(body, dict) and "bot_uuid" in body and "action" in body and "strategy_info" not in body


def parse(body: Body) -> Intent:
    """The intent. Entering one side closes the other first; an exit of a part is a reduction."""
    fields = reader(object_of(body))
    named, side = word(fields, "action", ACTIONS, ACTIONS_REFUSED, required=True) or (None, None)
    word(fields, "positions_sub_action", {}, SUB_REFUSED)
    wanted, style, price = order(fields)
    enters = named in (Action.BUY, Action.SELL)
    action, size = (named, wanted) if enters or named is None else leaving(wanted)
    if not enters:
        at_market(fields.inner("order"), "price")
    intent = Intent(
        kind=IntentKind.TRADE,
        format="threecommas_custom",
        action=action,
        side=None if enters else side,
        market_position=side if enters else None,
        price=price,
        max_age_secs=max_age(fields, "max_lag"),
        size=size,
        order_type=style,
        stop_loss=_stop(fields.inner("stop_loss")),
        take_profit=_targets(fields.inner("take_profit"), side),
        strategy=bot(fields),
        metadata=leftovers(fields, FIELDS, REFUSED),
        **common(fields),
    )
    fields.finish()
    return intent


def _stop(stop: Fields) -> Level | None:
    """The stop, its distance in percent of the entry; 3Commas writes the direction into the sign or leaves it out."""
    if asks_nothing(stop.body):
        return None
    refuse_unknown(stop, STOP, STOP_REFUSED)
    stop.choice("order_type", STYLES)
    if not stop.has("trigger_price_percent"):
        stop.wrong("trigger_price_percent", "MISSING", "a distance in percent, such as 1.5")
    return pct_level(stop, "trigger_price_percent", signed=True)


def _targets(profit: Fields, side: MarketPosition | None) -> tuple[Level, ...]:
    """The steps, their distances in percent of the entry, their volumes in percent of the position."""
    if asks_nothing(profit.body):
        return ()
    refuse_unknown(profit, frozenset({"enabled", "steps"}), TARGET_REFUSED)
    steps = objects(profit, "steps")
    found = [level for step in steps if (level := _target(step, side, alone=len(steps) == 1))]
    within_whole(profit, "steps", found)
    return tuple(found)


def _target(step: Fields, side: MarketPosition | None, *, alone: bool) -> Level | None:
    refuse_unknown(step, TARGET, TARGET_REFUSED)
    step.choice("order_type", STYLES)
    share = step.decimal("volume_percent", above=HUNDRED * 0, high=HUNDRED)
    if share is None and not alone and not step.has("volume_percent"):
        step.wrong("volume_percent", "MISSING", "the part of the position it closes, in percent")
    if not step.has("price_percent"):
        step.wrong("price_percent", "MISSING", "a distance in percent, such as 2")
    # A short's target may be written as -2: the price falls; a long's may not.
    return pct_level(step, "price_percent", share_pct=share or HUNDRED, signed=side is not LONG)


FORMAT: Final = Format(
    name="threecommas_custom",
    endpoint="tradingview",
    required=(("bot_uuid",), ("action",), ("tv_instrument",)),
    fields=FIELDS,
    secret_fields=SECRET,
    detect=detect,
    parse=parse,
)
