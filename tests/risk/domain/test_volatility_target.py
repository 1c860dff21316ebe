"""The volatility target: quieter markets get more, wilder ones less, and never at a jump."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.volatility_target import next_scale, wanted_scale

D = Decimal
SCALES = st.decimals(0, 1, places=4)
VOLS = st.decimals(0, 5, places=4)


@pytest.mark.parametrize(
    ("vol", "scale"),
    [
        ("0.60", "0.25"),  # 15 % of 60 %
        ("0.30", "0.5"),
        ("0.15", "1"),
        ("0.05", "1"),  # three times as much would fit, but nothing is made larger
        ("0", "1"),
    ],
)
def test_the_wanted_scale(vol: str, scale: str) -> None:
    assert wanted_scale(D(vol)) == D(scale)


def test_a_higher_ceiling_lets_calm_markets_grow() -> None:
    assert wanted_scale(D("0.05"), highest=D(4)) == D(3)


def test_a_tenth_of_the_way_at_a_time() -> None:
    """From 1 towards 0.25: 1 + 0.1 × (0.25 − 1) = 0.925; then 0.925 + 0.1 × (0.25 − 0.925) = 0.8575."""
    first = next_scale(D(1), vol_annual=D("0.6"))
    assert (first, next_scale(first, vol_annual=D("0.6"))) == (D("0.925"), D("0.8575"))


@given(SCALES, VOLS, st.decimals(0, 1, places=2))
def test_a_step_never_overshoots(scale: Decimal, vol: Decimal, speed: Decimal) -> None:
    wanted = wanted_scale(vol)
    low, high = sorted((scale, wanted))
    assert low <= next_scale(scale, vol_annual=vol, speed=speed) <= high
    assert vol * wanted <= D("0.15") + D("1E-30")  # the division rounds


@given(VOLS, VOLS)
def test_wilder_never_gets_more(one: Decimal, other: Decimal) -> None:
    calm, wild = sorted((one, other))
    assert wanted_scale(wild) <= wanted_scale(calm)
