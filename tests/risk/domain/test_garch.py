"""GARCH filtered a candle at a time: the recursion, its horizon, EWMA as its special case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain import volatility
from risk.domain.garch import EWMA_NU, Garch, advance, annual, correction, ewma_model, filtered, over

MODEL = Garch(omega=0.00001, alpha=0.1, beta=0.85, nu=4.0)
RETURNS = st.lists(st.floats(-0.2, 0.2), max_size=60)


def test_one_step() -> None:
    # 0.00001 + 0.1 × 0.02² + 0.85 × 0.0004 = 0.00001 + 0.00004 + 0.00034
    assert advance(MODEL, 0.0004, 0.02) == pytest.approx(0.00039)


def test_what_it_returns_to() -> None:
    assert MODEL.long_run == pytest.approx(0.0002)  # 0.00001 ÷ (1 − 0.95)
    assert ewma_model(0.94).long_run is None


@pytest.mark.parametrize(
    ("model", "sound"),
    [
        (MODEL, True),
        (Garch(0.0, 0.1, 0.85, 4.0), False),
        (Garch(0.00001, -0.1, 0.85, 4.0), False),
        (Garch(0.00001, 0.15, 0.85, 4.0), False),  # never calms down
        (Garch(0.00001, 0.1, 0.85, 2.0), False),  # infinite variance
        (Garch(float("nan"), 0.1, 0.85, 4.0), False),
    ],
)
def test_what_can_be_used(model: Garch, sound: bool) -> None:
    assert model.sound is sound


@given(st.floats(0.00001, 0.01), st.integers(1, 48))
def test_a_horizon_is_the_sum_of_its_steps(variance: float, periods: int) -> None:
    """Each next variance is expected at ω + (α + β)·σ²."""
    steps, one = 0.0, variance
    for _ in range(periods):
        steps, one = steps + one, MODEL.omega + MODEL.persistence * one
    assert over(MODEL, variance, periods) == pytest.approx(steps)


def test_what_fell_short_is_made_up_for_and_never_taken_off() -> None:
    # forecasts 0.0004, then 0.00001 + 0.1 × 0.0009 + 0.85 × 0.0004 = 0.00044; returns squared 0.0009 and 0.0004
    assert correction(MODEL, [0.03, 0.02], start=0.0004) == pytest.approx((0.0009 / 0.0004 + 0.0004 / 0.00044) / 2)
    assert correction(MODEL, [0.001] * 50, start=0.0004) == 1.0
    assert correction(MODEL, [], start=0.0004) == 1.0


def test_a_horizon_of_ewma_is_so_many_times_now() -> None:
    assert over(ewma_model(0.94), 0.0004, 24) == pytest.approx(0.0096)


@given(RETURNS, st.floats(0.000001, 0.01))
def test_ewma_is_the_recursion_that_is_known(returns: list[float], start: float) -> None:
    decay, expected = volatility.DECAY, start
    for one in returns:
        expected = decay * expected + (1 - decay) * one * one
    assert filtered(ewma_model(decay, nu=EWMA_NU), start, returns) == pytest.approx(expected)


@given(RETURNS, RETURNS)
def test_filtering_on_is_filtering_all(early: list[float], late: list[float]) -> None:
    between = filtered(MODEL, 0.0004, early)
    assert filtered(MODEL, between, late) == filtered(MODEL, 0.0004, early + late)
    assert between > 0


def test_a_year() -> None:
    assert annual(0.0004, periods_per_year=365) == pytest.approx(0.382, abs=0.001)  # 2 % a day × √365
