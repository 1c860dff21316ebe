"""Numbers as a trader reads them."""

from datetime import UTC, datetime
from decimal import Decimal as Dec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import formats

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "places", "signed", "text"),
    [
        ("10482.16", 2, False, "10,482.16"),
        ("64.2", 2, True, "+\u202f64.20"),
        ("-0.58", 2, True, "\u2212\u202f0.58"),
        ("-0.58", 2, False, "\u2212\u202f0.58"),
        ("0", 2, True, "0.00"),
        ("-0.004", 2, True, "0.00"),  # what rounds to nothing carries no sign
        ("0.005", 2, True, "+\u202f0.01"),  # halves away from zero
        ("1234567.5", 0, False, "1,234,568"),
        ("0.00325", 5, False, "0.00325"),
        ("90000000000000000000", 9, False, "90,000,000,000,000,000,000.000000000"),  # more digits than Python's context
        ("-12345678901234567890123456789.015", 2, False, "\u2212\u202f12,345,678,901,234,567,890,123,456,789.02"),
    ],
)
def test_number(value: str, places: int, signed: bool, text: str) -> None:
    assert formats.number(Dec(value), places, signed=signed) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("411.8013601216", "411.8014"),
        ("-0.00001234567891", "\u2212\u202f0.00001234568"),
        ("61158.24", "61,158.24"),
        ("721", "721"),
        ("BTC/USDT", "BTC/USDT"),
        ("2026-01-31", "2026-01-31"),
    ],
)
def test_a_number_that_stands_as_text(text: str, read: str) -> None:
    assert formats.figure(text) == read


def test_a_group_may_have_no_timeframe() -> None:
    assert [formats.timeframe(secs) for secs in (0, 900, 45)] == ["no timeframe", "15\u202fm", "45\u202fs"]


def test_nothing_is_a_dash() -> None:
    none = (formats.number(None), formats.qty(None, Dec(1)), formats.percent(None), formats.clock(None, now=NOON))
    assert set(none) == {formats.NOTHING}


@pytest.mark.parametrize(
    ("step", "places"), [("0.01", 2), ("0.00001", 5), ("0.10", 1), ("1", 0), ("10", 0), ("1E+1", 0)]
)
def test_places_of(step: str, places: int) -> None:
    assert formats.places_of(Dec(step)) == places


@pytest.mark.parametrize(
    ("value", "lot", "text"),
    [
        ("0.003", "0.00001", "0.00300"),
        ("0.003246753", "0.00001", "0.003246753"),  # finer than a lot after a fee in base: in full
        ("12", "1", "12"),
        ("0.5000", "0.1", "0.5"),
    ],
)
def test_qty(value: str, lot: str, text: str) -> None:
    assert formats.qty(Dec(value), Dec(lot)) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("18.424", "USDT", "+\u202f18.42"),
        ("0.00423", "USDT", "+\u202f0.0042"),  # too small for cents: two digits that say something
        ("-0.000012", "USDT", "\u2212\u202f0.000012"),
        ("0.0000123", "BTC", "+\u202f0.00001230"),
        ("0", "USDT", "0.00"),
    ],
)
def test_amount(value: str, currency: str, text: str) -> None:
    assert formats.amount(Dec(value), currency, signed=True) == text


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=8), st.integers(0, 8))
def test_a_number_reads_back_as_what_it_was_rounded_to(value: Dec, places: int) -> None:
    text = formats.number(value, places, signed=True)
    plain = text.replace(formats.THIN, "").replace(",", "").replace(formats.MINUS, "-")
    assert Dec(plain) == formats.rounded(value, places)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=8).filter(bool))
def test_a_result_other_than_zero_never_reads_as_zero(value: Dec) -> None:
    assert set(formats.amount(value, "USDT", signed=True)) & set("123456789")


@pytest.mark.parametrize(("value", "tone"), [("1", "up"), ("-1", "down"), ("0", ""), (None, "")])
def test_tone(value: str | None, tone: str) -> None:
    assert formats.tone(None if value is None else Dec(value)) == tone


@pytest.mark.parametrize(
    ("secs", "text"),
    [(60, "1\u202fm"), (900, "15\u202fm"), (3600, "1\u202fh"), (86400, "1\u202fd"), (604800, "1\u202fw"), (45, "45\u202fs"), (90, "90\u202fs"), (0, "no timeframe")],
)  # fmt: skip
def test_timeframe(secs: int, text: str) -> None:
    assert formats.timeframe(secs) == text


@pytest.mark.parametrize(
    ("secs", "text"), [(-3, "0\u202fms"), (0.014, "14\u202fms"), (12.9, "12\u202fs"), (240, "4\u202fmin"), (7300, "2\u202fh"), (200_000, "2\u202fd")]
)  # fmt: skip
def test_span(secs: float, text: str) -> None:
    assert formats.span(secs) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [(datetime(2026, 1, 15, 9, 5, 7, tzinfo=UTC), "09:05:07"), (datetime(2026, 1, 14, 23, 59, tzinfo=UTC), "14 Jan 23:59")],
)  # fmt: skip
def test_clock(at: datetime, text: str) -> None:
    assert formats.clock(at, now=NOON) == text
