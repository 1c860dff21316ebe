"""Regimes, and limits that only ever shrink."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.regime import LEAST, DynamicLimits, Regime, dynamic, regime

D = Decimal


@pytest.mark.parametrize(
    ("ratio", "mean_rho", "found"),
    [
        (None, None, None),
        (0.74, None, Regime.CALM),
        (0.75, None, Regime.NORMAL),
        (1.49, 0.5, Regime.NORMAL),
        (1.5, None, Regime.STRESSED),
        (1.1, 0.85, Regime.STRESSED),  # everything moves as one, and more than usual
        (0.9, 0.95, Regime.NORMAL),
    ],
)
def test_regimes(ratio: float | None, mean_rho: float | None, found: Regime | None) -> None:
    assert regime(ratio, mean_rho=mean_rho) is found


@pytest.mark.parametrize(
    ("ratio", "mean_rho", "limits"),
    [
        (None, None, DynamicLimits()),
        (1.0, 0.6, DynamicLimits()),
        (0.5, 0.2, DynamicLimits()),
        (2.0, 0.7, DynamicLimits(D("0.5"), D("0.75"), D("0.9"), D("0.5"))),  # ÷ 2; 1 − (0.7 − 0.6)
        (10.0, 1.0, DynamicLimits(LEAST, D("0.75"), D("0.6"), LEAST)),
    ],
)
def test_what_is_left_of_the_limits(ratio: float | None, mean_rho: float | None, limits: DynamicLimits) -> None:
    assert dynamic(ratio, mean_rho=mean_rho) == limits


@given(st.floats(0.0001, 1000), st.floats(-1, 1))
def test_no_limit_ever_grows_or_goes(ratio: float, mean_rho: float) -> None:
    found = dynamic(ratio, mean_rho=mean_rho)
    assert all(LEAST <= left <= 1 for left in (found.position, found.drawdown, found.correlation, found.leverage))
