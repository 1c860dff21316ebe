"""Student's t scaled to variance 1, which GARCH shocks follow: quantile and tail mean. Floats. Pure.

The plain t has variance ν ÷ (ν − 2): its 99 % quantile at ν = 4 is √2 too large for a shock of variance 1.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p, pi, sqrt

LEAST_NU = 2.05
# Below, the variance grows without bound.
_TINY = 1e-300
_STEPS = 300


def scale(nu: float) -> float:
    """What makes the variance of a plain t 1."""
    return sqrt((nu - 2) / nu)


@lru_cache(maxsize=1024)
def quantile(p: float, nu: float) -> float:
    """Where P(shock ≤ x) = p, for a shock of variance 1; 0.5 ≤ p < 1, nu > 2."""
    return _t_quantile(p, nu) * scale(nu)


@lru_cache(maxsize=1024)
def tail_mean(p: float, nu: float) -> float:
    """E[shock | shock > its p-quantile], shock of variance 1 (McNeil, Frey, Embrechts 2005, 2.2.4)."""
    q = _t_quantile(p, nu)
    return exp(_log_density(q, nu)) * (nu + q * q) / ((nu - 1) * (1 - p)) * scale(nu)


def cdf(x: float, nu: float) -> float:
    """P(plain t ≤ x)."""
    tail = 0.5 * _beta(nu / (nu + x * x), nu / 2, 0.5)
    return 1 - tail if x >= 0 else tail


def _log_density(x: float, nu: float) -> float:
    """Of the plain t."""
    return lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * log(nu * pi) - (nu + 1) / 2 * log1p(x * x / nu)


def _t_quantile(p: float, nu: float) -> float:
    """Of the plain t, by halving: it is asked for rarely, and kept."""
    low, high = 0.0, 2.0
    while cdf(high, nu) < p:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if cdf(middle, nu) < p else (low, middle)
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, 0 ≤ x ≤ 1."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return 1 - front / (b * _fraction(1 - x, b, a))
    return front / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d₁ ÷ (1 + d₂ ÷ (1 + …)), by Lentz's method (Abramowitz and Stegun 26.5.8)."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, _STEPS):
        term = _term(step, x, a, b)
        d = 1 / _not_zero(1 + term * d)
        c = _not_zero(1 + term / c)
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def _term(step: int, x: float, a: float, b: float) -> float:
    """The fraction's d of a step, from 1."""
    m, even = divmod(step - 1, 2)
    if even:
        m += 1
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
