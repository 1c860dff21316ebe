"""Limits that are legal alone and contradict each other together: told with the numbers and what to do."""

from dataclasses import replace
from decimal import Decimal

import pytest

from risk.domain.contradictions import contradictions
from trading.domain import settings

D = Decimal
STANDARD = settings.resolve().risk


@pytest.mark.parametrize("profile", ["standard", "strict"])
def test_what_ships_contradicts_nothing(profile: str) -> None:
    assert contradictions(settings.resolve([{"profile": profile}]).risk, max_open_groups=10) == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"per_symbol_pct": D(70)}, "per_sector_pct allows 60 %"),
        ({"per_symbol_pct": D(55)}, "per_strategy_pct allows 50 %"),
        ({"max_daily_loss_pct": D(15)}, "closes everything at 15 %"),
        ({"max_leverage": D(1), "per_symbol_pct": D(120)}, "max_leverage lets everything together be 100 %"),
        ({"cluster_pct": D(0), "cluster_rho": D(0)}, "the pool holds one pair only"),
    ],
)
def test_each_is_told_with_its_numbers(changed: dict[str, Decimal], words: str) -> None:
    found = contradictions(replace(STANDARD, **changed), max_open_groups=10)
    assert [one for one in found if words in one]


def test_a_limit_that_is_off_contradicts_nothing() -> None:
    limits = replace(STANDARD, per_venue_pct=None, per_symbol_pct=D(45))
    assert contradictions(limits, max_open_groups=10) == ()
