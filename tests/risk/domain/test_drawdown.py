"""Drawdown tiers: warned, halved, paused for a day, stopped for good."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.drawdown import (
    SIZE_FACTOR,
    DrawdownState,
    DrawdownTier,
    advance,
    drawdown_pct,
    reset,
    resumes_at,
    scaled,
    tier_at,
    tier_now,
)

D = Decimal
T = DrawdownTier
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TIERS = (D(5), D(8), D(12), D(15))
EQUITIES = st.lists(st.decimals(5000, 12000, places=2), min_size=1, max_size=30)


def after(*equities: str | Decimal) -> DrawdownState:
    """Readings an hour apart, the first one at noon."""
    state = None
    for hour, equity in enumerate(equities):
        state = advance(state, D(equity), at=NOON + timedelta(hours=hour), tiers_pct=TIERS)
    assert state is not None
    return state


def now(state: DrawdownState, equity: str, *, hours: float) -> DrawdownTier:
    return tier_now(state, D(equity), at=NOON + timedelta(hours=hours), tiers_pct=TIERS)


@pytest.mark.parametrize(
    ("equity", "pct", "tier"),
    [
        ("10000", "0", T.GREEN),
        ("9500.01", "4.9999", T.GREEN),
        ("9500", "5", T.YELLOW),  # exactly at a limit is inside
        ("9200", "8", T.ORANGE),
        ("8800", "12", T.RED),
        ("8500", "15", T.STOP),
        ("-1", "100.01", T.STOP),
    ],
)
def test_tiers(equity: str, pct: str, tier: DrawdownTier) -> None:
    assert drawdown_pct(D(equity), peak=D(10000)) == D(pct)
    assert tier_at(D(pct), tiers_pct=TIERS) is tier
    assert now(after("10000", equity), equity, hours=1) is tier


@pytest.mark.parametrize(("equity", "pct"), [("10500", "0"), ("10000", "0")])
def test_at_the_peak_there_is_no_fall(equity: str, pct: str) -> None:
    assert drawdown_pct(D(equity), peak=D(10000)) == D(pct)


def test_without_any_equity_everything_is_lost() -> None:
    assert drawdown_pct(D(0), peak=D(0)) == D(100)


@pytest.mark.parametrize(
    ("equity", "hours", "tier"),
    [
        ("8800", 1, T.RED),
        ("9900", 24.9, T.RED),  # come back, but the cooldown runs until hour 25
        ("9900", 25, T.GREEN),
        ("9400", 25, T.YELLOW),
        ("8800", 25, T.ORANGE),  # still as deep: half size, or nobody would ever climb out
    ],
)
def test_red_lasts_a_day(equity: str, hours: float, tier: DrawdownTier) -> None:
    state = after("10000", "8800")  # RED at hour 1
    assert resumes_at(state, tiers_pct=TIERS) == NOON + timedelta(hours=25)
    assert now(state, equity, hours=hours) is tier


def test_a_new_depth_starts_the_day_again_a_lesser_one_does_not() -> None:
    assert resumes_at(after("10000", "8800", "8900", "8800"), tiers_pct=TIERS) == NOON + timedelta(hours=25)
    assert resumes_at(after("10000", "8800", "8900", "8799"), tiers_pct=TIERS) == NOON + timedelta(hours=27)


def test_a_new_peak_forgets_the_fall() -> None:
    state = after("10000", "8800", "10001")
    assert state == DrawdownState(D(10001))
    assert now(state, "10001", hours=2) is T.GREEN


def test_a_stop_lasts_until_somebody_resets_it() -> None:
    state = after("10000", "8500", "12000")
    assert now(state, "12000", hours=1000) is T.STOP
    assert now(reset(D(9000)), "9000", hours=0) is T.GREEN


def test_sizes_shrink_with_the_tier() -> None:
    assert [SIZE_FACTOR[tier] for tier in T] == [1, 1, D("0.5"), 0, 0]


@given(EQUITIES)
def test_the_state_remembers_the_peak_and_the_deepest_point_after_it(equities: list[Decimal]) -> None:
    state = after(*equities)
    assert state.peak == max(equities)
    last = len(equities) - 1 - equities[::-1].index(max(equities))
    falls = [drawdown_pct(equity, peak=state.peak) for equity in equities[last:]]
    assert state.deepest_pct == max(falls)


@given(EQUITIES, st.integers(0, 72))
def test_the_tier_is_never_milder_than_the_fall_but_for_the_way_out(equities: list[Decimal], hours: int) -> None:
    """Milder only where RED has cooled down, and then it is ORANGE."""
    state, at = after(*equities), len(equities) - 1 + hours
    found = now(state, str(equities[-1]), hours=at)
    standing = tier_at(drawdown_pct(equities[-1], peak=state.peak), tiers_pct=TIERS)
    assert found >= min(standing, T.ORANGE)
    assert found >= standing or hours >= 24


@pytest.mark.parametrize(
    ("peak", "equity", "moved", "expected"),
    [
        ("10000", "9400", "-4700", "5000"),  # half is taken out: 4 700 of 5 000 is a fall of 6 % as before
        ("10000", "9400", "9400", "20000"),  # paid in, it dilutes no fall either
        ("10000", "10000", "-6000", "4000"),
        ("10000", "9400", "0", "10000"),
        ("10000", "9400", "-9400", "600"),  # nothing is left to count by
        ("100", "0", "50", "150"),
        ("100", "-10", "50", "150"),
    ],
)
def test_money_that_comes_or_goes_scales_the_peak(peak: str, equity: str, moved: str, expected: str) -> None:
    assert scaled(D(peak), equity=D(equity), moved=D(moved)) == D(expected)


@given(
    st.decimals(5000, 12000, places=2),
    st.decimals(0, 1, places=4, allow_nan=False),
    st.decimals(-4000, 10**6, places=2),
)
def test_no_fall_grows_or_shrinks_by_it(equity: Decimal, fall: Decimal, moved: Decimal) -> None:
    peak = equity * (1 + fall)
    before = drawdown_pct(equity, peak=peak)
    after_it = drawdown_pct(equity + moved, peak=scaled(peak, equity=equity, moved=moved))
    assert 0 <= before - after_it < D("1E-12")
