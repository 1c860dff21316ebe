"""Dust: which leg takes it in, at which price, and what is certainly still there."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.domain.build import holding
from trading.domain.dust import Crumb, affordable, carried_price, home, sells

D = Decimal


def crumb(number: int, qty: str) -> Crumb:
    return Crumb(number, D(qty), D(100))


@pytest.mark.parametrize(
    ("legs", "leg_id"),
    [
        ([], None),
        ([holding(0, 5)], 10),
        ([holding(1, 5), holding(0, 5)], 10),
        ([holding(0, 5, closed_qty=D(1)), holding(1, 5)], 11),  # of the first something was sold already
        ([holding(0, 5, closed_qty=D(5))], None),
        ([holding(0, 0, filled_qty=D(0)), holding(1, 5)], 11),
    ],
)
def test_the_first_leg_that_nothing_was_sold_of_takes_it(legs: list[object], leg_id: int | None) -> None:
    found = home(legs)  # type: ignore[arg-type]
    assert (found.leg_id if found else None) == leg_id


@pytest.mark.parametrize(
    ("held", "crumbs", "worth_it"),
    [
        ("5.4", ["0.6"], True),
        ("5.4", ["0.5"], False),
        ("5.4", ["0.3", "0.3"], True),  # neither alone
        ("5", ["0.9"], False),
        ("5", ["1"], True),
        ("5.4", [], False),
    ],
)
def test_it_goes_over_once_it_makes_another_lot(held: str, crumbs: list[str], worth_it: bool) -> None:
    found = [crumb(number, qty) for number, qty in enumerate(crumbs)]
    assert sells(found, held_qty=D(held), lot_step=D(1)) is worth_it


@pytest.mark.parametrize(
    ("held", "there", "kept"),
    [
        ("10", "11", [1, 2]),
        ("10", "10.7", [1]),
        ("10", "10.6", [1]),
        ("10", "10.3", [2]),
        ("10", "10", []),
        ("10", None, [1, 2]),
    ],
)
def test_only_what_is_certainly_there_goes_over(held: str, there: str | None, kept: list[int]) -> None:
    crumbs = [crumb(1, "0.6"), crumb(2, "0.2")]
    found = affordable(crumbs, held_qty=D(held), there_qty=None if there is None else D(there))
    assert [one.group_id for one in found] == kept


@given(
    average=st.decimals("0.00000001", "100000", places=18),
    qty=st.decimals("0.00000001", "1000", places=11),
)
@settings(max_examples=100)
def test_what_it_cost_can_be_kept_whole(average: Decimal, qty: Decimal) -> None:
    price = carried_price(average, qty=qty)
    assert (price * qty) % D("1E-18") == 0
    assert abs(price - average) <= D("1E-7")
