"""What each mode lets through."""

import pytest

from risk.domain.mode import PlanKind, TradingMode, permits


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        (TradingMode.NORMAL, {"ENTRY", "PYRAMID", "REDUCING", "FLATTENING"}),
        (TradingMode.PAUSED, {"REDUCING", "FLATTENING"}),
        (TradingMode.REDUCED, {"REDUCING", "FLATTENING"}),
        (TradingMode.EMERGENCY, {"FLATTENING"}),
        ("HOLIDAY", set()),  # a mode that nobody knows
    ],
)
def test_modes(mode: str, kinds: set[str]) -> None:
    assert {kind.value for kind in PlanKind if permits(mode, kind)} == kinds
