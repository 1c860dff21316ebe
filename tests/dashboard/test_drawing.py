"""Curves and bars: points within their box, by hand and for any values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as Dec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import drawing
from dashboard.drawing import FALL_HEIGHT, HEIGHT, PAD, WIDTH

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def drawn(values: list[Dec], falls: list[Dec]) -> drawing.Curve | None:
    return drawing.curve([NOON + timedelta(hours=n) for n in range(len(values))], values, falls)


def test_a_curve_by_hand() -> None:
    found = drawn([Dec(100), Dec(110), Dec(99)], [Dec(0), Dec(0), Dec(10)])
    assert found is not None
    # x: 0, half, all; y from the top: (110 − 100) ÷ 11 × 138 + 6 = 131.5; the highest at the pad, the lowest at 144
    assert found.line == "0.0,131.5 360.0,6.0 720.0,144.0"
    assert found.fall_line == "0.0,6.0 360.0,6.0 720.0,48.0"
    assert (found.low, found.high, found.deepest_pct) == (Dec(99), Dec(110), Dec(10))


@pytest.mark.parametrize("values", [[], [Dec(5)]])
def test_one_point_is_no_curve(values: list[Dec]) -> None:
    assert drawn(values, [Dec(0)] * len(values)) is None


def test_a_flat_curve_runs_through_the_middle() -> None:
    found = drawn([Dec(5), Dec(5)], [Dec(0), Dec(0)])
    assert found is not None
    assert found.line == f"0.0,{HEIGHT / 2} {WIDTH}.0,{HEIGHT / 2}"


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.decimals(-(10**6), 10**6, places=2), st.decimals(0, 100, places=2)), min_size=2, max_size=40)
)
def test_every_point_lies_in_its_box(points: list[tuple[Dec, Dec]]) -> None:
    found = drawn([value for value, _ in points], [fall for _, fall in points])
    assert found is not None
    for text, height in ((found.line, HEIGHT), (found.fall_line, FALL_HEIGHT)):
        for x, y in (point.split(",") for point in text.split()):
            assert 0 <= float(x) <= WIDTH
            assert PAD - 0.1 <= float(y) <= height - PAD + 0.1


def test_bars_by_hand() -> None:
    found = drawing.bars([("a", Dec(10), 2), ("b", Dec(-5), 1)])
    assert [(bar.length, bar.is_loss) for bar in found] == [("100.0", False), ("50.0", True)]
    assert drawing.bars([]) == ()
