"""Crosses of two moving averages, exact in integers: the demo's signals."""

from collections.abc import Sequence

from trading.paper.core.orders import Side

FAST = 3
SLOW = 8
# Bars. Quick on purpose: a demo has a minute to show a whole trade.


def above(closes: Sequence[int], index: int) -> bool | None:
    """True if the fast average of the closes up to index lies above the slow one; None with too few closes."""
    if index + 1 < SLOW:
        return None
    fast = sum(closes[index + 1 - FAST : index + 1])
    slow = sum(closes[index + 1 - SLOW : index + 1])
    return fast * SLOW > slow * FAST


def cross(closes: Sequence[int], index: int) -> Side | None:
    """BUY where the fast average has just risen above the slow one, SELL where it has just fallen below."""
    before, now = above(closes, index - 1), above(closes, index)
    if before is None or before == now:
        return None
    return Side.BUY if now else Side.SELL
