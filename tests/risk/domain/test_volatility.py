"""Exponentially weighted volatility: the streaming form is the sum it stands for."""

from math import isclose, sqrt

from hypothesis import given
from hypothesis import strategies as st

from risk.domain.volatility import Ewma, advance, annual, ewma

ONE = st.integers(-5000, 5000).map(lambda bps: bps / 10_000)
RETURNS = st.lists(ONE, min_size=1, max_size=60)
DECAYS = st.floats(0.5, 0.999)


def test_three_returns_by_hand() -> None:
    """λ = 0.5, returns 2, 0 and 4 %: (0.25 × 4 + 0.5 × 0 + 16) ÷ (0.25 + 0.5 + 1) = 17 ÷ 1.75, in percent squared."""
    assert isclose(ewma([0.02, 0.0, 0.04], decay=0.5).variance, 17 / 1.75 / 10_000)


def test_a_year_has_as_many_days_as_crypto_trades() -> None:
    """1 % a day: 0.01 × √365 = 0.191."""
    state = ewma([0.01, -0.01] * 10)
    assert isclose(annual(state, min_count=20) or 0, 0.01 * sqrt(365))
    assert annual(state, min_count=21) is None


def test_before_the_first_return_nothing_is_known() -> None:
    assert (Ewma().variance, annual(Ewma(), min_count=1)) == (0.0, None)


@given(RETURNS, DECAYS)
def test_streaming_equals_the_weighted_mean_of_squares(returns: list[float], decay: float) -> None:
    weights = [decay**age for age in range(len(returns))]
    mean = sum(w * r * r for w, r in zip(weights, reversed(returns), strict=True)) / sum(weights)
    state = ewma(returns, decay=decay)
    assert isclose(state.variance, mean, rel_tol=1e-9, abs_tol=1e-18)
    assert state.count == len(returns)


@given(RETURNS, DECAYS, ONE)
def test_the_variance_lies_between_what_was_and_what_came(returns: list[float], decay: float, new: float) -> None:
    before = ewma(returns, decay=decay)
    after = advance(before, new, decay=decay)
    low, high = sorted((before.variance, new * new))
    assert low * (1 - 1e-9) <= after.variance <= high * (1 + 1e-9)


@given(RETURNS, st.floats(0.1, 10))
def test_twice_the_returns_are_twice_the_volatility(returns: list[float], factor: float) -> None:
    plain, scaled = (annual(ewma([r * k for r in returns]), min_count=1) for k in (1.0, factor))
    assert isclose(scaled or 0, factor * (plain or 0), rel_tol=1e-9)
