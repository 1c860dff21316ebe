"""Whether a market trades, by what its venue says of it. Pure."""

from enum import StrEnum


class MarketState(StrEnum):
    """What a venue does with a market now."""

    TRADING = "TRADING"
    HALTED = "HALTED"  # it stands still and is expected back
    DELISTED = "DELISTED"  # it is listed no more, or is being settled: nothing of it comes back


HALTS = frozenset(
    {"AUCTION_MATCH", "BREAK", "END_OF_DAY", "HALT", "PAUSED", "PENDING_TRADING", "POST_TRADING", "PRE_TRADING"}
)
# The venues' own words for a market that stands still for a while.
GONE = "GONE"
# Our word for a market that its venue lists no more.


def market_state(*, active: bool, status: str) -> MarketState:
    """The state of a market: active is whether orders are taken, status the venue's own word, in capitals."""
    if active:
        return MarketState.TRADING
    return MarketState.HALTED if status in HALTS else MarketState.DELISTED
