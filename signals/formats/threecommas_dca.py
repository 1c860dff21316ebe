"""3Commas DCA bot: `{message_type: bot, bot_id, email_token, pair, action?, volume?}`; no action starts a deal. Pure."""

from typing import Final

from signals.intent import Action, Intent, IntentKind, Size, SizeKind

from .base import Format, object_of
from .fields import MAX_NAME, Body, Fields
from .vendor import LONG, NO_CANCEL, leftovers, reader, size, word

FIELDS: Final = frozenset({"action", "bot_id", "email_token", "message_type", "pair", "volume"})
STATE: Final = "a deal's message; to start or stop, tick or untick the source, or pause the account"
ACTIONS: Final = {
    "start_deal": Action.BUY,
    "add_funds_in_quote": None,
    "close_at_market_price": Action.EXIT,
    "close_at_market_price_all": Action.EXIT,
}
ACTIONS_REFUSED: Final = {
    "add_funds_in_percent": "add_funds_in_quote: the percentage is of an order that only the bot knows",
    "cancel": "close_at_market_price; a position cannot be left open without its group",
    "cancel_all": NO_CANCEL,
    "cancel_all_and_stop_bot": STATE,
    "close_at_market_price_all_and_stop_bot": STATE,
    "close_at_market_price_all_stop_bot": STATE,
    "start_bot": STATE,
    "start_bot_and_start_deal": STATE,
    "start_trailing": "nothing: trailing is set under Settings, exits",
    "stop_bot": STATE,
}
REFUSED: Final = {"delay_seconds": "0: an alert is decided when it arrives"}


def detect(body: Body) -> bool:
    """Known by `message_type: bot`, or by `bot_id` with `email_token`."""
    if not isinstance(body, dict):
        return False
    kind = body.get("message_type")
    names_a_bot = isinstance(kind, str) and kind.strip().lower() == "bot"
    return names_a_bot or ("bot_id" in body and "email_token" in body)


def parse(body: Body) -> Intent:
    """The intent. Its message names no side: deals are long. Without a pair the source's only pair is meant."""
    fields = reader(object_of(body))
    fields.text("email_token")
    action = word(fields, "action", ACTIONS, ACTIONS_REFUSED) if fields.has("action") else Action.BUY
    adds = str(fields.body.get("action")).strip().lower() == "add_funds_in_quote"
    intent = Intent(
        kind=IntentKind.TRADE,
        format="threecommas_dca",
        symbol=fields.symbol("pair")[1] if fields.has("pair") else "",
        action=action,
        market_position=LONG if adds else None,
        side=LONG if action is Action.EXIT else None,
        adds_only=adds,
        size=_volume(fields, adds=adds),
        strategy=fields.text("bot_id", limit=MAX_NAME),
        metadata=leftovers(fields, FIELDS, REFUSED),
    )
    fields.finish()
    return intent


def _volume(fields: Fields, *, adds: bool) -> Size | None:
    if adds and not fields.has("volume"):
        fields.wrong("volume", "MISSING", "a number, quote currency")
    if fields.has("volume") and not adds:
        fields.wrong("volume", "UNSUPPORTED_FIELD", "nothing: a volume belongs to add_funds_in_quote")
    return size(fields, "volume", SizeKind.QUOTE)


FORMAT: Final = Format(
    name="threecommas_dca",
    endpoint="tradingview",
    required=(("message_type",), ("bot_id",)),
    fields=FIELDS | REFUSED.keys(),
    secret_fields=frozenset({"email_token"}),
    detect=detect,
    parse=parse,
)
