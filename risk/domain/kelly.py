"""How much of the equity past trades justify risking: a fraction of Kelly, smaller for every doubt. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from risk.domain.precision import exact

ONE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TradeRecord:
    """A strategy's closed trades, after fees; won and lost are their sums, ≥ 0, in R or in quote alike."""

    wins: int
    losses: int
    won: Decimal
    lost: Decimal

    @property
    def count(self) -> int:
        """How many trades won or lost."""
        return self.wins + self.losses


@dataclass(frozen=True, slots=True)
class KellyPolicy:
    """How far the record is trusted; ratios."""

    fraction: Decimal = Decimal("0.25")
    misspecification: Decimal = Decimal("0.5")  # for what the two-outcome model leaves out
    prior_count: int = 50  # as many imagined trades without any edge stand beside the real ones
    min_count: int = 30
    highest: Decimal = Decimal("0.02")  # of equity, whatever the record says


@dataclass(frozen=True, slots=True)
class Kelly:
    """full: Kelly of the bare record; fraction: of equity to risk, ≥ 0; factors: each reduction, named, in order."""

    full: Decimal
    fraction: Decimal
    factors: tuple[tuple[str, Decimal], ...]
    capped: bool


@exact
def kelly(
    record: TradeRecord,
    *,
    policy: KellyPolicy,
    confidence: Decimal = ONE,
    positions: int = 0,
    correlation: Decimal = ZERO,
) -> Kelly | None:
    """The share of equity that one trade may lose; None while the record is too short to say.

    positions: how many are open; correlation: their mean with the new one; confidence: the signal's own, 0–1.
    A record without a loss does not say how large a loss is, so it is too short as well.
    """
    if record.count < policy.min_count or record.losses == 0:
        return None
    factors = (
        ("shrinkage", Decimal(record.count) / (record.count + policy.prior_count)),
        ("fraction", policy.fraction),
        ("misspecification", policy.misspecification),
        ("correlation", crowding(positions, correlation)),
        ("confidence", min(max(confidence, ZERO), ONE)),
    )
    wanted = full = full_kelly(record)
    for _, factor in factors:
        wanted *= factor
    return Kelly(full, min(max(wanted, ZERO), policy.highest), factors, capped=wanted > policy.highest)


@exact
def full_kelly(record: TradeRecord) -> Decimal:
    """(p·b − q) ÷ b with p = wins ÷ count and b = mean win ÷ mean loss, which is p · (1 − lost ÷ won).

    Below 0 for a losing record, −1 for one that never won. Kelly 1956. Shrinking p towards 1 ÷ (1 + b), where nothing
    is won or lost, multiplies it by count ÷ (count + prior count).
    """
    if record.won == 0:
        return -ONE
    return Decimal(record.wins) / record.count * (ONE - record.lost / record.won)


@exact
def crowding(positions: int, correlation: Decimal) -> Decimal:
    """What is left for one more bet beside n that move with it: 1 ÷ (1 + n·ρ). ρ = 1: an equal share; below 0 is 0."""
    return ONE / (ONE + positions * min(max(correlation, ZERO), ONE))
