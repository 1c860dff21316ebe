"""Exit settings that contradict each other are refused with the sentence a trader understands."""

import pytest

from trading.domain import exit_rules
from trading.domain import settings as registry


def code(**changed: object) -> str:
    found = exit_rules.contradiction(registry.resolve([changed]))
    return found.code if found else ""


@pytest.mark.parametrize("profile", ["standard", "strict", "sealed", "own"])
def test_no_profile_contradicts_itself(profile: str) -> None:
    assert code(profile=profile) == ""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"tp_ladder": "r"}, "LADDER_WITHOUT_STOP"),
        ({"tp_ladder": "r", "stop": "trailing"}, "LADDER_WITHOUT_STOP"),  # it stands only once it is armed
        ({"tp_ladder": "r", "stop": "trailing, atr"}, ""),
        ({"tp_ladder": "r", "stop": "support"}, ""),
        ({"tp_ladder": "fibonacci"}, ""),
        ({"stop": "fixed", "fixed_stop_pct": 10.1}, "STOP_BEYOND_EMERGENCY"),
        ({"stop": "fixed", "fixed_stop_pct": 10}, ""),
        ({"stop": "atr", "fixed_stop_pct": 50}, ""),  # nobody asked for the fixed one
        ({"stop": "fixed", "emergency_stop_pct": 4}, "STOP_BEYOND_EMERGENCY"),
        ({"stop": "trailing", "trailing_distance_pct": 1.5}, "TRAILING_BEHIND_ENTRY"),
        ({"stop": "trailing", "trailing_distance_pct": 1}, ""),
        ({"trailing_distance_pct": 1.5}, ""),
        ({"stop": "trailing", "trailing_activation_pct": 0, "trailing_distance_pct": 3}, ""),  # trails from the start
        ({"stop": "trailing", "trailing_activation_pct": 0, "trailing_distance_pct": 11}, "STOP_BEYOND_EMERGENCY"),
        ({"breakeven_after_target": 5, "tp_ladder": "r", "stop": "fixed"}, "BREAK_EVEN_TOO_LATE"),
        ({"breakeven_after_target": 3, "tp_ladder": "r", "stop": "fixed"}, ""),
        ({"breakeven_after_target": 2, "tp_mode": "AGGREGATE"}, "BREAK_EVEN_TOO_LATE"),
        ({"breakeven_after_target": 1, "tp_mode": "AGGREGATE"}, ""),
        ({"breakeven_after_target": 6, "legs": "(0, 100, 1)"}, "BREAK_EVEN_TOO_LATE"),  # five pyramids of one leg
        ({"breakeven_after_target": 5, "legs": "(0, 100, 1)"}, ""),
        ({"breakeven_after_target": 6, "legs": "(0, 100, 1)", "legs_by_pyramid": "1: (0, 50, 1) (-1, 50, 1)"}, ""),
    ],
)
def test_contradictions(changed: dict[str, object], expected: str) -> None:
    assert code(**changed) == expected


def test_the_sentence_names_both_numbers_and_the_way_out() -> None:
    found = exit_rules.contradiction(registry.resolve([{"stop": "fixed", "fixed_stop_pct": 12}]))
    assert found is not None
    assert found.sentence() == (
        "fixed_stop_pct is 12 %, the limit is 10 %. The emergency stop would always fire first: bring this one nearer, "
        "or raise emergency_stop_pct before it."
    )
