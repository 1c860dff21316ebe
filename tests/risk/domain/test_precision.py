"""The engine's context: entered whatever the thread has set, left as it was found."""

from concurrent.futures import ThreadPoolExecutor
from decimal import ROUND_UP, Context, Decimal, DivisionByZero, getcontext, localcontext

import pytest

from risk.domain.precision import PRECISION, exact

D = Decimal
THIRD = D("0." + "3" * 38)


@exact
def third(value: Decimal) -> Decimal:
    """A third of a value."""
    return value / 3


@exact
def ninth(value: Decimal) -> Decimal:
    inner = third(value)
    assert getcontext() is PRECISION  # the nested call has not left it
    return third(inner)


def test_the_result_does_not_depend_on_the_thread() -> None:
    with localcontext(Context(prec=3, rounding=ROUND_UP)) as outside:
        assert third(D(1)) == THIRD
        assert ninth(D(9)) == D(1)
        assert getcontext() is outside


def test_an_error_leaves_the_callers_context() -> None:
    outside = getcontext()
    with pytest.raises(DivisionByZero):
        exact(lambda: D(1) / D(0))()
    assert getcontext() is outside


def test_threads_do_not_disturb_one_another() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: (third(D(1)), getcontext() is PRECISION), range(200)))
    assert found == {(THIRD, False)}


def test_a_function_keeps_its_name_and_words() -> None:
    assert (third.__name__, third.__doc__) == ("third", "A third of a value.")
