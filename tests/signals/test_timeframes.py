"""Timeframes as charts and vendors spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.timeframes import seconds

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(str(n), n * 60) for n in (1, 3, 5, 15, 30, 45, 60, 120, 240, 1440)],
        ("1S", 1),
        ("30S", 30),
        ("1m", 60),
        ("15m", 900),
        ("15min", 900),
        ("15M", 900),  # no chart has 15 months
        ("1h", HOUR),
        ("4H", 4 * HOUR),
        ("D", DAY),
        ("1D", DAY),
        ("1d", DAY),
        ("W", 7 * DAY),
        ("1w", 7 * DAY),
        ("M", 30 * DAY),
        ("1M", 30 * DAY),
        ("12M", 360 * DAY),
        (" 15 ", 900),
        ("", None),
        ("0", None),
        ("5M", None),  # five months, or five minutes in capitals
        ("1441", None),
        ("10R", None),
        ("100T", None),
        ("1.5h", None),
        ("h4", None),
        ("-15", None),
        ("١٥", None),
    ],
)
def test_spellings(text, expected):
    assert seconds(text) == expected


@given(st.text(max_size=12))
def test_any_text_is_a_positive_timeframe_or_none(text):
    found = seconds(text)
    assert found is None or 1 <= found <= 366 * DAY
