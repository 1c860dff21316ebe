"""CSV that no spreadsheet runs."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import sheets

D = Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("BTC/USDT", "BTC/USDT"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        ('a; "=1', "a; \"'=1"),
        ("a\n@b", "a\n'@b"),
        ("a\t-1; +2", "a\t'-1; '+2"),
        ("a, =1; b-c", "a, =1; b-c"),
        ("\n=1", "'\n'=1"),
        (D("-0.50"), "-0.5"),
        (D("1E+3"), "1000"),
        (D(0), "0"),
        (7, "7"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
    ],
)
def test_a_cell(value: sheets.Cell, text: str) -> None:
    assert sheets.cell(value) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=5))
def test_no_text_begins_a_formula_and_rows_come_back(rows: list[list[str]]) -> None:
    read = list(csv.reader(StringIO(sheets.written(["a", "b"], rows), newline="")))
    assert len(read) == len(rows) + 1
    assert not any(cell.lstrip(" ").startswith(sheets.FORMULA) for line in read for cell in line)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.text("a=+-@;|\t\n \"'", max_size=12), min_size=1, max_size=3), st.sampled_from(";|\t"))
def test_nor_where_fields_are_split_otherwise(row: list[str], separator: str) -> None:
    read = csv.reader(StringIO(sheets.written(["a"], [row]), newline=""), delimiter=separator)
    assert not any(field.strip().startswith(("=", "+", "-", "@")) for line in read for field in line)
