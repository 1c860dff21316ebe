"""Drawdown tiers: how far equity stands below its peak, and what is still allowed there. Pure; time is an argument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import IntEnum
from types import MappingProxyType

from risk.domain.precision import exact

COOLDOWN = timedelta(hours=24)
ROW = Decimal("1E-18")
# What a row can hold.


class DrawdownTier(IntEnum):
    """In rising severity; the settings' four numbers are where YELLOW to STOP begin."""

    GREEN = 0
    YELLOW = 1  # warned
    ORANGE = 2  # half size
    RED = 3  # no entries until the cooldown is over
    STOP = 4  # EMERGENCY, until somebody resets it


@dataclass(frozen=True, slots=True)
class DrawdownState:
    """What is remembered: the peak, quote; the deepest point since then, percent, and when it was reached.

    Deposits and withdrawals are neither peaks nor falls: they scale the peak (scaled).
    """

    peak: Decimal
    deepest_pct: Decimal = Decimal(0)
    deepest_at: datetime | None = None
    stopped: bool = False


@exact
def drawdown_pct(equity: Decimal, *, peak: Decimal) -> Decimal:
    """The fall from the peak, percent, ≥ 0; everything when there never was any equity."""
    if peak <= 0:
        return Decimal(100)
    return max((peak - equity) / peak * 100, Decimal(0))


@exact
def scaled(mark: Decimal, *, equity: Decimal, moved: Decimal) -> Decimal:
    """A peak after a deposit (moved > 0) or a withdrawal at this equity, quote: the fall stays the same percentage.

    Rounded down, so that no rounding makes a fall deeper. Where no percentage is left to keep, it moves by as much.
    """
    if moved == 0 or equity <= 0 or equity + moved <= 0:
        return mark + moved
    return (mark * (equity + moved) / equity).quantize(ROW, ROUND_DOWN)


def tier_at(pct: Decimal, *, tiers_pct: Sequence[Decimal]) -> DrawdownTier:
    """The tier of a drawdown; exactly at a limit is inside the worse tier."""
    return DrawdownTier(sum(pct >= limit for limit in tiers_pct))


def advance(
    state: DrawdownState | None, equity: Decimal, *, at: datetime, tiers_pct: Sequence[Decimal]
) -> DrawdownState:
    """The state after one more equity reading. A new peak forgets the fall, but never a stop."""
    if state is None or equity >= state.peak:
        return DrawdownState(equity, stopped=state is not None and state.stopped)
    pct = drawdown_pct(equity, peak=state.peak)
    if state.deepest_at is not None and pct <= state.deepest_pct:
        return state
    stopped = state.stopped or tier_at(pct, tiers_pct=tiers_pct) is DrawdownTier.STOP
    return replace(state, deepest_pct=pct, deepest_at=at, stopped=stopped)


def tier_now(
    state: DrawdownState,
    equity: Decimal,
    *,
    at: datetime,
    tiers_pct: Sequence[Decimal],
    cooldown: timedelta = COOLDOWN,
) -> DrawdownTier:
    """The tier that holds now.

    RED lasts for the cooldown after the deepest point, even when the equity has come back meanwhile, short of a new
    peak; each new depth starts it again. After it ORANGE holds while the fall is still that deep: entries resume at half size, because
    without entries no account ever climbs out. STOP lasts until reset().
    """
    if state.stopped:
        return DrawdownTier.STOP
    standing = tier_at(drawdown_pct(equity, peak=state.peak), tiers_pct=tiers_pct)
    ends = resumes_at(state, tiers_pct=tiers_pct, cooldown=cooldown)
    return DrawdownTier.RED if ends is not None and at < ends else min(standing, DrawdownTier.ORANGE)


def resumes_at(
    state: DrawdownState, *, tiers_pct: Sequence[Decimal], cooldown: timedelta = COOLDOWN
) -> datetime | None:
    """When entries resume after RED; None when RED was never reached since the peak."""
    reached = tier_at(state.deepest_pct, tiers_pct=tiers_pct) >= DrawdownTier.RED
    return state.deepest_at + cooldown if reached and state.deepest_at is not None else None


def reset(equity: Decimal) -> DrawdownState:
    """Somebody has looked: the present equity is the new peak."""
    return DrawdownState(equity)


SIZE_FACTOR: Mapping[DrawdownTier, Decimal] = MappingProxyType(
    {
        DrawdownTier.GREEN: Decimal(1),
        DrawdownTier.YELLOW: Decimal(1),
        DrawdownTier.ORANGE: Decimal("0.5"),
        DrawdownTier.RED: Decimal(0),
        DrawdownTier.STOP: Decimal(0),
    }
)
# What an entry gets of its size, ratio.
