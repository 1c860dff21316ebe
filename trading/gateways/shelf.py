"""A venue's markets as ccxt has them, on one shelf for all accounts of a process: asked for once, shared, never copied.

Binance lists thousands, and its list costs megabytes and seconds: nobody asks for it beside every order and every sweep.
"""

import time
from collections.abc import Callable
from typing import Any

ASK_AGAIN_SECS = 60.0
# What is still unknown after this long may have been listed since.


class Shelf:
    """The markets that one account's client was told last; the others' borrow them. Not for sharing across a fork."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._source: Any = None
        self._asked_at = 0.0

    @property
    def is_old(self) -> bool:
        """Whether the venue may be asked again."""
        return self._source is None or self._monotonic() - self._asked_at >= ASK_AGAIN_SECS

    def keep(self, client: Any) -> None:
        """What this client was told is what the others borrow from now on."""
        self._source, self._asked_at = client, self._monotonic()

    def lend(self, client: Any) -> bool:
        """Give a client what is here; False where it has that already, or where nothing is here."""
        if self._source is None or self._source.markets is client.markets:
            return False
        client.set_markets_from_exchange(self._source)
        return True
