"""`python -m risk.fit`: GARCH and DCC fits in a process of their own, which ends; JSON in, JSON out.

What fitting needs weighs 100 MB: a worker that imported it would keep it for life. Knows no database and no clock.
In:  {"series": {"key": [return, …]}, "together": {"symbol": [return, …]}}, ratios, oldest first, `together` aligned.
Out: {"garch": {"key": {omega, alpha, beta, nu, variance, correction} or null}, "rho": [[symbol, symbol, ρ], …], "dcc": [a, b] or null}.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from arch import arch_model
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from risk.domain.garch import Garch, advance, correction

PERCENT = 100.0
# The optimiser likes numbers around 1, and returns are small.
START = {"alpha": 0.1, "beta": 0.85, "nu": 4.0}
DCC_START = (0.02, 0.95)
MOST_PERSISTENT = 0.995
# Half of a storm is over after 140 candles.
LEAST_TOGETHER = 100
# Returns; correlations of fewer say nothing.

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A model, its variance for the next candle, and what that is to be multiplied by."""

    model: Garch
    variance: float
    correction: float


def garch(returns: Sequence[float]) -> Fit | None:
    """The fit of a record; None where nothing sound was found."""
    percent = np.asarray(returns, dtype=float) * PERCENT
    spread = float(np.var(percent))
    if spread <= 0:
        return None
    model = arch_model(percent, mean="Zero", vol="GARCH", p=1, q=1, dist="t", rescale=False)
    start = np.array([spread * (1 - START["alpha"] - START["beta"]), *START.values()])
    found = model.fit(disp="off", show_warning=False, starting_values=start)
    omega, alpha, beta, nu = (float(value) for value in found.params)
    fitted = settled(Garch(omega / PERCENT**2, alpha, beta, nu), spread / PERCENT**2)
    last = float(found.conditional_volatility[-1] / PERCENT) ** 2
    if found.convergence_flag != 0 or not fitted.sound:
        return None
    fell_short = correction(fitted, returns, start=spread / PERCENT**2)
    return Fit(fitted, advance(fitted, last, float(returns[-1])), fell_short)


def settled(model: Garch, spread: float) -> Garch:
    """A fit that would never calm down, made to: a month that only got wilder says α + β = 1, and no market is that.

    spread: the record's own variance, to which it then returns.
    """
    if model.persistence <= MOST_PERSISTENT:
        return model
    alpha = min(model.alpha, MOST_PERSISTENT)
    return Garch(spread * (1 - MOST_PERSISTENT), alpha, MOST_PERSISTENT - alpha, model.nu)


def dcc(shocks: Array) -> tuple[Array, tuple[float, float]]:
    """Correlations for the next candle and Engle's (a, b); shocks: candles × symbols, each column of variance 1."""
    target: Array = np.asarray(np.corrcoef(shocks, rowvar=False))
    found = minimize(_doubt(shocks, target), DCC_START, method="Nelder-Mead", options={"maxfev": 60, "xatol": 1e-3})
    a, b = (float(value) for value in (found.x if np.isfinite(found.fun) else DCC_START))
    return _correlations(_quasi(shocks, target, a, b)[-1:])[0], (a, b)


def _doubt(shocks: Array, target: Array) -> Callable[[Array], float]:
    """Minus the composite likelihood over neighbouring pairs (Pakel, Shephard, Sheppard, Engle 2021)."""
    left, right = shocks[:, :-1], shocks[:, 1:]
    squares, products = left**2 + right**2, left * right
    places = np.arange(shocks.shape[1] - 1)

    def doubt(chosen: Array) -> float:
        a, b = float(chosen[0]), float(chosen[1])
        if a < 0 or b < 0 or a + b >= 0.999:
            return float("inf")
        rho = np.clip(_correlations(_quasi(shocks, target, a, b)[:-1])[:, places, places + 1], -0.999, 0.999)
        rest = 1 - rho**2
        return float(np.sum(np.log(rest) + (squares - 2 * rho * products) / rest))

    return doubt


def _quasi(shocks: Array, target: Array, a: float, b: float) -> Array:
    """Q before each candle, and after the last."""
    found = np.empty((len(shocks) + 1, *target.shape))
    found[0] = target
    for step, row in enumerate(shocks):
        found[step + 1] = (1 - a - b) * target + a * np.outer(row, row) + b * found[step]
    return found


def _correlations(quasi: Array) -> Array:
    spread = np.sqrt(np.diagonal(quasi, axis1=1, axis2=2))
    found: Array = quasi / (spread[:, :, None] * spread[:, None, :])
    return found


def shocks_of(returns: Sequence[float]) -> Array:
    """Returns divided by what was forecast for them; by their own spread where no GARCH fits."""
    percent = np.asarray(returns, dtype=float)
    found, variance = garch(returns), float(np.var(percent))
    forecast: Array = np.full(len(percent), variance)
    for step, one in enumerate(percent if found else ()):
        forecast[step] = variance
        variance = advance(found.model, variance, float(one)) if found else variance
    shocks: Array = percent / np.sqrt(forecast)
    return shocks


def answer(asked: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, Any]:
    """Everything that was asked for."""
    moving = {
        symbol: row for symbol, row in asked["together"].items() if len(row) >= LEAST_TOGETHER and np.std(row) > 0
    }
    fits = {key: _plain(garch(returns)) for key, returns in asked["series"].items()}
    if len(moving) < 2:
        return {"garch": fits, "rho": [], "dcc": None}
    names = sorted(moving)
    rho, chosen = dcc(np.column_stack([shocks_of(moving[name]) for name in names]))
    pairs = [(i, j) for j in range(len(names)) for i in range(j)]
    table = [[names[i], names[j], float(np.clip(rho[i, j], -1, 1))] for i, j in pairs]
    return {"garch": fits, "rho": table, "dcc": chosen}


def _plain(found: Fit | None) -> dict[str, float] | None:
    if found is None:
        return None
    return asdict(found.model) | {"variance": found.variance, "correction": found.correction}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(json.load(sys.stdin))))
