"""What a market that does not trade means for orders, signals and positions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from signals.listing import MarketState
from trading.domain.money import ZERO

DELISTED = "DELISTED"
# Why a group ended: its market was closed for good, and what it held is the venue's to convert.


@dataclass(frozen=True, slots=True)
class Permits:
    """What goes on in a market of a state: new entries, waiting signals, orders that leave."""

    enters: bool
    waits: bool  # an entry signal is kept in the queue instead of being refused
    sends: bool


PERMITS: Mapping[MarketState, Permits] = MappingProxyType(
    {
        MarketState.TRADING: Permits(enters=True, waits=False, sends=True),
        MarketState.HALTED: Permits(enters=False, waits=True, sends=False),
        # Tried all the same: an order that the venue proves refused costs nothing, one that it takes gets us out.
        MarketState.DELISTED: Permits(enters=False, waits=False, sends=True),
    }
)
_SAID: Mapping[MarketState, str] = MappingProxyType(
    {
        MarketState.HALTED: "{venue} has halted {symbol}{since}. Entries wait in the queue, exits are kept and sent when it "
        "trades again.",
        MarketState.DELISTED: "{venue} does not trade {symbol} any more{since}. Entries are refused; what is held there "
        "is converted by the venue.",
    }
)


_ON_PAPER: Mapping[MarketState, str] = MappingProxyType(
    {
        MarketState.HALTED: "{symbol} stands still on the paper exchange{since}: it moves only the pairs that it has prices of, "
        "in the demo BTC, ETH and SOL. Entries wait in the queue, exits are kept and sent when it trades.",
        MarketState.DELISTED: "The paper exchange does not trade {symbol} any more{since}. Entries are refused; what is held "
        "there is converted by it.",
    }
)


def said(state: MarketState, *, venue: str, symbol: str, since: datetime | None, paper: bool = False) -> str:
    """The state in a sentence; empty while the market trades. paper: it is our own exchange, whatever it is called."""
    at, words = f" since {since:%d %b %H:%M} UTC" if since else "", _ON_PAPER if paper else _SAID
    return words[state].format(venue=venue, symbol=symbol, since=at) if state in words else ""


def converted(state: MarketState, *, ours: Decimal, theirs: Decimal) -> Decimal:
    """How much of what our groups hold the venue has taken out of a market that it closed for good; base or contracts."""
    return max(ours - max(theirs, ZERO), ZERO) if state is MarketState.DELISTED else ZERO
