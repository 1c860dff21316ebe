"""Fits on the real month: sound, better than none, unable to be fooled; correlations bounded; coverage not in doubt."""

import numpy as np
import pytest

from risk import fit
from risk.domain import student
from risk.domain.garch import advance
from risk.domain.value_at_risk import LEAST_NU
from tests.risk.exceedances import coverage
from tests.risk.recorded import PAIRS, returns


@pytest.mark.parametrize("base", PAIRS)
def test_a_months_hours_give_a_sound_fit(base: str) -> None:
    found = fit.garch(returns(base))
    assert found is not None
    model, variance = found.model, found.variance
    assert model.sound
    assert 0.2 < (model.long_run or 0) / float(np.var(returns(base))) < 5
    assert 0 < variance < 100 * float(np.var(returns(base)))


def test_a_fit_that_would_never_calm_down_is_made_to() -> None:
    """March 2024 only got wilder: the plain fit of its first hours has α + β = 1."""
    found = fit.garch(returns("BTC")[:400])
    assert found is not None
    assert found.model.persistence == pytest.approx(fit.MOST_PERSISTENT)
    assert found.model.long_run == pytest.approx(float(np.var(returns("BTC")[:400])))


@pytest.mark.parametrize("found", [[0.0] * 300, [0.01] * 300])
def test_what_never_moves_has_no_fit(found: list[float]) -> None:
    assert fit.garch([0.0] * 300) is None
    model = fit.garch(found)
    assert model is None or model.model.sound


def test_it_finds_the_model_that_made_the_returns() -> None:
    """4,000 returns of a known GARCH-t: persistence and tails come back, roughly."""
    chance, variance, made = np.random.default_rng(7), 0.0002, list[float]()
    for _ in range(4000):
        shock = chance.standard_t(5.0) * np.sqrt(3 / 5)
        made.append(float(np.sqrt(variance) * shock))
        variance = 0.00001 + 0.1 * made[-1] ** 2 + 0.85 * variance
    found = fit.garch(made)
    assert found is not None
    model = found.model
    assert model.persistence == pytest.approx(0.95, abs=0.04)
    assert model.nu == pytest.approx(5.0, abs=1.2)
    assert found.variance == pytest.approx(variance, rel=0.3)


def test_correlations_are_those_of_a_market_that_moves_together() -> None:
    asked = {"series": {}, "together": {base: list(returns(base)) for base in PAIRS}}
    answer = fit.answer(asked)
    rho = {(one, other): value for one, other, value in answer["rho"]}
    assert sorted(rho) == [("BTC", "ETH"), ("BTC", "SOL"), ("ETH", "SOL")]
    assert all(0.3 < value < 1 for value in rho.values())
    a, b = answer["dcc"]
    assert 0 <= a + b < 1


def test_what_is_too_short_or_still_is_left_out() -> None:
    rows = {"A": [0.01, -0.01] * 40, "B": [0.0] * 200, "C": list(returns("BTC"))}
    assert fit.answer({"series": {}, "together": rows}) == {"garch": {}, "rho": [], "dcc": None}


def test_dcc_follows_a_correlation_that_changes() -> None:
    """Half a record apart, half together: the forecast is that of the second half."""
    chance = np.random.default_rng(3)
    first, second = chance.standard_normal((400, 2)), chance.standard_normal((400, 2))
    second[:, 1] = 0.9 * second[:, 0] + np.sqrt(1 - 0.81) * second[:, 1]
    rho, _ = fit.dcc(np.vstack([first, second]))
    assert rho[0, 1] > 0.75


@pytest.mark.parametrize("base", PAIRS)
def test_a_days_worth_of_hourly_forecasts_is_not_in_doubt(base: str) -> None:
    """Fitted once on 400 hours, then followed through the rest: 1-hour VaR at 95 %."""
    record = returns(base)
    found = fit.garch(record[:400])
    assert found is not None
    model, variance, hits = found.model, found.variance, list[bool]()
    for one in record[400:]:
        hits.append(
            -one > (variance * found.correction) ** 0.5 * student.quantile(0.95, max(round(model.nu, 2), LEAST_NU))
        )
        variance = advance(model, variance, one)
    assert coverage(hits, confidence=95).kupiec_p > 0.01
