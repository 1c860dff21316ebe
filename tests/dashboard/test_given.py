"""Numbers, times and words as an address or a form gives them."""

from datetime import UTC, datetime

import pytest
from django.db.models import BigAutoField
from hypothesis import given as whatever
from hypothesis import strategies as st

from dashboard import given


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),  # one more than a row's number can be
        ("0" * 18 + "7", 7),
        ("0" * 19 + "7", None),  # 20 digits
        ("9" * 5_000, None),  # more than int() takes
        *((text, None) for text in ("", " ", "x", "-1", "+1", "1.5", "1e3", "0x7", "1_000", " 7", "7 ", "7\n", "7\0")),
        *((text, None) for text in ("٣", "７", "²", "Ⅷ", "৭")),  # digits, but not ours
    ],
)
def test_a_number_has_the_digits_0_to_9_and_nothing_else(text: str, number: int | None) -> None:
    assert given.number(text) == number


@pytest.mark.parametrize(("text", "number"), [("200", 200), ("0200", 200), ("201", None)])
def test_a_number_may_have_a_bound(text: str, number: int | None) -> None:
    assert given.number(text, most=200) == number


@whatever(st.integers(0, given.LARGEST_ID))
def test_every_number_of_a_row_is_read(number: int) -> None:
    assert given.number(str(number)) == number


@whatever(st.text())
def test_whatever_is_given_has_an_answer(text: str) -> None:
    assert given.number(text) is None or text.isascii()
    assert given.moment(text) is None or given.moment(text).tzinfo is UTC
    assert "\0" not in given.words(text)


def test_the_largest_is_what_a_row_takes() -> None:
    assert BigAutoField.MAX_BIGINT == given.LARGEST_ID


@pytest.mark.parametrize(
    ("text", "secs"), [("3600", 3600), ("99999999", 99_999_999), ("100000000", None), ("1h", None)]
)
def test_a_timeframe_is_no_longer_than_three_years(text: str, secs: int | None) -> None:
    assert given.seconds(text) == secs


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-31T12:00", NOON),
        (" 2026-01-31 12:00 ", NOON),
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T23:00+11:00", NOON),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("0001-01-01T00:00+23:00", None),  # before the first year there is
        ("9999-12-31T23:59-23:00", None),
        *((text, None) for text in ("", "\0", "noon", "2026-02-30", "2026-01-31T25:00", "1769860800")),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str, at: datetime | None) -> None:
    assert given.moment(text) == at


@pytest.mark.parametrize(("text", "at"), [("2026-01-31T12:00", None), ("2026-01-31T12:00Z", NOON)])
def test_a_time_may_have_to_name_its_zone(text: str, at: datetime | None) -> None:
    assert given.moment(text, zoned=True) == at


@pytest.mark.parametrize(
    ("text", "longest", "words"),
    [
        (" news at noon\n", None, "news at noon"),
        ("ne\0ws", None, "news"),
        ("\0 \0", None, ""),
        ("news at noon", 4, "news"),
        ("  news", 4, "news"),  # cut after the blanks are gone
    ],
)
def test_words_come_without_nul_and_blanks_around_them(text: str, longest: int | None, words: str) -> None:
    assert given.words(text, longest=longest) == words


def test_what_is_looked_for_is_cut() -> None:
    assert given.search(" " + "x" * 61) == "x" * 60
