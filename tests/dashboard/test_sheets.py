"""CSV that no spreadsheet runs."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from types import ModuleType

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import logs, past, sheets, signals
from tests.dashboard import rows

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


# exports, as the web process sends them ----------------------------------------------------------

LINES = 3 * sheets.LINES_AT_ONCE


@pytest.mark.parametrize(
    ("read_from", "address"),
    [
        (past, "/history/fills.csv"),
        (logs, "/logs.csv"),
        (signals, "/signals.csv"),
        (past, "/api/v1/export?table=fills&account={account}"),
    ],
)
def test_the_first_lines_leave_before_the_last_row_is_read(
    root: Client, day: rows.Desk, monkeypatch: pytest.MonkeyPatch, read_from: ModuleType, address: str
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(read_from, "lines", lambda *_: ((asked.append(number), number) for number in range(LINES)))
    browser = AsyncClient()
    browser.cookies = root.cookies

    async def told() -> list[int]:
        answer = await browser.get(address.format(account=day.account.pk))
        return [len(asked) async for _ in answer]

    # the header before any row, then a batch at a time: 500, 1000, 1500
    assert async_to_sync(told)() == [0, *range(sheets.LINES_AT_ONCE, LINES + 1, sheets.LINES_AT_ONCE)]


def test_whoever_goes_away_leaves_no_cursor_open() -> None:
    left = (row for row in [(1,), (2,)])
    sheets.Streamed(["a"], left).close()
    assert list(left) == []
