"""Where the sender's strategy stands before and after its order, and what an order of some size comes to then. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypedDict

from signals.intent import Action, MarketPosition, Size, SizeKind

from .fields import Fields
from .vendor import LONG, POSITIONS, SHORT, leaving, trimming

TURNS: Final = frozenset({(LONG, SHORT), (SHORT, LONG)})
PINES: Final = frozenset({SizeKind.BASE, SizeKind.CONTRACTS})
# What {{strategy.order.contracts}} may count in.


class Stood(TypedDict):
    """What an Intent says of it."""

    market_position: MarketPosition | None
    prev_market_position: MarketPosition | None
    position_size: Decimal | None
    prev_position_size: Decimal | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a message says of its position; None where it does not. Sizes may be signed."""

    stands: MarketPosition | None
    before: MarketPosition | None
    size: Decimal | None = None
    size_before: Decimal | None = None

    @property
    def told(self) -> Stood:
        """The fields of an Intent."""
        return Stood(
            market_position=self.stands,
            prev_market_position=self.before,
            position_size=self.size,
            prev_position_size=self.size_before,
        )

    @property
    def turns(self) -> bool:
        """True when the order led from one side to the other."""
        return (self.before, self.stands) in TURNS

    @property
    def shrinks(self) -> bool:
        """True when both sizes are known and the later one is smaller: the engine reduces by their ratio."""
        return self.size is not None and self.size_before is not None and abs(self.size) < abs(self.size_before)


def standing(fields: Fields, prefix: str = "", *, required: bool = False) -> Standing:
    """The four fields that TradingView's placeholders fill, under their usual names after a prefix."""
    return Standing(
        stands=fields.choice(f"{prefix}market_position", POSITIONS, required=required),
        before=fields.choice(f"{prefix}prev_market_position", POSITIONS),
        size=fields.decimal(f"{prefix}market_position_size"),
        size_before=fields.decimal(f"{prefix}prev_market_position_size"),
    )


def sized(
    action: Action | None, side: MarketPosition | None, stood: Standing, wanted: Size | None
) -> tuple[Action | None, MarketPosition | None, Size | None]:
    """What an action for a side comes to with this size: an exit of a part and an order against a side are reductions."""
    if action is Action.EXIT:
        left, part = exiting(side, stood, wanted)
        return left, side, part
    entered = turned(stood, wanted)
    done, against, part = trimming(action, stood.stands or side, entered, by_ratio=stood.shrinks)
    return done, against or side, part


def exiting(side: MarketPosition | None, stood: Standing, wanted: Size | None) -> tuple[Action, Size | None]:
    """An exit of all or of a part; of a side that the sender has left for the other, nothing is left."""
    left = (side or stood.before, stood.stands) in TURNS
    return (Action.EXIT, None) if left else leaving(wanted)


def turned(stood: Standing, wanted: Size | None) -> Size | None:
    """What is entered by an order that turns the position round: Pine's order holds what it closes as well.

    Without the later position's size the order's own stays.
    """
    if wanted is None or wanted.kind not in PINES or not stood.turns or not stood.size:
        return wanted
    return Size(wanted.kind, min(abs(stood.size), wanted.value), wanted.currency)
