"""Which field a stranger was meant to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.formats.misspelling import misspelling_of

KNOWN = frozenset({"action", "leverage", "market_position", "signalToken", "stop_loss", "id"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("leverge", "leverage"),
        ("leveragee", "leverage"),
        ("levearge", "leverage"),
        ("Leverage", "leverage"),
        ("stop loss", "stop_loss"),
        ("stop-loss", "stop_loss"),
        ("stoploss", "stop_loss"),
        ("SignalToken", "signalToken"),
        ("signaltokn", "signalToken"),
        ("market_postion", "market_position"),
        ("ids", ""),
        ("it", ""),
        ("colour", ""),
        ("x" * 5000, ""),
    ],
)
def test_misspellings(name: str, meant: str) -> None:
    assert misspelling_of(name, KNOWN) == meant


@given(st.sampled_from(sorted(name for name in KNOWN if len(name) > 5)), st.integers(0, 5))
def test_a_missing_letter_is_found(name: str, place: int) -> None:
    assert misspelling_of(name[:place] + name[place + 1 :], KNOWN) == name
