"""Capital tiers: what an account of some size may do, with a band in which it keeps the tier it has. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from risk.domain.precision import exact


class TierName(StrEnum):
    """From the smallest account to the largest."""

    SURVIVAL = "SURVIVAL"
    GROWTH = "GROWTH"
    ACCELERATION = "ACCELERATION"
    INSTITUTIONAL = "INSTITUTIONAL"
    WHALE = "WHALE"


class Ability(StrEnum):
    """What a tier may unlock beyond plain technical signals."""

    LEARNED = "learned signals"
    ENSEMBLE = "the full ensemble"
    REGIMES = "regimes"
    CROSS_VENUE = "cross-venue trading"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: reached at `entry` quote of equity; None = no limit of the tier's own."""

    name: TierName
    entry: Decimal
    max_venues: int | None
    max_leverage: Decimal | None
    abilities: frozenset[Ability] = frozenset()


_ACCELERATION = frozenset({Ability.LEARNED, Ability.ENSEMBLE})
_INSTITUTIONAL = _ACCELERATION | {Ability.REGIMES, Ability.CROSS_VENUE}
TIERS: tuple[Tier, ...] = (
    Tier(TierName.SURVIVAL, Decimal(0), 1, Decimal(1)),
    Tier(TierName.GROWTH, Decimal(5_000), 2, Decimal(2), frozenset({Ability.LEARNED})),
    Tier(TierName.ACCELERATION, Decimal(20_000), None, Decimal(3), _ACCELERATION),
    Tier(TierName.INSTITUTIONAL, Decimal(100_000), None, None, _INSTITUTIONAL),
    Tier(TierName.WHALE, Decimal(1_000_000), None, None, frozenset(Ability)),
)
# Rising by entry, the first one at 0.
WARN_BELOW = Decimal(1_000)
# Quote: fees and minimums eat most of what a smaller account earns.
HYSTERESIS = Decimal("0.2")
# A tier is lost only this share below its entry, ratio.


@exact
def tier_of(
    equity: Decimal,
    *,
    previous: TierName | None = None,
    tiers: Sequence[Tier] = TIERS,
    hysteresis: Decimal = HYSTERESIS,
) -> Tier:
    """The account's tier: climbed to at a tier's entry, left only hysteresis below it; previous None: by equity alone.

    20 000 reaches ACCELERATION; 16 000 still keeps it, 15 999 is GROWTH again. However far the equity moved, one call
    is enough, and a second one changes nothing.
    """
    reached = max(place for place, tier in enumerate(tiers) if place == 0 or equity >= tier.entry)
    held = next((place for place, tier in enumerate(tiers) if tier.name == previous), 0)
    kept = max(place for place in range(held + 1) if place == 0 or equity >= tiers[place].entry * (1 - hysteresis))
    return tiers[max(reached, kept)]


def too_small(equity: Decimal) -> bool:
    """Whether the page should warn that the account is too small to be worth its fees."""
    return equity < WARN_BELOW
