"""Exact decimal arithmetic: one context for the whole engine, and rounding to a venue's steps."""

from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

from risk.domain.precision import PRECISION

P = ParamSpec("P")
R = TypeVar("R")

ATOM = Decimal("1E-18")
# The last decimal place of a money column.

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function under the engine's context, whatever the caller's thread has set."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(PRECISION):
            return function(*args, **kwargs)

    return inside


@exact
def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of step that is not above value; step > 0."""
    whole = value // step  # truncates toward zero, exactly, where a division would round
    return (whole - (value < 0 and value % step != 0)) * step


@exact
def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of step that is not below value; step > 0."""
    whole = value // step
    return (whole + (value > 0 and value % step != 0)) * step


@exact
def to_atom(value: Decimal) -> Decimal:
    """Value at 18 decimal places, so that later sums are exact."""
    return value.quantize(ATOM)


@exact
def total(values: Iterable[Decimal]) -> Decimal:
    """Sum of decimals; 0 for none."""
    return sum(values, ZERO)


@exact
def pct_of(value: Decimal, pct: Decimal) -> Decimal:
    """So many percent of value."""
    return value * pct / HUNDRED
