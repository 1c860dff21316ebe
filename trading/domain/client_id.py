"""Our name for an order at a venue: deterministic, so that a lost reply can be looked up, and marked with who sent it."""

import re
from base64 import b32encode
from hashlib import sha256

PREFIX = "w"
LENGTH = 18
# 18 alphanumerics, a letter first: the longest that Kraken, OKX, Binance and KuCoin all take.
MARK_LENGTH = 5
# 25 bits tell the few engines that may meet on one account apart; 60 bits are left to tell its orders apart.
SHAPE = re.compile(rf"{PREFIX}([a-z2-7]{{{MARK_LENGTH}}})[a-z2-7]{{{LENGTH - 1 - MARK_LENGTH}}}")


def client_order_id(installation: str, order_id: int, attempt: int, *, engine: str = "") -> str:
    """A letter, the installation's mark, and 12 lower-case base-32 characters of SHA-256(installation, order, attempt).

    `engine` is hashed with them: a copy of an installation counts its orders on from the same number, and must not
    take the other's orders for its own. A lookup key, not idempotency: some venues check uniqueness among open orders
    only.
    """
    own = _letters(f"{installation}:{order_id}:{attempt}" + (f":{engine}" if engine else ""))
    return PREFIX + mark(installation) + own[: LENGTH - 1 - MARK_LENGTH]


def mark(installation: str) -> str:
    """What all ids of an installation share."""
    return _letters(installation)[:MARK_LENGTH]


def mark_of(client_order_id: str) -> str:
    """The mark of whoever made this id; empty where it has not the shape of ours."""
    found = SHAPE.fullmatch(client_order_id)
    return found.group(1) if found else ""


def _letters(text: str) -> str:
    return b32encode(sha256(text.encode()).digest()).decode().lower()
