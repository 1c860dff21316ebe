"""Value at risk: of one position, of several together, and with one more."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.dependence import Dependence
from risk.domain.value_at_risk import (
    Stake,
    covariance_with,
    heaviest,
    losses,
    portfolio_variance,
    tail,
    with_plan,
)

BTC, ETH, SHORT = Stake("BTC", 1000, 0.04, 4.0), Stake("ETH", 500, 0.06, 6.0), Stake("ETH", -500, 0.06, 6.0)


def rho(value: float | None) -> Callable[[str, str], float | None]:
    return lambda one, other: value


@pytest.mark.parametrize(
    ("stakes", "correlation", "variance"),
    [
        ([], 0.5, 0),
        ([BTC], 0.5, 1600),  # (1000 × 0.04)²
        ([BTC, ETH], 0.0, 2500),  # 40² + 30²
        ([BTC, ETH], 1.0, 4900),  # (40 + 30)²
        ([BTC, ETH], 0.5, 3700),  # + 2 × 40 × 30 × 0.5
        ([BTC, SHORT], 1.0, 100),  # a hedge: (40 − 30)²
        ([BTC, ETH], None, 4900),  # not known: the worst
        ([BTC, SHORT], None, 4900),  # not known: no hedge
    ],
)
def test_the_variance_of_everything(stakes: list[Stake], correlation: float | None, variance: float) -> None:
    assert portfolio_variance(stakes, rho=rho(correlation)) == pytest.approx(variance)


def test_var_and_cvar_of_a_days_swing() -> None:
    found = losses(2500.0, nu=4.0, equity=10_000)  # 50 quote a day, 0.5 % of equity
    assert found[95.0].var == pytest.approx(0.005 * 1.50744, rel=1e-4)
    assert found[99.0].var == pytest.approx(0.005 * 2.64949, rel=1e-4)
    assert found[99.0].cvar == pytest.approx(0.005 * 3.69151, rel=1e-4)


def test_the_heaviest_tail_counts_for_the_whole() -> None:
    assert heaviest([BTC, ETH]) == 4.0
    assert heaviest([Stake("BTC", 0, 0.04, 3.0), ETH]) == 6.0
    assert heaviest([]) == 100.0


RHOS = st.floats(-1, 1)
SIZES = st.floats(-5000, 5000)


@given(SIZES, SIZES, RHOS, RHOS, RHOS, st.floats(0, 5000), st.sampled_from([1, -1]))
def test_one_more_position_is_the_portfolio_with_it(
    first: float, second: float, ab: float, ac: float, bc: float, notional: float, sign: int
) -> None:
    known = Dependence({("A", "B"): ab, ("A", "C"): ac, ("B", "C"): bc})
    held = [Stake("A", first, 0.04, 4.0), Stake("B", second, 0.06, 4.0)]
    before = sum(s.signed**2 * s.sigma**2 for s in held) + 2 * ab * first * second * 0.04 * 0.06
    covariance = covariance_with("C", 0.05, held, rho=known.of, sign=sign)
    with_it = [*held, Stake("C", sign * notional, 0.05, 4.0)]
    expected = portfolio_variance(with_it, rho=known.of)
    found = with_plan(before, covariance=covariance, own=0.05**2, notional=notional)
    assert found == pytest.approx(expected, abs=1e-6)


@given(SIZES, SIZES, RHOS)
def test_together_is_never_worse_than_side_by_side(first: float, second: float, correlation: float) -> None:
    held = [Stake("A", first, 0.04, 4.0), Stake("B", second, 0.06, 4.0)]
    together = portfolio_variance(held, rho=rho(correlation)) ** 0.5
    assert together <= abs(first) * 0.04 + abs(second) * 0.06 + 1e-9


@given(st.floats(0, 1000), st.floats(2.05, 100))
def test_more_confidence_is_more_loss(sigma: float, nu: float) -> None:
    low, high = tail(sigma, nu=nu, confidence=95.0), tail(sigma, nu=nu, confidence=99.0)
    assert high.var >= low.var
    assert high.cvar >= high.var
