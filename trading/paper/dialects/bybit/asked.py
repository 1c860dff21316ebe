"""What both categories read alike out of an order request."""

import re

from trading.paper.core.orders import OrderType, SelfTrade, Side, TimeInForce
from trading.paper.dialects.bybit.errors import PARAMS, ByError
from trading.paper.dialects.bybit.params import Params, maybe_text, one_of

POST_ONLY = "PostOnly"

SELF_TRADE = {
    "None": SelfTrade.NONE,
    "CancelMaker": SelfTrade.EXPIRE_MAKER,
    "CancelTaker": SelfTrade.EXPIRE_TAKER,
    "CancelBoth": SelfTrade.EXPIRE_BOTH,
}

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,45}")


def side(params: Params) -> Side:
    """Buy or Sell."""
    return Side(one_of(params, "side", ("Buy", "Sell")).upper())


def is_market(params: Params) -> bool:
    """Market, or else Limit."""
    return one_of(params, "orderType", ("Market", "Limit")) == "Market"


def time_in_force(params: Params) -> str:
    """GTC, IOC, FOK or PostOnly."""
    return one_of(params, "timeInForce", ("GTC", "IOC", "FOK", POST_ONLY), default="GTC")


def working(params: Params) -> tuple[OrderType, TimeInForce]:
    """The type and the time in force that the book executes."""
    wanted = time_in_force(params)
    if is_market(params):
        return OrderType.MARKET, TimeInForce.GTC
    if wanted == POST_ONLY:
        return OrderType.LIMIT_MAKER, TimeInForce.GTC
    return OrderType.LIMIT, TimeInForce(wanted)


def link_id(params: Params) -> str:
    """The client's own id, empty if it gives none."""
    value = maybe_text(params, "orderLinkId")
    if value and not _LINK_ID.fullmatch(value):
        raise ByError(PARAMS, "OrderLinkID is invalid: up to 45 letters, digits, dashes and underscores")
    return value


def self_trade(params: Params) -> str:
    """What happens where the order meets one of its own account."""
    return SELF_TRADE[one_of(params, "smpType", tuple(SELF_TRADE), default="None")].value


def refuse_attached(params: Params) -> None:
    """Exits that come with an entry are not kept here, and silence would be worse than a refusal."""
    for name in ("takeProfit", "stopLoss"):
        if maybe_text(params, name) not in ("", "0"):
            raise ByError(PARAMS, f"{name} is not supported here: place it as a conditional order")
