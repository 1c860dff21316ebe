"""Correlations: symmetric, bounded, unknown counts as one; clusters; DCC's step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.dependence import Dcc, Dependence, dcc_step, ewma_correlation, pair

KNOWN = Dependence({("BTC", "ETH"): 0.8, ("BTC", "SOL"): 0.6, ("BTC", "HEDGE"): -0.9, ("ETH", "SOL"): 0.7})
RETURNS = st.lists(st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)), max_size=60)


def test_order_does_not_matter() -> None:
    assert KNOWN.of("ETH", "BTC") == KNOWN.of("BTC", "ETH") == 0.8
    assert KNOWN.of("BTC", "BTC") == 1.0
    assert KNOWN.of("BTC", "NEW") is None
    assert pair("b", "a") == ("a", "b")


@pytest.mark.parametrize(
    ("least", "cluster"),
    [
        (0.5, ("ETH", "HEDGE", "NEW", "SOL")),
        (0.7, ("ETH", "HEDGE", "NEW")),  # against it moves with it too; NEW is not known
        (0.8, ("HEDGE", "NEW")),  # exactly 0.8 is not above
        (1.0, ("NEW",)),
    ],
)
def test_a_cluster(least: float, cluster: tuple[str, ...]) -> None:
    assert KNOWN.moves_with("BTC", ["BTC", "ETH", "SOL", "HEDGE", "NEW"], least=least) == cluster


def test_the_mean_among_several() -> None:
    assert KNOWN.mean(["BTC", "ETH", "SOL"]) == pytest.approx(0.7)
    assert KNOWN.mean(["BTC"]) is None
    assert KNOWN.mean(["BTC", "NEW"]) is None


@pytest.mark.parametrize(
    ("one", "other", "rho"),
    [
        ([0.01, -0.02], [0.02, -0.04], 1.0),
        ([0.01, -0.02], [-0.01, 0.02], -1.0),
        ([0.01, 0.0], [0.0, 0.01], 0.0),
        ([0.01, 0.01], [0.0, 0.0], None),  # one never moved
        ([], [], None),
        ([1e-150], [1e-150], 1.0),  # the product of their variances is too small for a number
    ],
)
def test_ewma_correlation(one: list[float], other: list[float], rho: float | None) -> None:
    assert ewma_correlation(one, other) == (None if rho is None else pytest.approx(rho))


@given(RETURNS)
def test_it_is_bounded_and_symmetric(rows: list[tuple[float, float]]) -> None:
    one, other = [a for a, _ in rows], [b for _, b in rows]
    rho = ewma_correlation(one, other)
    assert rho == ewma_correlation(other, one)
    assert rho is None or -1 <= rho <= 1


def test_a_step_of_dcc() -> None:
    # (1 − 0.05 − 0.9) × 0.5 + 0.05 × 2 × 1 + 0.9 × 0.6 = 0.025 + 0.1 + 0.54
    assert dcc_step(Dcc(0.05, 0.9), 0.6, 0.5, 2.0, 1.0) == pytest.approx(0.665)
