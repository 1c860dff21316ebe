"""Our name for an order at a venue: deterministic, so that a lost reply can be looked up."""

from base64 import b32encode
from hashlib import sha256

PREFIX = "w"
LENGTH = 18
# 18 alphanumerics, a letter first: the longest that Kraken, OKX, Binance and KuCoin all take.


def client_order_id(installation: str, order_id: int, attempt: int) -> str:
    """A letter and 17 lower-case base-32 characters of SHA-256(installation, order, attempt).

    A lookup key, not idempotency: some venues check uniqueness among open orders only.
    """
    digest = sha256(f"{installation}:{order_id}:{attempt}".encode()).digest()
    return PREFIX + b32encode(digest).decode().lower()[: LENGTH - 1]
