"""Student's t of variance 1: quantiles and tail means against scipy's."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from risk.domain import student

NUS = (2.1, 3.0, 4.0, 5.37, 8.0, 30.0, 200.0)


@pytest.mark.parametrize("nu", NUS)
@pytest.mark.parametrize("p", [0.8, 0.95, 0.99, 0.9999])
def test_the_quantile_is_scipys_scaled_to_variance_one(nu: float, p: float) -> None:
    assert student.quantile(p, nu) == pytest.approx(stats.t.ppf(p, nu) * sqrt((nu - 2) / nu), rel=1e-9)


@pytest.mark.parametrize("nu", NUS)
@pytest.mark.parametrize("p", [0.95, 0.99])
def test_the_tail_mean_is_the_integral_beyond_the_quantile(nu: float, p: float) -> None:
    plain = stats.t.expect(lambda x: x, args=(nu,), lb=stats.t.ppf(p, nu), conditional=True)
    assert student.tail_mean(p, nu) == pytest.approx(plain * sqrt((nu - 2) / nu), rel=1e-7)


def test_the_plain_quantile_at_four_degrees_would_be_root_two_too_large() -> None:
    assert stats.t.ppf(0.99, 4) / student.quantile(0.99, 4.0) == pytest.approx(sqrt(2))


def test_with_many_degrees_it_is_the_bell_curve() -> None:
    assert student.quantile(0.99, 1e6) == pytest.approx(2.326348, abs=1e-4)


@given(st.floats(-50, 50), st.floats(2.05, 300))
def test_the_distribution_is_symmetric_and_within_bounds(x: float, nu: float) -> None:
    below = student.cdf(x, nu)
    assert 0 <= below <= 1
    assert below + student.cdf(-x, nu) == pytest.approx(1)


@given(st.floats(0.5, 0.9999), st.floats(2.05, 300))
def test_beyond_the_quantile_it_is_worse(p: float, nu: float) -> None:
    assert student.tail_mean(round(p, 4), round(nu, 2)) >= student.quantile(round(p, 4), round(nu, 2)) >= 0
