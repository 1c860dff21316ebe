"""The decimal context of the whole engine, and how a function is run under it. Pure."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, getcontext, setcontext
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

PRECISION = Context(prec=38, rounding=ROUND_HALF_EVEN)
# 38 significant digits: what numeric(38,18) can hold, so nothing is lost on the way to a row. Pure functions enter
# it themselves, because the caller's thread may have another one.


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function under the engine's context, whatever the caller's thread has set.

    The context itself is entered, not a copy of it: so a nested call sees that it is inside already and costs almost
    nothing. Nobody changes it; its flags mean nothing to us.
    """

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        outside = getcontext()
        if outside is PRECISION:
            return function(*args, **kwargs)
        setcontext(PRECISION)
        try:
            return function(*args, **kwargs)
        finally:
            setcontext(outside)

    return inside
