"""Which changes hold at once under the sealed profile: only those that can do nothing but protect more."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.domain import settings as registry
from trading.domain.sealing import DIRECTIONS, Safer, tightens

D = Decimal


@pytest.mark.parametrize(
    ("name", "before", "after", "at_once"),
    [
        ("per_symbol_pct", D(10), D(5), True),
        ("per_symbol_pct", D(5), D(10), False),
        ("per_symbol_pct", D(5), D(5), True),  # nothing changes
        ("per_venue_pct", None, D(50), True),  # off: there was no limit
        ("per_venue_pct", D(50), None, False),
        ("dynamic_limits", False, True, True),
        ("dynamic_limits", True, False, False),
        ("drawdown_tiers_pct", (D(5), D(8), D(12), D(15)), (D(4), D(8), D(11), D(15)), True),
        ("drawdown_tiers_pct", (D(5), D(8), D(12), D(15)), (D(4), D(8), D(11), D(16)), False),
        ("drawdown_tiers_pct", (D(5), D(8), D(12), D(15)), (D(5), D(8), D(12)), False),
        ("var_confidence", D(95), D(99), True),
        ("fixed_stop_pct", D(5), D(3), False),  # a nearer stop may be worse: it waits
        ("profile", "sealed", "standard", False),
        ("profile", "sealed", "strict", False),
        ("profile", "sealed", "sealed", False),  # at a narrower scope it would outlive the wider one
        ("max_open_groups", 10, None, False),  # back to a wider scope that may say anything
    ],
)
def test_the_direction_of_each_kind(name: str, before: Any, after: Any, at_once: bool) -> None:
    assert tightens(name, before, after) is at_once


@settings(max_examples=100)
@given(st.sampled_from(sorted(DIRECTIONS)), st.decimals(1, 1000, places=2), st.decimals(1, 1000, places=2))
def test_of_two_different_numbers_one_way_waits(name: str, one: Decimal, other: Decimal) -> None:
    both = {tightens(name, one, other), tightens(name, other, one)}
    assert both == ({True} if one == other else {True, False})


def test_every_direction_is_a_setting_that_can_be_compared() -> None:
    kinds = {name: registry.REGISTRY[name].kind for name in DIRECTIONS}
    assert set(kinds.values()) <= {"INT", "DECIMAL", "BOOL", "TIERS"}
    assert set(DIRECTIONS.values()) == set(Safer)
