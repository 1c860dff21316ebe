"""Parameters that plain and conditional orders share, and how long both are found."""

import re
from collections.abc import Callable
from typing import TypeVar

from trading.paper.core.perps.orders import PositionSide
from trading.paper.dialects.binance_spot.errors import WireError, illegal
from trading.paper.dialects.binance_spot.params import Params

Member = TypeVar("Member")

CLIENT_ID = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$"

MOST_CHARACTERS = 36

KEPT_MS = 3 * 86_400_000
# So long after it was placed a cancelled or expired order without a fill is still found.


def member(kind: Callable[[str], Member], value: str, error: WireError) -> Member:
    """The member of an enumeration, or the error."""
    try:
        return kind(value)
    except ValueError:
        raise error from None


def position_side(params: Params) -> PositionSide:
    """BOTH unless given."""
    value = params.get("positionSide", "") or PositionSide.BOTH
    return member(PositionSide, value, WireError(-1116, "Invalid positionSide."))


def client_id(params: Params, name: str) -> str:
    """A client id, empty if absent."""
    value = params.get(name, "")
    if len(value) > MOST_CHARACTERS:
        raise WireError(-4015, "Client order id length should not be more than 36 chars")
    if value and not re.fullmatch(CLIENT_ID, value):
        raise illegal(name, CLIENT_ID)
    return value


def forgotten(status: str, *, filled: int, created_ms: int, now_ms: int) -> bool:
    """Whether an order is found no more: it took nothing, was taken back or expired, and is old."""
    return status in ("CANCELED", "EXPIRED") and not filled and created_ms + KEPT_MS < now_ms
