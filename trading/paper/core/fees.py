"""Maker and taker fees: out of what is received or out of a discount coin, by the volume of the last thirty days."""

from dataclasses import dataclass, field

from trading.paper.core import atoms

BPS = atoms.SCALE // 10_000
# One basis point as a rate in atoms.

DAY_MS = 86_400_000
DAYS = 30
# How far back volume counts, today included.

VOLUME_QUOTES = frozenset({"USDT", "USDC", "FDUSD", "BUSD", "TUSD"})
# Pairs quoted in these count, a unit for a dollar; the others would need a price of that time.


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Rates in atoms of 1, so 100 000 is 0.1 %; a negative rate is a rebate."""

    maker: int = 10 * BPS
    taker: int = 10 * BPS

    def fee(self, received: int, *, maker: bool) -> int:
        """The fee on an amount, rounded down to an atom; so is a rebate, which is a negative fee."""
        rate = self.maker if maker else self.taker
        return atoms.times(received, rate) if rate >= 0 else -atoms.times(received, -rate)


@dataclass(frozen=True, slots=True)
class Tier:
    """Who has traded so much (quote atoms) pays these percentages of the usual rates; a negative one is paid to him."""

    volume: int
    maker_pct: int
    taker_pct: int

    def of(self, base: FeeRates) -> FeeRates:
        """The rates of this tier, rounded down to an atom."""
        return FeeRates(maker=base.maker * self.maker_pct // 100, taker=base.taker * self.taker_pct // 100)


@dataclass(frozen=True, slots=True)
class Discount:
    """Who holds this coin and wishes so pays fees with it, so many basis points cheaper."""

    asset: str
    bps: int

    def of(self, fee: int) -> int:
        """What is left of a fee."""
        return fee * (10_000 - self.bps) // 10_000


LADDER = tuple(
    Tier(millions * 10**6 * atoms.SCALE, maker_pct, taker_pct)
    for millions, maker_pct, taker_pct in (
        (1, 90, 100),
        (5, 80, 95),
        (20, 60, 80),
        (100, 30, 60),
        (250, 0, 50),
        (500, -5, 40),
    )
)
# Composed, no venue's own: in millions of quote units; the last tier makes for a rebate.


@dataclass(slots=True)
class Traded:
    """What somebody has traded by day (Unix days), quote atoms."""

    by_day: dict[int, int] = field(default_factory=dict)

    def add(self, at_ms: int, notional: int) -> None:
        """Count a trade, and forget the days that count no more."""
        day = at_ms // DAY_MS
        if day not in self.by_day:
            self.by_day = {one: sum_ for one, sum_ in self.by_day.items() if one > day - DAYS}
        self.by_day[day] = self.by_day.get(day, 0) + notional

    def volume(self, now_ms: int) -> int:
        """The sum of the last thirty days."""
        day = now_ms // DAY_MS
        return sum(sum_ for one, sum_ in self.by_day.items() if day - DAYS < one <= day)


def rates_at(base: FeeRates, tiers: tuple[Tier, ...], volume: int) -> FeeRates:
    """The rates of the highest tier that a volume reaches, else the base rates."""
    reached = [tier for tier in tiers if tier.volume <= volume]
    return max(reached, key=lambda tier: tier.volume).of(base) if reached else base
