"""The engine's words as enums. A member's value is its name, as rows, journal and pages show it."""

from enum import StrEnum


class Side(StrEnum):
    """Of an order or a fill; a position has a PositionSide."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class PositionSide(StrEnum):
    """Of a position; an order has a Side."""

    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def opposite(self) -> "PositionSide":
        """The other side."""
        return PositionSide.SHORT if self is PositionSide.LONG else PositionSide.LONG

    @property
    def entry_side(self) -> Side:
        """The side of the orders that open it."""
        return Side.BUY if self is PositionSide.LONG else Side.SELL

    @property
    def exit_side(self) -> Side:
        """The side of the orders that close it."""
        return self.entry_side.opposite

    @property
    def sign(self) -> int:
        """+1 for LONG, −1 for SHORT: profit = sign × (price − entry) × qty."""
        return 1 if self is PositionSide.LONG else -1


class OrderType(StrEnum):
    """How an order meets the book."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_MARKET = "STOP_MARKET"
    STOP_LIMIT = "STOP_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING_STOP = "TRAILING_STOP"


class TimeInForce(StrEnum):
    """How long an order rests; GTX is post only."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"


class TakeProfitMode(StrEnum):
    """PER_LEG rests a target per leg, AGGREGATE closes at average entry plus a percentage, HYBRID does both."""

    PER_LEG = "PER_LEG"
    AGGREGATE = "AGGREGATE"
    HYBRID = "HYBRID"


class GroupStatus(StrEnum):
    """Where a position group stands, from the queue to the archive."""

    WAITING = "WAITING"
    LIVE = "LIVE"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    ACTIVE = "ACTIVE"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"
    DUST_CLOSED = "DUST_CLOSED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        """True when the group is over and its slot is free."""
        return self in ENDED


ENDED = frozenset({GroupStatus.CLOSED, GroupStatus.DUST_CLOSED, GroupStatus.FAILED})


class Purpose(StrEnum):
    """Why an order exists."""

    ENTRY = "ENTRY"
    TARGET = "TARGET"
    EXIT = "EXIT"
    STOP = "STOP"
    REDUCE = "REDUCE"
    FLATTEN = "FLATTEN"
    OFFSET = "OFFSET"

    @property
    def opens_position(self) -> bool:
        """True for the only purpose that adds risk; all others shrink a position."""
        return self is Purpose.ENTRY


class MarketKind(StrEnum):
    """Spot, or futures settled in the quote currency; inverse and quanto are refused by name."""

    SPOT = "SPOT"
    LINEAR = "LINEAR"

    @property
    def derivative(self) -> bool:
        """True where a position can be short and fees come out of the margin."""
        return self is MarketKind.LINEAR
