"""Exact decimal arithmetic: one context for the whole engine, and rounding to a venue's steps."""

from collections.abc import Iterable
from decimal import Decimal

from risk.domain.precision import exact

__all__ = [
    "ATOM",
    "HUNDRED",
    "ONE",
    "ZERO",
    "ceil_to",
    "exact",
    "floor_to",
    "pct_of",
    "step_down",
    "step_up",
    "to_atom",
    "total",
]

ATOM = Decimal("1E-18")
# The last decimal place of a money column.

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)


def step_down(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of step that is not above value; step > 0. For callers that are exact already."""
    whole = value // step  # truncates toward zero, exactly, where a division would round
    return whole * step if value >= ZERO else (whole - (value % step != ZERO)) * step


def step_up(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of step that is not below value; step > 0. For callers that are exact already."""
    near = value // step * step
    return near + step if near < value else near + ZERO  # ZERO: what lies just below 0 is 0, not −0


floor_to, ceil_to = exact(step_down), exact(step_up)
# The same for everybody else.


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
